# Paths and sets of files; the files are these tests.
{ lib }:

let
  inherit (lib) fileset;
  names = set: map baseNameOf (fileset.toList set);
in
{
  append = {
    expr = toString (lib.path.append /a "b//./c");
    expected = "/a/b/c";
  };
  removePrefix = {
    expr = lib.path.removePrefix /a /a/b/c;
    expected = "./b/c";
  };
  subpaths = {
    expr = map lib.path.subpath.isValid [
      "a/..b"
      "a/.."
      "/a"
      ""
    ];
    expected = [
      true
      false
      false
      false
    ];
  };
  union = {
    expr = names (
      fileset.unions [
        ./default.nix
        ./trivial.nix
        (fileset.maybeMissing ./not-there)
      ]
    );
    expected = [
      "default.nix"
      "trivial.nix"
    ];
  };
  intersection = {
    expr = names (
      fileset.intersection (fileset.fileFilter (file: file.hasExt "err") ./errors) (
        fileset.unions [
          ./errors/to-int.err
          ./errors/to-int.nix
          ./run
        ]
      )
    );
    expected = [ "to-int.err" ];
  };
  difference = {
    expr = names (fileset.difference ./. (fileset.fileFilter (file: file.name != "run") ./.));
    expected = [ "run" ];
  };
  source = {
    expr = builtins.attrNames (
      builtins.readDir (
        fileset.toSource {
          root = ./.;
          fileset = ./errors/to-int.nix;
        }
      )
    );
    expected = [ "errors" ];
  };
}

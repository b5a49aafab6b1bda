# What modules say about themselves.
{ lib, ... }:

let
  inherit (lib) mkOption types;

  # Kept with the file that gave it, so that documentation can point there.
  byFile = lib.mkOptionType {
    name = "list of values by file";
    check = _: true;
    merge =
      loc: defs: lib.foldl' (acc: def: acc // { ${toString def.file} = def.value; }) { } defs;
  };
in
{
  options.meta = {
    maintainers = mkOption {
      type = byFile;
      internal = true;
      default = [ ];
      description = "Who looks after a module.";
    };
    doc = mkOption {
      type = byFile;
      internal = true;
      default = [ ];
      description = "A chapter of the manual that belongs to a module.";
    };
    buildDocsInSandbox = mkOption {
      type = types.bool;
      internal = true;
      default = true;
      description = "Whether the documentation of a module can be built without the whole configuration.";
    };
  };
}

{ lib }:

let
  inherit (lib) generators;
in
{
  ini = {
    expr = generators.toINI { } {
      a.x = 1;
      "b]".y = true;
    };
    expected = "[a]\nx=1\n\n[b\\]]\ny=true\n";
  };
  iniWithRepeatedKeys = {
    expr = generators.toINI { listsAsDuplicateKeys = true; } { a.k = [ 1 2 ]; };
    expected = "[a]\nk=1\nk=2\n";
  };
  globalSection = {
    expr = generators.toINIWithGlobalSection { } {
      globalSection.a = 1;
      sections.s.b = 2;
    };
    expected = "a=1\n\n[s]\nb=2\n";
  };
  gitIni = {
    expr = generators.toGitINI {
      user.name = "A \"B\"";
      remote.origin.url = "u";
    };
    expected = "[remote \"origin\"]\n\turl = \"u\"\n\n[user]\n\tname = \"A \\\"B\\\"\"\n";
  };
  keyValue = {
    expr = generators.toKeyValue { mkKeyValue = generators.mkKeyValueDefault { } ": "; } {
      a = null;
      b = 1.5;
    };
    expected = "a: null\nb: 1.500000\n";
  };
  pretty = {
    expr = generators.toPretty { } {
      a = [ 1 "x\${y}" ];
      f = { a, b ? 1 }: a;
      s = "two\nlines";
      e = { };
    };
    expected = "{\n  a = [\n    1\n    \"x\\\${y}\"\n  ];\n  e = { };\n  f = <function, args: {a, b?}>;\n  s = ''\n    two\n    lines'';\n}";
  };
  prettyOneLine = {
    expr = generators.toPretty { multiline = false; } [ { a = true; } null ];
    expected = "[ { a = true; } null ]";
  };
  lua = {
    expr = generators.toLua { multiline = false; } {
      a = [ 1 null ];
      b = generators.mkLuaInline "x.y";
    };
    expected = "{ [\"a\"] = { 1, nil }, [\"b\"] = (x.y) }";
  };
  commandLine = {
    expr = lib.cli.toGNUCommandLineShell { } {
      X = "PUT";
      verbose = true;
      quiet = false;
      url = [ "a b" "c" ];
    };
    expected = "-X PUT --url 'a b' --url c --verbose";
  };
  dconf = {
    expr = generators.toDconfINI {
      "a/b" = {
        enabled = true;
        names = [ "x'y" ];
        size = lib.gvariant.mkUint32 5;
      };
    };
    expected = "[a/b]\nenabled=true\nnames=@as ['x\\'y']\nsize=@u 5\n";
  };
}

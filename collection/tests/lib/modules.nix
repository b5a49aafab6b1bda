# The module system.
{ lib }:

let
  inherit (lib) mkOption types;

  config = modules: (lib.evalModules { inherit modules; }).config;
  option = type: { options.x = mkOption { inherit type; }; };
  x = type: defs: (config ([ (option type) ] ++ map (v: { x = v; }) defs)).x;
in
{
  listsOfImportedModulesComeFirst = {
    expr =
      (config [
        (option (types.listOf types.int))
        { x = [ 1 ]; imports = [ { x = [ 2 ]; } ]; }
        { x = [ 3 ]; }
      ]).x;
    expected = [
      2
      3
      1
    ];
  };
  order = {
    expr = x (types.listOf types.int) [
      (lib.mkAfter [ 9 ])
      [ 5 ]
      (lib.mkBefore [ 1 ])
      (lib.mkOrder 600 [ 2 ])
    ];
    expected = [
      1
      2
      5
      9
    ];
  };
  priorities = {
    expr = map (x types.int) [
      [ (lib.mkDefault 1) 2 ]
      [ (lib.mkForce 1) 2 ]
      [ (lib.mkOverride 10 1) (lib.mkForce 2) ]
    ];
    expected = [
      2
      1
      1
    ];
  };
  conditions = {
    expr = x (types.listOf types.int) [
      (lib.mkIf false (throw "not looked at"))
      (lib.mkMerge [ [ 1 ] (lib.mkIf true [ 2 ]) ])
    ];
    expected = [
      1
      2
    ];
  };
  conditionOnOtherOption = {
    expr =
      (config [
        { options.a = mkOption { type = types.bool; }; options.b = mkOption { type = types.int; default = 0; }; }
        ({ config, ... }: { config = lib.mkIf config.a { b = 1; }; })
        { a = true; }
      ]).b;
    expected = 1;
  };
  specialArgsAndModuleArgs = {
    expr =
      (lib.evalModules {
        specialArgs.which = { y = 1; };
        modules = [
          (option types.int)
          ({ which, ... }: { imports = [ { _module.args.more = which.y + 1; } ]; })
          ({ more, ... }: { x = more; })
        ];
      }).config.x;
    expected = 2;
  };
  keysAreLoadedOnce = {
    expr =
      let
        m = { key = "m"; x = [ 1 ]; };
      in
      (config [ (option (types.listOf types.int)) m { imports = [ m ]; } ]).x;
    expected = [ 1 ];
  };
  disabledModules = {
    expr =
      (config [
        (option (types.listOf types.int))
        { key = "bad"; x = [ 1 ]; }
        { disabledModules = [ { key = "bad"; } ]; x = [ 2 ]; }
      ]).x;
    expected = [ 2 ];
  };
  freeform = {
    expr =
      config [
        { freeformType = types.attrsOf types.int; options.a = mkOption { type = types.int; default = 1; }; }
        { b = 2; }
      ];
    expected = {
      a = 1;
      b = 2;
    };
  };
  submodules = {
    expr = x (types.attrsOf (
      types.submodule (
        { name, config, ... }:
        {
          options = {
            name = mkOption { type = types.str; default = name; };
            twice = mkOption { type = types.int; };
            n = mkOption { type = types.int; default = 1; };
          };
          config.twice = config.n * 2;
        }
      )
    )) [ { a = { }; b.n = 3; } { b.name = "c"; } ];
    expected = {
      a = { name = "a"; n = 1; twice = 2; };
      b = { name = "c"; n = 3; twice = 6; };
    };
  };
  submoduleDeclaredTwice = {
    expr =
      (config [
        (option (types.submodule { options.a = mkOption { default = 1; }; }))
        (option (types.submodule { options.b = mkOption { default = 2; }; }))
        { options.x.c = mkOption { default = 3; }; }
      ]).x;
    expected = {
      a = 1;
      b = 2;
      c = 3;
    };
  };
  readOnlyDefault = {
    expr = (config [ { options.x = mkOption { readOnly = true; default = 1; }; } ]).x;
    expected = 1;
  };
  apply = {
    expr = (config [ { options.x = mkOption { apply = v: v + 1; default = 1; }; } ]).x;
    expected = 2;
  };
  optionMetadata = {
    expr =
      let
        o = (lib.evalModules { modules = [ (option types.int) { _file = "f.nix"; x = lib.mkDefault 3; } ]; }).options.x;
      in
      [
        o.files
        o.highestPrio
        o.isDefined
        (toString o)
      ];
    expected = [
      [ "f.nix" ]
      1000
      true
      "x"
    ];
  };
  extendModules = {
    expr =
      let
        e = lib.evalModules { modules = [ (option (types.listOf types.int)) { x = [ 1 ]; } ]; };
      in
      (e.extendModules { modules = [ { x = [ 2 ]; } ]; }).config.x;
    expected = [
      2
      1
    ];
  };
  renamed = {
    expr =
      let
        c = config [
          (lib.mkRenamedOptionModule [ "old" ] [ "new" "place" ])
          {
            options.new.place = mkOption { type = types.int; };
            options.warnings = mkOption { type = types.listOf types.str; default = [ ]; };
          }
          { _file = "f.nix"; old = 7; }
        ];
      in
      [
        c.new.place
        c.warnings
      ];
    expected = [
      7
      [ "The option `old' defined in `f.nix' has been renamed to `new.place'." ]
    ];
  };
  aliasKeepsPriority = {
    expr =
      (config [
        (lib.mkAliasOptionModule [ "a" ] [ "b" ])
        { options.b = mkOption { type = types.int; }; }
        { a = lib.mkForce 1; b = 2; }
      ]).b;
    expected = 1;
  };
  anything = {
    expr = x types.anything [
      { a.b = 1; c = [ 1 ]; }
      { a.d = 2; }
    ];
    expected = {
      a = { b = 1; d = 2; };
      c = [ 1 ];
    };
  };
  eitherAndCoerced = {
    expr = [
      (x (types.either types.int types.str) [ "s" ])
      (x (types.coercedTo types.int toString types.str) [ 5 ])
      (x (types.nullOr types.int) [ null ])
      (x (types.oneOf [ types.bool types.int (types.listOf types.str) ]) [ [ "a" ] ])
    ];
    expected = [
      "s"
      "5"
      null
      [ "a" ]
    ];
  };
  joinedStrings = {
    expr = [
      (x types.lines [ "a" "b" ])
      (x types.commas [ "a" "b" ])
      (x (types.separatedString ":") [ "a" "b" ])
    ];
    expected = [
      "b\na"
      "b,a"
      "b:a"
    ];
  };
  functionTo = {
    expr = (x (types.functionTo (types.listOf types.int)) [ (n: [ n ]) (n: [ (n * 2) ]) ]) 3;
    expected = [
      6
      3
    ];
  };
  lazyAttrs = {
    expr =
      (config [
        (option (types.lazyAttrsOf types.int))
        ({ config, ... }: { x = { a = 1; b = config.x.a + 1; }; })
      ]).x.b;
    expected = 2;
  };
  attrTag = {
    expr = x (types.attrTag {
      a = mkOption { type = types.int; };
      b = mkOption { type = types.str; };
    }) [ { b = "v"; } ];
    expected = {
      b = "v";
    };
  };
  deferredModule = {
    expr =
      let
        m = x types.deferredModule [ { y = 1; } { y = lib.mkForce 2; } ];
      in
      (config [ m { options.y = mkOption { type = types.int; }; } ]).y;
    expected = 2;
  };
  descriptions = {
    expr = map (t: t.description) [
      (types.listOf (types.nullOr types.int))
      (types.attrsOf (types.either types.str types.int))
      (types.enum [ "a" 1 ])
      types.port
      (types.ints.between 1 3)
      (types.nonEmptyListOf types.str)
    ];
    expected = [
      "list of (null or signed integer)"
      "attribute set of (string or signed integer)"
      "one of \"a\", 1"
      "16 bit unsigned integer; between 0 and 65535 (both inclusive)"
      "integer between 1 and 3 (both inclusive)"
      "non-empty (list of string)"
    ];
  };
  documentation = {
    expr =
      let
        docs = lib.optionAttrSetToDocList (
          lib.evalModules {
            modules = [
              {
                options.a = mkOption {
                  type = types.attrsOf (types.submodule { options.b = mkOption { description = "B."; }; });
                  default = { };
                  description = "A.";
                };
              }
            ];
          }
        ).options;
      in
      map (o: [ o.name o.type ]) (builtins.filter (o: builtins.head o.loc == "a") docs);
    expected = [
      [ "a" "attribute set of (submodule)" ]
      [ "a.<name>.b" "unspecified value" ]
    ];
  };
  packageOption = {
    expr =
      let
        o = lib.mkPackageOption { tools.hello = "it"; } [ "tools" "hello" ] { };
      in
      [
        o.default
        o.defaultText.text
        o.description
      ];
    expected = [
      "it"
      "pkgs.tools.hello"
      "The hello package to use."
    ];
  };
}

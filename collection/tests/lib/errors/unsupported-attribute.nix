let lib = import ../../../lib; inherit (lib) mkOption types evalModules; in
(evalModules { modules = [ { _file = "a.nix"; key = "a"; config = { }; foo = 1; } ]; }).config

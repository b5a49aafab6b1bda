let lib = import ../../../lib; inherit (lib) mkOption types evalModules; in
(evalModules { modules = [ { _type = "flake"; } ]; }).config

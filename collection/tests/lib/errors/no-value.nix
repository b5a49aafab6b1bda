let lib = import ../../../lib; inherit (lib) mkOption types evalModules; in
(evalModules { modules = [ { options.a.b = mkOption { type = types.str; }; } ]; }).config.a.b

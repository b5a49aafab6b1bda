let lib = import ../../../lib; inherit (lib) mkOption types evalModules; in
(evalModules {
  modules = [
    { options.a = mkOption { type = types.str; }; }
    { _file = "a.nix"; config.b = mkOption { type = types.str; }; }
  ];
}).config.a

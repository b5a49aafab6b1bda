let lib = import ../../../lib; inherit (lib) mkOption types evalModules; in
(evalModules {
  modules = [
    { options.a.b = mkOption { type = types.str; }; }
    { _file = "a.nix"; a = 5; }
  ];
}).config.a.b

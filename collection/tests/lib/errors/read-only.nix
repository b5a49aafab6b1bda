let lib = import ../../../lib; inherit (lib) mkOption types evalModules; in
(evalModules {
  modules = [
    { options.a = mkOption { readOnly = true; default = 1; }; }
    { _file = "a.nix"; a = 2; }
  ];
}).config.a

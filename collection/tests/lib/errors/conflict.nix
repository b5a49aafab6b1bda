let lib = import ../../../lib; inherit (lib) mkOption types evalModules; in
(evalModules {
  modules = [
    { options.name = mkOption { type = types.str; }; }
    { _file = "a.nix"; name = "a"; }
    { _file = "b.nix"; name = "b"; }
  ];
}).config.name

let lib = import ../../../lib; inherit (lib) mkOption types evalModules; in
(evalModules {
  modules = [
    { _file = "a.nix"; options.a = mkOption { type = types.str; }; }
    { _file = "b.nix"; options.a = mkOption { type = types.int; }; }
  ];
}).config.a

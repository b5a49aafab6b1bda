let lib = import ../../../lib; inherit (lib) mkOption types evalModules; in
(evalModules {
  modules = [
    { options.port = mkOption { type = types.port; }; }
    { _file = "configuration.nix"; port = "80"; }
  ];
}).config.port

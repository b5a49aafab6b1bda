let lib = import ../../../lib; inherit (lib) mkOption types evalModules; in
(evalModules {
  modules = [
    { options.services.web.enable = mkOption { type = types.bool; default = false; }; }
    { _file = "configuration.nix"; services.web.enabel = true; }
  ];
}).config

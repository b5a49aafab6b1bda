# The pager.
{ config, lib, pkgs, ... }:

let
  inherit (lib) mkOption types;

  cfg = config.programs.less;
in
{
  options.programs.less = {
    enable = lib.mkEnableOption "less as the pager, set up by this module" // {
      default = true;
    };
    envVariables = mkOption {
      type = types.attrsOf types.str;
      default = {
        LESS = "-R";
      };
      example = {
        LESS = "--quit-if-one-screen";
      };
      description = "Variables of the environment that less reads.";
    };
  };

  config = lib.mkIf cfg.enable {
    environment.systemPackages = [ pkgs.less ];
    environment.variables = lib.mapAttrs (_: toString) cfg.envVariables;
  };
}

# Logins, sessions and the keys of the machine.
{ config, lib, ... }:

let
  inherit (lib) mkOption types;

  cfg = config.services.logind;
in
{
  options.services.logind = {
    settings.Login = mkOption {
      type = types.attrsOf (
        types.oneOf [
          types.bool
          types.int
          types.str
        ]
      );
      default = { };
      example = {
        KillUserProcesses = false;
        HandleLidSwitch = "suspend";
      };
      description = "Settings of logind.conf(5).";
    };
    extraConfig = mkOption {
      type = types.lines;
      default = "";
      description = "Further lines of `logind.conf`.";
    };
  };

  config = {
    services.logind.settings.Login.KillUserProcesses = lib.mkDefault false;

    environment.etc."systemd/logind.conf".text = ''
      [Login]
      ${lib.generators.toKeyValue { } cfg.settings.Login}${cfg.extraConfig}
    '';
  };
}

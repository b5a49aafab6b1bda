# The journal.
{ config, lib, ... }:

let
  inherit (lib) mkOption types;

  cfg = config.services.journald;
in
{
  options.services.journald = {
    storage = mkOption {
      type = types.enum [
        "persistent"
        "volatile"
        "auto"
        "none"
      ];
      default = "persistent";
      description = "Where the journal is kept: on disk (`persistent`), in memory (`volatile`), on disk where `/var/log/journal` is there (`auto`), or nowhere.";
    };
    console = mkOption {
      type = types.str;
      default = "";
      example = "/dev/ttyS0";
      description = "Terminal on which all messages are shown as well.";
    };
    rateLimitInterval = mkOption {
      type = types.str;
      default = "30s";
      description = "Time within which a service may write `rateLimitBurst` messages.";
    };
    rateLimitBurst = mkOption {
      type = types.int;
      default = 10000;
      description = "How many messages a service may write within `rateLimitInterval`.";
    };
    forwardToSyslog = mkOption {
      type = types.bool;
      default = false;
      description = "Whether messages are handed to a syslog daemon as well.";
    };
    extraConfig = mkOption {
      type = types.lines;
      default = "";
      example = "SystemMaxUse=50M";
      description = "Further lines of `journald.conf`.";
    };
  };

  config = {
    environment.etc."systemd/journald.conf".text = ''
      [Journal]
      Storage=${cfg.storage}
      RateLimitInterval=${cfg.rateLimitInterval}
      RateLimitBurst=${toString cfg.rateLimitBurst}
      ${lib.optionalString (cfg.console != "") ''
        ForwardToConsole=yes
        TTYPath=${cfg.console}
      ''}
      ForwardToSyslog=${lib.boolToYesNo cfg.forwardToSyslog}
      ${cfg.extraConfig}
    '';

    systemd.services.systemd-journald = {
      restartTriggers = [ config.environment.etc."systemd/journald.conf".source ];
      # Stopping it would lose what services write meanwhile.
      stopIfChanged = false;
    };
  };
}

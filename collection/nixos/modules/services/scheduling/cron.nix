# Commands at set times, in the old form; units have `startAt` for it.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  cfg = config.services.cron;
in
{
  options.services.cron = {
    enable = lib.mkEnableOption "the cron daemon";
    package = lib.mkPackageOption pkgs "cron" { };
    mailto = mkOption {
      type = types.nullOr types.str;
      default = null;
      description = "Address that the output of commands is sent to.";
    };
    systemCronJobs = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "* * * * * root ls -l / > /tmp/cronout 2>&1" ];
      description = "Lines of the system's crontab: minute, hour, day, month, day of the week, user, command.";
    };
    cronFiles = mkOption {
      type = types.listOf types.path;
      default = [ ];
      description = "Files with further lines of the system's crontab.";
    };
  };

  config = lib.mkIf cfg.enable {
    environment.systemPackages = [ cfg.package ];

    environment.etc.crontab = {
      # A copy: the daemon wants a file that is nobody's link.
      mode = "0600";
      text = ''
        SHELL=${pkgs.bash}/bin/bash
        PATH=${config.security.wrapperDir}:/run/current-system/sw/bin
        ${lib.optionalString (cfg.mailto != null) "MAILTO=\"${cfg.mailto}\""}
        ${lib.concatStringsSep "\n" cfg.systemCronJobs}
        ${lib.concatMapStringsSep "\n" builtins.readFile cfg.cronFiles}
      '';
    };

    security.pam.services.cron = {
      unixAuth = false;
    };

    security.wrappers.crontab = {
      source = "${cfg.package}/bin/crontab";
      setuid = true;
      owner = "root";
      group = "root";
    };

    systemd.services.cron = {
      description = "Cron Daemon";
      wantedBy = [ "multi-user.target" ];
      restartTriggers = [ config.environment.etc.crontab.source ];
      preStart = ''
        mkdir -m 710 -p /var/spool/cron/crontabs
      '';
      serviceConfig.ExecStart = "${cfg.package}/bin/cron -f";
    };
  };
}

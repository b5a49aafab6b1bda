# The time from the network.
{ config, lib, ... }:

let
  inherit (lib) mkOption types;

  cfg = config.services.timesyncd;
in
{
  options = {
    services.timesyncd = {
      enable = mkOption {
        type = types.bool;
        default = true;
        description = "Whether to set the clock from time servers.";
      };
      servers = mkOption {
        type = types.listOf types.str;
        default = config.networking.timeServers;
        defaultText = lib.literalExpression "config.networking.timeServers";
        description = "Time servers.";
      };
    };
    networking.timeServers = mkOption {
      type = types.listOf types.str;
      default = [
        "0.pool.ntp.org"
        "1.pool.ntp.org"
        "2.pool.ntp.org"
        "3.pool.ntp.org"
      ];
      description = "Time servers for whatever sets the clock.";
    };
  };

  config = lib.mkIf cfg.enable {
    systemd.services.systemd-timesyncd = {
      wantedBy = [ "sysinit.target" ];
      restartTriggers = [ config.environment.etc."systemd/timesyncd.conf".source ];
    };

    environment.etc."systemd/timesyncd.conf".text = ''
      [Time]
      NTP=${toString cfg.servers}
    '';

    users.users.systemd-timesync = {
      uid = config.ids.uids.systemd-timesync;
      group = "systemd-timesync";
      isSystemUser = true;
    };
    users.groups.systemd-timesync.gid = config.ids.gids.systemd-timesync;
  };
}

# The message bus between programs.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  cfg = config.services.dbus;

  # What packages bring besides what the bus finds in the system's own tree.
  includes = kind: ''
    <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
     "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
    <busconfig>
    ${lib.concatMapStrings (p: ''
      <servicedir>${p}/share/dbus-1/${kind}-services</servicedir>
      <includedir>${p}/etc/dbus-1/${kind}.d</includedir>
      <includedir>${p}/share/dbus-1/${kind}.d</includedir>
    '') cfg.packages}</busconfig>
  '';
in
{
  options.services.dbus = {
    enable = mkOption {
      type = types.bool;
      default = true;
      internal = true;
      description = "Whether to start the D-Bus message bus daemon, which logins and networks need.";
    };
    dbusPackage = lib.mkPackageOption pkgs "dbus" { };
    packages = mkOption {
      type = types.listOf types.package;
      default = [ ];
      description = "Packages whose services and policies the bus knows.";
    };
  };

  config = lib.mkIf cfg.enable {
    services.dbus.packages = [
      cfg.dbusPackage
      config.systemd.package
    ];

    environment.systemPackages = [ cfg.dbusPackage ];
    environment.etc = {
      "dbus-1/system-local.conf".text = includes "system";
      "dbus-1/session-local.conf".text = includes "session";
    };

    users.users.messagebus = {
      uid = config.ids.uids.messagebus;
      description = "D-Bus system message bus daemon user";
      home = "/run/dbus";
      group = "messagebus";
      isSystemUser = true;
    };
    users.groups.messagebus.gid = config.ids.gids.messagebus;

    systemd.packages = [ cfg.dbusPackage ];

    systemd.services.dbus = {
      # Everything that talks over the bus would lose its connection.
      reloadIfChanged = true;
      reloadTriggers = [ config.environment.etc."dbus-1/system-local.conf".source ];
    };
    systemd.sockets.dbus.wantedBy = [ "sockets.target" ];
    systemd.tmpfiles.rules = [ "d /run/dbus 0755 messagebus messagebus -" ];
  };
}

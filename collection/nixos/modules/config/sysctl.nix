# Parameters of the running kernel.
{ config, lib, ... }:

let
  inherit (lib) mkOption types;

  value = types.nullOr (
    types.oneOf [
      types.bool
      types.int
      types.str
    ]
  );
in
{
  options.boot.kernel.sysctl = mkOption {
    type = types.attrsOf value;
    default = { };
    example = {
      "net.ipv4.tcp_syncookies" = false;
      "vm.swappiness" = 60;
    };
    description = "Parameters of the kernel, by their name as sysctl(8) shows it. `null` leaves one as it is.";
  };

  config = {
    environment.etc."sysctl.d/60-nixos.conf".text = lib.concatStrings (
      lib.mapAttrsToList (
        name: v:
        lib.optionalString (v != null) "${name}=${if v == false then "0" else toString v}\n"
      ) config.boot.kernel.sysctl
    );

    systemd.services.systemd-sysctl.restartTriggers = [
      config.environment.etc."sysctl.d/60-nixos.conf".source
    ];

    boot.kernel.sysctl = {
      # Addresses in the kernel help nobody but an attacker.
      "kernel.kptr_restrict" = lib.mkDefault 1;
      "fs.inotify.max_user_instances" = lib.mkDefault 524288;
      "fs.inotify.max_user_watches" = lib.mkDefault 524288;
    };
  };
}

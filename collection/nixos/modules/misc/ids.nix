# Numbers of users and groups that never change. Names without one here get a number at activation.
{ lib, ... }:

let
  inherit (lib) mkOption types;

  numbers = mkOption {
    internal = true;
    type = types.attrsOf types.int;
    description = "Numbers by name.";
  };
in
{
  options.ids = {
    uids = numbers;
    gids = numbers;
  };

  config.ids = {
    uids = {
      root = 0;
      messagebus = 4;
      nginx = 60;
      systemd-coredump = 151;
      systemd-network = 152;
      systemd-resolve = 153;
      systemd-timesync = 154;
      sshd = 74;
      nobody = 65534;
    };
    gids = {
      root = 0;
      wheel = 1;
      kmem = 2;
      # The service manager mounts /dev/pts with this number.
      tty = 5;
      messagebus = 4;
      disk = 6;
      audio = 17;
      floppy = 18;
      uucp = 19;
      lp = 20;
      cdrom = 24;
      tape = 25;
      video = 26;
      dialout = 27;
      utmp = 29;
      adm = 55;
      nginx = 60;
      systemd-journal = 62;
      sshd = 74;
      keys = 96;
      users = 100;
      systemd-journal-gateway = 110;
      systemd-coredump = 151;
      systemd-network = 152;
      systemd-resolve = 153;
      systemd-timesync = 154;
      input = 174;
      kvm = 302;
      render = 303;
      sgx = 304;
      shadow = 318;
      nixbld = 30000;
      nogroup = 65534;
    };
  };
}

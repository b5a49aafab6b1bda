# /tmp and /var/tmp: what is on them, and when it goes.
{ config, lib, ... }:

let
  inherit (lib) mkIf mkOption types;

  cfg = config.boot.tmp;
in
{
  options.boot.tmp = {
    cleanOnBoot = mkOption {
      type = types.bool;
      default = false;
      description = "Whether the contents of `/tmp` are removed at boot.";
    };

    useTmpfs = mkOption {
      type = types.bool;
      default = false;
      description = "Whether `/tmp` is kept in memory.";
    };

    tmpfsSize = mkOption {
      type = types.oneOf [
        types.str
        types.ints.positive
      ];
      default = "50%";
      description = "Size of a `/tmp` in memory, as mount(8) has it for tmpfs.";
    };
  };

  config = {
    # `D` would empty the directories in every switch, with what is running in them: only at boot (`!`), if asked.
    systemd.tmpfiles.settings.tmp = {
      "/tmp".${if cfg.cleanOnBoot then "D!" else "q"} = {
        mode = "1777";
        user = "root";
        group = "root";
        age = "10d";
      };
      "/var/tmp".q = {
        mode = "1777";
        user = "root";
        group = "root";
        age = "30d";
      };
    };

    systemd.mounts = mkIf cfg.useTmpfs [
      {
        what = "tmpfs";
        where = "/tmp";
        type = "tmpfs";
        options = "mode=1777,strictatime,rw,nosuid,nodev,size=${toString cfg.tmpfsSize}";
        wantedBy = [ "local-fs.target" ];
        before = [ "local-fs.target" ];
      }
    ];
  };
}

# What is mounted where: /etc/fstab for the service manager, and the list that stage 1 mounts.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib)
    concatStringsSep
    mkDefault
    mkIf
    mkOption
    types
    ;

  # The system cannot start its own init without these.
  pathsNeededForBoot = [
    "/"
    "/nix"
    "/nix/store"
    "/var"
    "/var/log"
    "/var/lib"
    "/var/lib/nixos"
    "/etc"
    "/usr"
  ];

  # Without the slash at the end, but for the root itself.
  normal = path: if path == "/" then "/" else lib.removeSuffix "/" path;

  fileSystemModule =
    { name, config, ... }:
    {
      options = {
        mountPoint = mkOption {
          type = types.str;
          example = "/mnt/usb";
          description = "Directory on which the file system is mounted.";
        };
        device = mkOption {
          type = types.nullOr types.str;
          default = null;
          example = "/dev/sda";
          description = "Device, or the name that this kind of file system has instead of one.";
        };
        label = mkOption {
          type = types.nullOr types.str;
          default = null;
          example = "root-partition";
          description = "Label by which the device is found when `device` is not given.";
        };
        fsType = mkOption {
          type = types.str;
          default = "auto";
          example = "ext4";
          description = "Kind of file system.";
        };
        options = mkOption {
          type = types.listOf types.str;
          default = [ "defaults" ];
          example = [ "noatime" ];
          description = "Options of the mount.";
        };
        depends = mkOption {
          type = types.listOf types.str;
          default = [ ];
          example = [ "/persist" ];
          description = ''
            Mount points that must be there first, besides those that this one lies in and, for an overlay, those
            of its directories.
          '';
        };
        neededForBoot = mkOption {
          type = types.bool;
          default = false;
          description = "Whether stage 1 mounts it. Always so for the store and what holds it.";
        };
        noCheck = mkOption {
          type = types.bool;
          default = false;
          description = "Whether it is left out of the check at boot.";
        };
        autoFormat = mkOption {
          type = types.bool;
          default = false;
          description = "Whether an empty device gets a file system of this kind when it is first mounted.";
        };
        overlay = {
          lowerdir = mkOption {
            type = types.nullOr (types.listOf types.str);
            default = null;
            description = "Read-only directories of an overlay, the uppermost first. They make this an overlay.";
          };
          upperdir = mkOption {
            type = types.nullOr types.str;
            default = null;
            description = "Directory that takes what is written to the overlay. Without one it is read-only.";
          };
          workdir = mkOption {
            type = types.nullOr types.str;
            default = null;
            description = "Empty directory on the file system of `upperdir` that the overlay works in.";
          };
        };
      };

      config = {
        mountPoint = mkDefault name;
        device = mkIf (config.label != null) (mkDefault "/dev/disk/by-label/${config.label}");
      };
    };

  # Device, type and options as they are mounted.
  completed =
    fs:
    let
      isOverlay = fs.overlay.lowerdir != null;
      mountPoint = normal fs.mountPoint;
      neededForBoot = fs.neededForBoot || builtins.elem mountPoint pathsNeededForBoot;
    in
    {
      inherit mountPoint neededForBoot;
      inherit (fs) noCheck autoFormat;
      device = if isOverlay then "overlay" else fs.device;
      fsType = if isOverlay then "overlay" else fs.fsType;
      options =
        (
          if isOverlay then
            lib.remove "defaults" fs.options
            ++ [ "lowerdir=${concatStringsSep ":" fs.overlay.lowerdir}" ]
            ++ lib.optionals (fs.overlay.upperdir != null) [
              "upperdir=${fs.overlay.upperdir}"
              "workdir=${fs.overlay.workdir}"
            ]
          else
            fs.options
        )
        # The service manager leaves such mounts to whom they belong, when it goes down as well.
        ++ lib.optional neededForBoot "x-initrd.mount";
      # Where it lies, and where its parts lie.
      within = [
        mountPoint
      ]
      ++ lib.optionals isOverlay (
        fs.overlay.lowerdir
        ++ lib.optional (fs.overlay.upperdir != null) fs.overlay.upperdir
        ++ lib.optional (fs.overlay.workdir != null) fs.overlay.workdir
      )
      ++ lib.optional (builtins.elem "bind" fs.options && fs.device != null) fs.device
      ++ fs.depends;
    };

  isBelow = parent: path: parent == "/" || path == parent || lib.hasPrefix "${parent}/" path;

  all = map completed (builtins.attrValues config.fileSystems);

  # Each after what it lies in.
  ordered =
    let
      before =
        a: b:
        a.mountPoint != b.mountPoint && builtins.any (path: isBelow a.mountPoint path) b.within;
      sorted = lib.toposort before (builtins.sort (a: b: a.mountPoint < b.mountPoint) all);
    in
    sorted.result or (throw "The file systems ${
      concatStringsSep ", " (map (fs: fs.mountPoint) (sorted.loops ++ sorted.cycle))
    } need each other to be mounted first.");

  escape = builtins.replaceStrings [ " " "\t" ] [ "\\040" "\\011" ];

  fstabLine =
    fs:
    let
      options =
        fs.options
        ++ lib.optional fs.autoFormat "x-systemd.makefs";
      pass =
        if
          fs.noCheck
          || fs.device == null
          || builtins.elem fs.fsType [
            "auto"
            "overlay"
            "tmpfs"
            "9p"
            "virtiofs"
            "squashfs"
            "erofs"
            "btrfs"
            "nfs"
            "none"
          ]
          || builtins.elem "bind" fs.options
        then
          "0"
        else if fs.mountPoint == "/" then
          "1"
        else
          "2";
    in
    concatStringsSep " " [
      (escape (if fs.device != null then fs.device else fs.fsType))
      (escape fs.mountPoint)
      fs.fsType
      (if options == [ ] then "defaults" else concatStringsSep "," (map escape options))
      "0"
      pass
    ];

  swapLine =
    swap:
    "${escape swap.device} none swap ${
      concatStringsSep "," (
        swap.options ++ lib.optional (swap.priority != null) "pri=${toString swap.priority}"
      )
    }";
in
{
  options = {
    fileSystems = mkOption {
      type = types.attrsOf (types.submodule fileSystemModule);
      default = { };
      example = {
        "/".device = "/dev/disk/by-label/nixos";
        "/data" = {
          device = "/dev/vdb";
          fsType = "ext4";
        };
      };
      description = "File systems by the directory on which they are mounted. One for `/` must be among them.";
    };

    swapDevices = mkOption {
      type = types.listOf (
        types.submodule (
          { config, ... }:
          {
            options = {
              device = mkOption {
                type = types.str;
                description = "Device or file to swap to.";
              };
              label = mkOption {
                type = types.nullOr types.str;
                default = null;
                description = "Label by which the device is found when `device` is not given.";
              };
              size = mkOption {
                type = types.nullOr types.int;
                default = null;
                description = "Size in MiB of the file that is made when there is none. Only for files.";
              };
              priority = mkOption {
                type = types.nullOr types.int;
                default = null;
                description = "From 0 to 32767; the highest is used first.";
              };
              options = mkOption {
                type = types.listOf types.str;
                default = [ "defaults" ];
                description = "Options of the swap device.";
              };
            };
            config.device = mkIf (config.label != null) (mkDefault "/dev/disk/by-label/${config.label}");
          }
        )
      );
      default = [ ];
      description = "Devices and files to swap to.";
    };
  };

  config = {
    # In the order in which they are mounted.
    system.build.fileSystems = ordered;

    assertions = [
      {
        assertion = builtins.all (fs: fs.overlay.upperdir == null || fs.overlay.workdir != null) (
          builtins.attrValues config.fileSystems
        );
        message = "An overlay in 'fileSystems' with 'overlay.upperdir' also needs 'overlay.workdir'.";
      }
    ];

    environment.etc.fstab.text = ''
      # This is a generated file.  Do not edit!
      #
      # To make changes, edit the fileSystems and swapDevices NixOS options
      # in your /etc/nixos/configuration.nix file.

      # <file system> <mount point> <type> <options> <dump> <pass>

      # Filesystems.
      ${concatStringsSep "\n" (map fstabLine ordered)}

      # Swap devices.
      ${concatStringsSep "\n" (map swapLine config.swapDevices)}
    '';

    systemd.services = builtins.listToAttrs (
      map (
        swap:
        let
          unit = "${lib.replaceStrings [ "/" ] [ "-" ] (lib.removePrefix "/" swap.device)}.swap";
        in
        {
          name = "mkswap-${lib.removeSuffix ".swap" unit}";
          value = {
            description = "Initialisation of swap file ${swap.device}";
            wantedBy = [ unit ];
            before = [ unit ];
            path = [ pkgs.util-linux ];
            unitConfig.DefaultDependencies = false;
            unitConfig.RequiresMountsFor = [ (builtins.dirOf swap.device) ];
            serviceConfig.Type = "oneshot";
            script = ''
              if [ ! -e "${swap.device}" ]; then
                fallocate -l ${toString swap.size}M "${swap.device}"
                chmod 0600 "${swap.device}"
                mkswap "${swap.device}"
              fi
            '';
          };
        }
      ) (builtins.filter (swap: swap.size != null) config.swapDevices)
    );
  };
}

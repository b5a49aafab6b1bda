# A configuration that runs in qemu: `system.build.vm` has the script bin/run-NAME-vm.
#
# The store comes in as one compressed image of the closure, under an overlay whose upper part is on the machine's
# disk: so the machine can build and switch, and its generations are there after a reboot.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib)
    concatMapStringsSep
    concatStringsSep
    mkDefault
    mkIf
    mkOption
    mkVMOverride
    optionalString
    types
    ;

  cfg = config.virtualisation;
  name = config.system.name;
  toplevel = config.system.build.toplevel;

  # Registration and the list of paths of the closure that the machine starts with.
  closure = pkgs.closureInfo {
    rootPaths = [ toplevel ] ++ cfg.additionalPaths;
  };

  storeImage =
    pkgs.runCommand "nix-store-image"
      {
        nativeBuildInputs = [ pkgs.squashfsTools ];
        # It is large, and quicker to make than to fetch.
        preferLocalBuild = true;
        allowSubstitutes = false;
        # The image holds its closure itself, and needs none of it outside.
        __structuredAttrs = true;
        unsafeDiscardReferences.out = true;
      }
      ''
        mkdir "$out"
        # Paths keep nothing of the builder: all belongs to root, and all has the time of the store.
        unset SOURCE_DATE_EPOCH
        cp ${closure}/registration nix-path-registration
        mksquashfs $(cat ${closure}/store-paths) nix-path-registration "$out/store.squashfs" -keep-as-directory \
          -comp ${cfg.storeImageCompression} \
          -all-root -all-time 1 -mkfs-time 1 -no-hardlinks -no-xattrs -quiet -no-progress
      '';

  forwarding = concatMapStringsSep "" (
    port:
    if port.from == "guest" then
      ",guestfwd=${port.proto}:${port.guest.address}:${toString port.guest.port}-cmd:socat - TCP:${
        if port.host.address == "" then "127.0.0.1" else port.host.address
      }:${toString port.host.port}"
    else
      ",hostfwd=${port.proto}:${port.host.address}:${toString port.host.port}-${port.guest.address}:${toString port.guest.port}"
  ) cfg.forwardPorts;

  shares = lib.mapAttrsToList (tag: share: share // { inherit tag; }) cfg.sharedDirectories;

  kernelParams = concatStringsSep " " (
    config.boot.kernelParams
    ++ [
      "init=${toplevel}/init"
      "regInfo=${closure}/registration"
    ]
    ++ map (console: "console=${console}") cfg.qemu.consoles
  );

  runner = pkgs.writeScript "run-${name}-vm" (
    builtins.replaceStrings
      [
        "@bash@"
        "@path@"
        "@name@"
        "@qemu@"
        "@mke2fs@"
        "@diskImage@"
        "@diskSize@"
        "@label@"
        "@kernelVariable@"
        "@storeArguments@"
        "@toplevel@"
        "@kernelParams@"
        "@memorySize@"
        "@cores@"
        "@netArguments@"
        "@shareArguments@"
        "@graphics@"
        "@options@"
      ]
      [
        "${pkgs.bash}"
        (lib.makeBinPath [ pkgs.coreutils ])
        name
        (if cfg.qemu.package == null then "" else "${cfg.qemu.package}")
        "${pkgs.e2fsprogs}"
        (if cfg.diskImage == null then "" else cfg.diskImage)
        (toString cfg.diskSize)
        cfg.rootLabel
        "NIXPKGS_QEMU_KERNEL_${builtins.replaceStrings [ "-" "." ] [ "_" "_" ] name}"
        (
          if cfg.useNixStoreImage then
            "-drive if=none,id=store,file=${storeImage}/store.squashfs,format=raw,readonly=on -device virtio-blk-pci,drive=store"
          else
            "-virtfs local,path=/nix/store,security_model=none,mount_tag=nix-store,readonly=on"
        )
        "${toplevel}"
        kernelParams
        (toString cfg.memorySize)
        (toString cfg.cores)
        (concatStringsSep " " cfg.qemu.networkingOptions)
        (concatMapStringsSep " " (
          share: "-virtfs local,path=${share.source},security_model=${share.securityModel},mount_tag=${share.tag}"
        ) shares)
        (optionalString cfg.graphics "1")
        (concatStringsSep " " cfg.qemu.options)
      ]
      (builtins.readFile ./run-vm.sh)
  );
in
{
  options.virtualisation = {
    memorySize = mkOption {
      type = types.int;
      default = 1024;
      description = "Memory of the machine in MiB.";
    };

    cores = mkOption {
      type = types.int;
      default = 1;
      description = "Processors of the machine.";
    };

    diskSize = mkOption {
      type = types.int;
      default = 4096;
      description = "Size of the root disk in MiB. Its file is sparse: it takes the room of what is written.";
    };

    diskImage = mkOption {
      type = types.nullOr types.str;
      default = "./${name}.raw";
      defaultText = lib.literalExpression ''"./''${config.system.name}.raw"'';
      description = ''
        File of the root disk, made when it does not exist, relative to where the machine is started. Generations
        and everything else that the machine writes are in it. A name that ends in `.qcow2` gives that format, for
        which `qemu-img` is needed. With `null` the machine forgets everything when it stops. The environment
        variable `NIX_DISK_IMAGE` takes its place.
      '';
    };

    rootLabel = mkOption {
      type = types.str;
      internal = true;
      default = "nixos";
      description = "Label of the root file system.";
    };

    graphics = mkOption {
      type = types.bool;
      default = true;
      description = "Whether the machine has a display. Without one its console is the terminal it is started from.";
    };

    restrictNetwork = mkOption {
      type = types.bool;
      default = false;
      description = "Whether the machine can reach nothing but forwarded ports.";
    };

    forwardPorts = mkOption {
      type = types.listOf (
        types.submodule {
          options = {
            from = mkOption {
              type = types.enum [
                "host"
                "guest"
              ];
              default = "host";
              description = "Where connections come from.";
            };
            proto = mkOption {
              type = types.enum [
                "tcp"
                "udp"
              ];
              default = "tcp";
              description = "The protocol.";
            };
            host.address = mkOption {
              type = types.str;
              default = "";
              description = "Address on the host. All of its addresses when empty.";
            };
            host.port = mkOption {
              type = types.int;
              description = "Port on the host.";
            };
            guest.address = mkOption {
              type = types.str;
              default = "";
              description = "Address in the machine's network.";
            };
            guest.port = mkOption {
              type = types.int;
              description = "Port in the machine.";
            };
          };
        }
      );
      default = [ ];
      example = [
        {
          host.port = 2222;
          guest.port = 22;
        }
      ];
      description = "Ports that lead from the host into the machine, or out of it.";
    };

    sharedDirectories = mkOption {
      type = types.attrsOf (
        types.submodule {
          options = {
            source = mkOption {
              type = types.str;
              description = "Directory on the host. It may use variables of the shell.";
            };
            target = mkOption {
              type = types.str;
              description = "Where it is mounted in the machine.";
            };
            securityModel = mkOption {
              type = types.enum [
                "passthrough"
                "mapped-xattr"
                "mapped-file"
                "none"
              ];
              default = "mapped-xattr";
              description = "How owners and modes are kept on the host.";
            };
          };
        }
      );
      default = { };
      description = "Directories of the host in the machine, over 9p: the kernel must have it.";
    };

    additionalPaths = mkOption {
      type = types.listOf types.pathInStore;
      default = [ ];
      description = ''
        Store objects that the machine has, with their closures, besides its own: such as what it needs to build
        packages without network.
      '';
    };

    rebuildable = mkOption {
      type = types.bool;
      default = false;
      description = ''
        Whether the machine has what it takes to build a changed configuration of itself without network: the
        builder and its tools, about 120 MiB of the image. Packages that only the changed configuration has must
        be among `additionalPaths`.
      '';
    };

    writableStore = mkOption {
      type = types.bool;
      default = true;
      description = "Whether the machine can add to its store.";
    };

    writableStoreUseTmpfs = mkOption {
      type = types.bool;
      default = false;
      description = "Whether what is added to the store is kept in memory, and forgotten, and not on the disk.";
    };

    useNixStoreImage = mkOption {
      type = types.bool;
      default = true;
      description = ''
        Whether the store comes as an image of the closure. Without it the machine uses the store of the host, read
        only, over 9p: nothing has to be made, but it boots slower and the kernel must have 9p.
      '';
    };

    storeImageCompression = mkOption {
      type = types.str;
      default = "lz4";
      example = "zstd -Xcompression-level 19";
      description = ''
        Compression of the image, as mksquashfs has it after `-comp`. An emulated machine reads what lz4 wrote
        twice as fast as what zstd wrote, which is a third smaller.
      '';
    };

    qemu = {
      package = mkOption {
        type = types.nullOr types.package;
        default = null;
        description = "Package with qemu. With `null` the one of the machine it runs on is used, from `PATH`.";
      };

      options = mkOption {
        type = types.listOf types.str;
        default = [ ];
        example = [ "-vga std" ];
        description = "Further arguments of qemu, each split as the shell does.";
      };

      networkingOptions = mkOption {
        type = types.listOf types.str;
        default = [ ];
        description = "Arguments of qemu that make the network.";
      };

      consoles = mkOption {
        type = types.listOf types.str;
        default =
          if cfg.graphics then
            [
              "ttyS0,115200n8"
              "tty0"
            ]
          else
            [
              "tty0"
              "ttyS0,115200n8"
            ];
        defaultText = "the display and the serial line, the one in use last";
        description = "Consoles of the kernel. The last is also that of init.";
      };
    };
  };

  config = {
    system.build.vm =
      pkgs.runCommand "nixos-vm"
        {
          preferLocalBuild = true;
          meta.mainProgram = "run-${name}-vm";
        }
        ''
          mkdir -p "$out/bin"
          ln -s ${toplevel} "$out/system"
          ln -s ${runner} "$out/bin/run-${name}-vm"
        '';

    system.build.storeImage = storeImage;

    virtualisation.additionalPaths = mkIf cfg.rebuildable [
      # What each small derivation of a system is built with...
      pkgs.stdenvNoCC
      pkgs.seedPins.toolchain
      pkgs.seedPins.busybox
      # ... and what the toplevel is made from that is not in it.
      config.system.build.bootStage2
    ];

    virtualisation.qemu.networkingOptions = mkDefault [
      "-netdev \"user,id=user.0${forwarding}${optionalString cfg.restrictNetwork ",restrict=on"}\${QEMU_NET_OPTS:+,$QEMU_NET_OPTS}\""
      "-device virtio-net-pci,netdev=user.0"
    ];

    # The disks of the configuration are those of another machine.
    fileSystems = mkVMOverride (
      {
        "/" =
          if cfg.diskImage == null then
            {
              device = "tmpfs";
              fsType = "tmpfs";
              options = [ "mode=0755" ];
            }
          else
            {
              device = "/dev/vda";
              fsType = "ext4";
              options = [ "rw" ];
            };
      }
      // lib.listToAttrs (
        map (share: {
          name = share.target;
          value = {
            device = share.tag;
            fsType = "9p";
            options = [
              "trans=virtio"
              "version=9p2000.L"
              "msize=262144"
            ];
          };
        }) shares
      )
      // {
        ${if cfg.writableStore then "/nix/.ro-store" else "/nix/store"} =
          if cfg.useNixStoreImage then
            {
              device = if cfg.diskImage == null then "/dev/vda" else "/dev/vdb";
              fsType = "squashfs";
              options = [ "ro" ];
              neededForBoot = true;
            }
          else
            {
              device = "nix-store";
              fsType = "9p";
              options = [
                "ro"
                "trans=virtio"
                "version=9p2000.L"
                "msize=262144"
                "cache=loose"
              ];
              neededForBoot = true;
            };
      }
      // lib.optionalAttrs cfg.writableStore (
        {
          "/nix/store".overlay = {
            lowerdir = [ "/nix/.ro-store" ];
            upperdir = "/nix/.rw-store/upper";
            workdir = "/nix/.rw-store/work";
          };
        }
        // lib.optionalAttrs cfg.writableStoreUseTmpfs {
          "/nix/.rw-store" = {
            device = "tmpfs";
            fsType = "tmpfs";
            options = [ "mode=0755" ];
            neededForBoot = true;
          };
        }
      )
    );

    swapDevices = mkVMOverride [ ];

    boot.initrd.availableKernelModules = [
      "virtio_pci"
      "virtio_blk"
      "virtio_net"
      "virtio_console"
      "virtio_rng"
      "virtio_balloon"
      "overlay"
      "squashfs"
      "erofs"
      "9p"
      "9pnet_virtio"
      "ext4"
    ];
    boot.initrd.includeDefaultModules = mkDefault false;

    # The emulator is the boot loader: it always starts the kernel that it was given. Which generation's init runs
    # is the machine's own choice, as long as it is given the system that it was given at its last start.
    boot.initrd.postMountCommands = lib.optionalString (cfg.diskImage != null) ''
      given=$stage2Init
      if [ "$(cat $targetRoot/nix/var/nix/.vm-system 2>/dev/null)" = "$given" ] \
        && [ -L $targetRoot/nix/var/nix/profiles/system ]; then
        stage2Init=/nix/var/nix/profiles/system/init
      fi
    '';

    # The database of the store learns of what the image holds, and the profile of the system it was given.
    boot.postBootCommands = ''
      registration= given=
      for argument in $(< /proc/cmdline); do
        case $argument in
          regInfo=*) registration=''${argument#regInfo=} ;;
          init=*) given=''${argument#init=} ;;
        esac
      done
      if [ -n "$registration" ] && [ "$(cat /nix/var/nix/.vm-registration 2>/dev/null)" != "$registration" ]; then
        # An image has it with it; a store that is shared with the host has it where it was built.
        file=$registration
        for image in /nix/.ro-store /nix/store; do
          [ ! -f "$image/nix-path-registration" ] || file=$image/nix-path-registration
        done
        ${config.nix.package or pkgs.firn}/bin/nix-store --load-db < "$file" \
          && echo "$registration" > /nix/var/nix/.vm-registration
      fi
      if [ "$(cat /nix/var/nix/.vm-system 2>/dev/null)" != "$given" ]; then
        ${config.nix.package or pkgs.firn}/bin/nix-env -p /nix/var/nix/profiles/system --set "''${given%/init}" \
          && echo "$given" > /nix/var/nix/.vm-system
      fi
    '';

    boot.loader.timeout = mkVMOverride 0;

    # The emulated clock follows that of the host, and the boot would wait for the service.
    services.timesyncd.enable = mkDefault false;

    # What these look for (encrypted or verified disks, partitions by type, a suspended system) is not in this
    # machine, and each costs an emulated one a tenth of a second at every reload of the service manager.
    systemd.generators = lib.genAttrs [
      "systemd-cryptsetup-generator"
      "systemd-gpt-auto-generator"
      "systemd-hibernate-resume-generator"
      "systemd-integritysetup-generator"
      "systemd-veritysetup-generator"
    ] (_: mkDefault "/dev/null");

    # Nothing to unmount it for: it is one with the overlay.
    boot.readOnlyNixStore = mkDefault (!cfg.writableStore);
  };
}

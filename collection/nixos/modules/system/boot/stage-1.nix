# The initial ramdisk: busybox, the modules that the root file system needs, and a script.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib)
    concatMapStrings
    concatStringsSep
    filter
    mkOption
    optionalString
    types
    ;

  kernel = config.boot.kernelPackages.kernel;

  bootFileSystems = filter (fs: fs.neededForBoot) config.system.build.fileSystems;

  # What speaks to the service manager and its helpers means nothing to the kernel.
  stage1Options =
    options:
    let
      kept = filter (
        option: !(lib.hasPrefix "x-" option || builtins.elem option [ "nofail" "auto" "noauto" "_netdev" ])
      ) options;
    in
    if kept == [ ] then [ "defaults" ] else kept;

  # Four lines for each, see stage-1-init.sh.
  fsInfo = pkgs.writeText "fsinfo" (
    concatMapStrings (fs: ''
      ${fs.mountPoint}
      ${if fs.device != null then fs.device else fs.fsType}
      ${fs.fsType}
      ${concatStringsSep "," (stage1Options fs.options)}
    '') bootFileSystems
  );

  init = pkgs.writeText "stage-1-init.sh" (
    builtins.replaceStrings
      [
        "@runSize@"
        "@preDeviceCommands@"
        "@postDeviceCommands@"
        "@postMountCommands@"
      ]
      [
        config.boot.runSize
        config.boot.initrd.preDeviceCommands
        config.boot.initrd.postDeviceCommands
        config.boot.initrd.postMountCommands
      ]
      (builtins.readFile ./stage-1-init.sh)
  );

  compressors = {
    zstd = "zstd -${toString config.boot.initrd.compressionLevel} -q";
    gzip = "gzip -9n";
    xz = "xz --check=crc32 -q";
    cat = "cat";
  };

  initialRamdisk =
    pkgs.runCommand "initrd-linux-${kernel.modDirVersion}"
      {
        nativeBuildInputs = [ pkgs.cpio ]
        ++ lib.optional (config.boot.initrd.compressor == "zstd") pkgs.zstd
        ++ lib.optional (config.boot.initrd.compressor == "xz") pkgs.xz;
        required = config.boot.initrd.kernelModules;
        available = config.boot.initrd.availableKernelModules;
        extraFiles = lib.mapAttrsToList (name: file: "${name}=${file.source}") config.boot.initrd.extraFiles;
      }
      ''
        mkdir -p root/{bin,lib/modules,proc,sys,dev,run,tmp,etc,mnt-root}

        # Statically linked, so it is all that the ramdisk has of programs.
        cp ${config.boot.initrd.busybox}/bin/busybox root/bin/busybox
        chmod 0555 root/bin/busybox
        for command in $(root/bin/busybox --list); do
          [ "$command" = busybox ] || ln -s busybox "root/bin/$command"
        done

        # Each module after those that it needs. What is built into the kernel has no file; a module that this
        # kernel does not have is an error only where it is required.
        collect() { # REQUIRED NAME
          local line
          if ! ${pkgs.kmod}/bin/modprobe --show-depends --dirname ${config.system.modulesTree} \
            --set-version ${kernel.modDirVersion} "$2" > depends 2> errors; then
            if [ "$1" = 0 ] && [[ $(< errors) == *"Module $2 not found"* ]]; then
              return 0
            fi
            cat errors >&2
            echo "boot.initrd.kernelModules: cannot take the module $2 from this kernel" >&2
            exit 1
          fi
          while read -r what file rest; do
            [ "$what" = insmod ] || continue
            [ ! -e "root/lib/modules/''${file##*/}" ] || continue
            cp "$file" root/lib/modules/
            echo "/lib/modules/''${file##*/}" >> root/modules.load
          done < depends
        }
        : > root/modules.load
        for name in $required; do collect 1 "$name"; done
        for name in $available; do collect 0 "$name"; done

        cp ${fsInfo} root/fsinfo
        cp ${init} root/init
        chmod 0555 root/init
        for pair in $extraFiles; do
          mkdir -p "root/$(dirname "''${pair%%=*}")"
          cp "''${pair#*=}" "root/''${pair%%=*}"
        done

        # Store paths that it mentions are not in it: they are only names of what stage 1 hands over to.
        find root -exec touch -h -d @1 {} +
        mkdir "$out"
        (cd root && find . -print0 | LC_ALL=C sort -z \
          | cpio --null --create --format=newc --owner=0:0 --reproducible --quiet) \
          | ${compressors.${config.boot.initrd.compressor}} > "$out/initrd"
      '';
in
{
  options = {
    boot.initrd = {
      enable = mkOption {
        type = types.bool;
        default = config.boot.kernel.enable;
        defaultText = lib.literalExpression "config.boot.kernel.enable";
        description = "Whether to boot through an initial ramdisk.";
      };

      busybox = mkOption {
        type = types.package;
        internal = true;
        default = pkgs.busybox-static or pkgs.busybox;
        defaultText = "busybox, statically linked";
        description = "The programs of stage 1. They must be linked statically.";
      };

      compressor = mkOption {
        type = types.enum [
          "zstd"
          "gzip"
          "xz"
          "cat"
        ];
        default = "zstd";
        description = "Program that compresses the initial ramdisk.";
      };

      compressionLevel = mkOption {
        type = types.ints.positive or types.int;
        default = 10;
        description = "Level of compression with zstd, 1 to 19.";
      };

      preDeviceCommands = mkOption {
        type = types.lines;
        default = "";
        description = "Commands of a POSIX shell that run in stage 1 before modules are loaded.";
      };

      postDeviceCommands = mkOption {
        type = types.lines;
        default = "";
        description = "Commands of a POSIX shell that run in stage 1 before file systems are mounted.";
      };

      postMountCommands = mkOption {
        type = types.lines;
        default = "";
        description = "Commands of a POSIX shell that run in stage 1 with the root on `$targetRoot`.";
      };

      extraFiles = mkOption {
        type = types.attrsOf (
          types.submodule {
            options.source = mkOption {
              type = types.path;
              description = "The file to copy.";
            };
          }
        );
        default = { };
        description = "Files that are copied into the initial ramdisk, by their path in it.";
      };
    };

    boot.runSize = mkOption {
      type = types.str;
      default = "25%";
      description = "Largest size of the file system on `/run`: a share of memory, or a number with k, m or g.";
    };
  };

  config = lib.mkIf config.boot.initrd.enable {
    system.build.initialRamdisk = initialRamdisk;
    system.build.bootStage1 = init;

    assertions = [
      {
        assertion = builtins.any (fs: fs.mountPoint == "/") config.system.build.fileSystems;
        message = "The 'fileSystems' option does not specify your root file system.";
      }
    ];
  };
}

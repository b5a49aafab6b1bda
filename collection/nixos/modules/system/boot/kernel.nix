# The kernel, its parameters and its modules.
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
    mkEnableOption
    mkIf
    mkOption
    optionalString
    types
    ;

  kernel = config.boot.kernelPackages.kernel;

  # With no modules of others the tree of the kernel package itself will do.
  modulesTree =
    if config.boot.extraModulePackages == [ ] then
      kernel
    else
      pkgs.runCommand "kernel-modules-${kernel.modDirVersion}" { } ''
        mkdir -p "$out/lib/modules"
        for package in ${kernel} ${concatStringsSep " " (map toString config.boot.extraModulePackages)}; do
          cp -rs --no-preserve=mode "$package"/lib/modules/. "$out/lib/modules/"
        done
        rm -f "$out"/lib/modules/*/modules.*.bin "$out"/lib/modules/*/modules.{dep,alias,softdep,symbols,devname}
        ${pkgs.kmod}/bin/depmod -b "$out" ${kernel.modDirVersion}
      '';

  modprobe = pkgs.writeScript "modprobe" ''
    #!${pkgs.bash}/bin/bash
    # What the kernel calls. The modules are those of the system that was booted: those of a later one are for
    # another kernel.
    exec ${pkgs.kmod}/bin/modprobe -d /run/booted-system/kernel-modules "$@"
  '';
in
{
  options = {
    boot.kernel.enable = mkEnableOption "the Linux kernel, which containers do without" // {
      default = true;
    };

    boot.kernelPackages = mkOption {
      type = types.raw or types.unspecified;
      default = pkgs.linuxPackages or { kernel = pkgs.linux; };
      defaultText = lib.literalExpression "pkgs.linuxPackages";
      description = "Package set with the kernel (`kernel`) and what is built for it.";
    };

    boot.kernelParams = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "console=ttyS0" ];
      description = "Parameters on the kernel's command line.";
    };

    boot.consoleLogLevel = mkOption {
      type = types.int;
      default = 4;
      description = "Messages of the kernel below this level are shown on the console: 0 is the most urgent.";
    };

    boot.kernelModules = mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "Modules that are loaded in stage 2, whether or not there is a device for them.";
    };

    boot.extraModulePackages = mkOption {
      type = types.listOf types.package;
      default = [ ];
      description = "Packages with further modules, built for the kernel in use.";
    };

    boot.blacklistedKernelModules = mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "Modules that are not loaded by themselves for a device.";
    };

    boot.extraModprobeConfig = mkOption {
      type = types.lines;
      default = "";
      example = "options loop max_part=8";
      description = "Text of `/etc/modprobe.d/nixos.conf`.";
    };

    boot.initrd.availableKernelModules = mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "Modules that are put into the initial ramdisk and loaded there where the kernel has them.";
    };

    boot.initrd.kernelModules = mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "Modules that are always loaded in stage 1. One that does not exist fails the build.";
    };

    boot.initrd.includeDefaultModules = mkOption {
      type = types.bool;
      default = true;
      description = "Whether the initial ramdisk has the modules that usual disks and file systems need.";
    };

    system.modulesTree = mkOption {
      type = types.package;
      internal = true;
      default = modulesTree;
      defaultText = "the kernel package with all modules";
      description = "Tree with `lib/modules`.";
    };

    hardware.firmware = mkOption {
      type = types.listOf types.package;
      default = [ ];
      apply =
        packages:
        pkgs.runCommand "firmware" { } ''
          mkdir -p "$out/lib/firmware"
          for package in ${concatStringsSep " " (map toString packages)}; do
            cp -rs --no-preserve=mode "$package"/lib/firmware/. "$out/lib/firmware/"
          done
        '';
      description = "Packages with files for devices in `lib/firmware`.";
    };
  };

  config = mkIf config.boot.kernel.enable {
    boot.kernelParams = [ "loglevel=${toString config.boot.consoleLogLevel}" ];

    boot.initrd.availableKernelModules = mkIf config.boot.initrd.includeDefaultModules [
      "ahci"
      "sd_mod"
      "sr_mod"
      "nvme"
      "xhci_pci"
      "usb_storage"
      "ext4"
      "vfat"
    ];

    environment.etc = {
      "modules-load.d/nixos.conf".text = concatMapStringsSep "" (name: "${name}\n") config.boot.kernelModules;
      "modprobe.d/nixos.conf".text =
        concatMapStringsSep "" (name: "blacklist ${name}\n") config.boot.blacklistedKernelModules
        + config.boot.extraModprobeConfig;
    };

    system.activationScripts.modprobe = {
      deps = [ "etc" ];
      text = ''
        # The kernel asks for modules and firmware of the booted system, which at boot is this one.
        [ -L /run/booted-system ] || "$STATIC_TOOLS" ln -sfn "$systemConfig" /run/booted-system
        if [ -w /proc/sys/kernel/modprobe ]; then
          echo ${modprobe} > /proc/sys/kernel/modprobe
        fi
        if [ -w /sys/module/firmware_class/parameters/path ]; then
          echo -n ${config.hardware.firmware}/lib/firmware > /sys/module/firmware_class/parameters/path
        fi
      '';
    };
  };
}

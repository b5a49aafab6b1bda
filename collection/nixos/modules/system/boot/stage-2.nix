# Stage 2: the script that the kernel or stage 1 starts on the real root.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  path = config.system.activationPath ++ [ config.systemd.package ];

  bootStage2 = pkgs.writeText "stage-2-init.sh" (
    builtins.replaceStrings
      [
        "@shell@"
        "@path@"
        "@systemdPath@"
        "@distroName@"
        "@readOnlyNixStore@"
        "@postBootCommands@"
        "@systemdExecutable@"
      ]
      [
        "${pkgs.bash}/bin/bash"
        (lib.makeBinPath path)
        (lib.makeBinPath config.boot.systemdPath)
        (config.system.nixos.distroName or "NixOS")
        (lib.optionalString config.boot.readOnlyNixStore "1")
        config.boot.postBootCommands
        config.boot.systemdExecutable
      ]
      (builtins.readFile ./stage-2-init.sh)
  );
in
{
  options = {
    boot.postBootCommands = mkOption {
      type = types.lines;
      default = "";
      example = "rm -f /var/log/messages";
      description = "Commands of bash that run in stage 2 after the activation and before the service manager.";
    };

    boot.readOnlyNixStore = mkOption {
      type = types.bool;
      default = true;
      description = ''
        Whether the store is mounted read-only for all but builds. The package manager mounts it writable where
        only it sees that.
      '';
    };

    boot.systemdExecutable = mkOption {
      type = types.str;
      internal = true;
      default = "/run/current-system/systemd/lib/systemd/systemd";
      description = "The program that becomes the service manager.";
    };

    boot.systemdPath = mkOption {
      type = types.listOf types.package;
      internal = true;
      default = [
        pkgs.coreutils
        pkgs.util-linux
      ];
      defaultText = "coreutils and util-linux";
      description = "Packages on the search path of the service manager itself, which mounts and unmounts.";
    };
  };

  config.system.build.bootStage2 = bootStage2;
}

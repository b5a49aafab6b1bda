# Where boot loaders plug in: each gives one program that is called with the toplevel to boot.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  # A machine whose loader is outside (an emulator with -kernel, a container) has nothing to install.
  none = pkgs.writeScript "install-no-bootloader" ''
    #!${pkgs.bash}/bin/bash
    if [ "''${NIXOS_INSTALL_BOOTLOADER-}" = 1 ]; then
      echo 'Warning: do not know how to make this configuration bootable; please enable a boot loader.' >&2
    fi
  '';
in
{
  options = {
    system.build.installBootLoader = mkOption {
      internal = true;
      type = types.unspecified;
      default = none;
      defaultText = "a program that installs nothing";
      description = ''
        Program that makes a toplevel, its only argument, the one to boot. `NIXOS_INSTALL_BOOTLOADER=1` in its
        environment asks it to write the loader itself too and not only the menu.
      '';
    };

    boot.loader.timeout = mkOption {
      type = types.nullOr types.int;
      default = 5;
      description = "Seconds until the menu boots its default entry, or `null` to wait for a key.";
    };

    boot.loader.external.enable = mkOption {
      type = types.bool;
      default = false;
      description = "Whether to use a boot loader of your own through `boot.loader.external.installHook`.";
    };

    boot.loader.external.installHook = mkOption {
      type = types.path;
      description = "Program that is called with the path of the toplevel to boot.";
    };
  };

  config = lib.mkIf config.boot.loader.external.enable {
    system.build.installBootLoader = lib.mkForce config.boot.loader.external.installHook;
    system.boot.loader.id = "external";
  };
}

# Programs that were built for another layout have directories such as /usr/lib in them. Relocated packages have
# these edited to names of the same length below /nix, which are links to the same parts of the running system.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;
in
{
  options.system.aliasLinks = mkOption {
    type = types.attrsOf types.str;
    internal = true;
    description = "Links below `/nix` and where they lead.";
  };

  config = {
    system.aliasLinks = {
      lib = "/run/current-system/sw/lib";
      share = "/run/current-system/sw/share";
      bin = "/run/current-system/sw/bin";
      sbin = "/run/current-system/sw/bin";
      libexec = "/run/current-system/sw/libexec";
      systemd = "/run/current-system/systemd/lib/systemd";
      udev = "/run/current-system/systemd/lib/udev";
      modules = "/run/booted-system/kernel-modules/lib/modules";
      firmware = "/run/current-system/firmware";
      security = "/run/current-system/sw/lib/security";
    }
    # Programs that the service manager starts by a compiled-in name.
    // lib.genAttrs [
      "kexec"
      "mount"
      "quotacheck"
      "sulogin"
      "swapoff"
      "swapon"
      "systemctl"
      "systemd-tty-ask-password-agent"
      "umount"
    ] (name: "/run/current-system/sw/bin/${name}");

    system.activationScripts.aliasLinks = {
      deps = [ "stdio" ];
      text = lib.concatStringsSep "\n" (
        lib.mapAttrsToList (name: target: ''
          [ -L /nix/${name} ] || "$STATIC_TOOLS" ln -sfn ${target} /nix/${name}
        '') config.system.aliasLinks
      );
    };
  };
}

# Names that are not a folder of by-name: variants, sets, and other names of the same thing.
pkgs:

let
  inherit (pkgs) lib;
in
{
  inherit (pkgs.debian) glibc;
  libc = pkgs.glibc;
  runtimeShell = "${pkgs.bash}/bin/bash";
  runtimeShellPackage = pkgs.bash;
  bashInteractive = pkgs.bash;
  bashNonInteractive = pkgs.bash;
  gccStdenv = pkgs.stdenv;
  nginxStable = pkgs.nginx;

  # A system made of these packages: `(pkgs.nixos ./configuration.nix).toplevel`.
  nixos =
    configuration:
    let
      eval = import ../../nixos/lib/eval-config.nix {
        inherit lib;
        system = null;
        modules = [
          { nixpkgs.pkgs = lib.mkDefault pkgs; }
        ]
        ++ lib.toList configuration;
      };
    in
    eval.config.system.build // eval;

  mkShell = pkgs.callPackage ../build-support/mk-shell.nix { };
  mkShellNoCC = pkgs.mkShell.override { stdenv = pkgs.stdenvNoCC; };
  formats = import ../pkgs-lib/formats.nix { inherit lib pkgs; };

  # The fix-up of every package does what this one is for.
  autoPatchelfHook = pkgs.makeSetupHook {
    name = "auto-patchelf-hook";
  } (builtins.toFile "auto-patchelf-hook.sh" "");
  installShellFiles = pkgs.makeSetupHook {
    name = "install-shell-files";
  } ../build-support/setup-hooks/install-shell-files.sh;

  # Runs autoreconf before configure: its tools are the larger seed's.
  autoreconfHook = {
    seedTool = true;
    seedHook = pkgs.makeSetupHook {
      name = "autoreconf-hook";
    } ../build-support/setup-hooks/autoreconf/setup-hook.sh;
  };

  busybox-static = pkgs.busybox;
  busybox-sandbox-shell = pkgs.busybox;
  iana-etc = pkgs.netbase;
  patch = pkgs.gnupatch;
  gnumake = pkgs.debian.make;
  pkgconf = pkgs.pkg-config;
  pam = pkgs.linux-pam;
  su = pkgs.shadow;
  python = pkgs.python3;
  m4 = pkgs.gnum4;
  udev = pkgs.systemd;
  systemdMinimal = pkgs.systemd;
  libgcc = pkgs.debian.gccLibs;

  # The kernel for virtual machines is the default: small, and it has what they need. The other one is for hardware.
  linux = pkgs.linux_cloud;
  linux_cloud = pkgs.callPackage ../debian/kernel.nix { flavour = "cloud-amd64"; };
  linux_generic = pkgs.callPackage ../debian/kernel.nix { flavour = "amd64"; };
  linuxPackages = pkgs.linuxPackagesFor pkgs.linux;
  linuxPackages_generic = pkgs.linuxPackagesFor pkgs.linux_generic;
  linuxPackagesFor =
    kernel:
    lib.makeScope pkgs.newScope (self: {
      inherit kernel;
    });
}

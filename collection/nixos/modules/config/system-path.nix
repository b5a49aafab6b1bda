# The packages that every user of the system has, as one tree: /run/current-system/sw.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  # Programs of the C library that scripts use; its libraries are found by absolute paths.
  libcTools = pkgs.runCommand "libc-tools" { preferLocalBuild = true; } ''
    mkdir -p "$out/bin"
    for name in getconf getent iconv ldd locale; do
      [ ! -e ${pkgs.glibc}/bin/$name ] || ln -s ${pkgs.glibc}/bin/$name "$out/bin/$name"
    done
  '';

  # What scripts and people expect of any system.
  corePackages = [
    pkgs.bash
    pkgs.bzip2
    pkgs.coreutils
    pkgs.curl
    pkgs.debianutils
    pkgs.diffutils
    pkgs.file
    pkgs.findutils
    pkgs.gawk
    pkgs.gnugrep
    pkgs.gnupatch
    pkgs.gnused
    pkgs.gnutar
    pkgs.gzip
    pkgs.hostname
    pkgs.iproute2
    pkgs.iputils
    pkgs.kmod
    libcTools
    pkgs.less
    pkgs.ncurses
    pkgs.procps
    pkgs.psmisc
    pkgs.shadow
    pkgs.util-linux
    pkgs.xz
    pkgs.zstd
  ]
  # Descriptions of terminals, apart from the programs.
  ++ lib.optional (pkgs ? debian.ncurses-base) pkgs.debian.ncurses-base;
in
{
  options = {
    environment = {
      systemPackages = mkOption {
        type = types.listOf types.package;
        default = [ ];
        example = lib.literalExpression "[ pkgs.git pkgs.vim ]";
        description = "Packages for all users. They are in `/run/current-system/sw`, whose `bin` is in every `PATH`.";
      };

      corePackages = mkOption {
        type = types.listOf types.package;
        default = corePackages;
        defaultText = "the usual tools of a Unix system";
        description = "Packages that every system has. Others win over them where both have a file.";
      };

      pathsToLink = mkOption {
        type = types.listOf types.str;
        default = [ ];
        example = [ "/" ];
        description = "Directories of the packages that are in `/run/current-system/sw`.";
      };

      extraOutputsToInstall = mkOption {
        type = types.listOf types.str;
        default = [ ];
        example = [
          "dev"
          "info"
        ];
        description = "Further outputs of the packages.";
      };

      extraSetup = mkOption {
        type = types.lines;
        default = "";
        description = "Commands of bash that complete the tree in `$out`.";
      };
    };

    system.path = mkOption {
      internal = true;
      type = types.package;
      description = "The tree of all packages.";
    };
  };

  config = {
    environment.systemPackages = config.environment.corePackages;

    environment.pathsToLink = [
      "/bin"
      "/etc/xdg"
      "/lib"
      "/libexec"
      "/sbin"
      "/share"
    ];

    system.path = pkgs.buildEnv {
      name = "system-path";
      paths = config.environment.systemPackages;
      inherit (config.environment) pathsToLink extraOutputsToInstall;
      # Relocated packages bring the same file now and then; the first wins.
      ignoreCollisions = true;
      postBuild = config.environment.extraSetup;
    };
  };
}

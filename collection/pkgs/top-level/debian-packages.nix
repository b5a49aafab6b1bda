# Names under which Debian's builds are known elsewhere: each is one unit of `debian`, described.
{
  lib,
  debian,
  makeSetupHook,
}:

let
  inherit (lib) licenses;

  package =
    name:
    {
      unit ? name,
      description,
      license,
      mainProgram ? name,
      # The larger seed has it: builds that name it among their inputs take it from there.
      seedTool ? false,
      # What such a build then gets as input instead: the phases that the tool is for.
      seedHook ? null,
      passthru ? { },
    }:
    let
      describe =
        drv:
        let
          meta = {
            inherit description license mainProgram;
            inherit (drv) name;
            platforms = [ "x86_64-linux" ];
            outputsToInstall = [ "out" ];
            available = true;
            broken = false;
            insecure = false;
            unfree = false;
            unsupported = false;
          };
        in
        lib.extendDerivation true (
          {
            inherit meta passthru;
            inherit (debian.${unit}) pname version;
            # `postRelocate` is what a change of the files themselves would add to.
            overrideAttrs =
              f:
              let
                previous = drv.drvAttrs;
                once = if lib.isFunction f then f previous else f;
                changes = if lib.isFunction once then f (previous // once previous) previous else once;
              in
              describe (
                derivation (
                  previous
                  // removeAttrs changes [
                    "meta"
                    "passthru"
                  ]
                )
              );
          }
          // lib.optionalAttrs seedTool { inherit seedHook seedTool; }
          // passthru
        ) drv;
    in
    describe debian.${unit};

  # What looks for files below /usr, or for other tools: as an input of builds it is the larger seed's.
  tool = name: attrs: package name (attrs // { seedTool = true; });
in
lib.mapAttrs package {
  bash = {
    description = "GNU Bourne-Again Shell, the de facto standard shell on Linux";
    license = licenses.gpl3Plus;
    passthru.shellPath = "/bin/bash";
  };
  busybox = {
    unit = "busybox-static";
    description = "Tiny versions of common UNIX utilities in a single small executable";
    license = licenses.gpl2Only;
  };
  bzip2 = {
    description = "High-quality data compression program";
    license = licenses.bsd3;
  };
  cacert = {
    unit = "ca-certificates";
    description = "Bundle of X.509 certificates of public certificate authorities";
    license = licenses.mpl20;
    mainProgram = "update-ca-certificates";
  };
  coreutils = {
    description = "GNU Core Utilities";
    license = licenses.gpl3Plus;
    mainProgram = "ls";
  };
  cpio = {
    description = "Program to create or extract from cpio archives";
    license = licenses.gpl3Plus;
  };
  cron = {
    description = "Daemon for running commands at specific times";
    license = licenses.gpl2Plus;
  };
  curl = {
    description = "Command line tool for transferring files with URL syntax";
    license = licenses.curl;
  };
  dbus = {
    description = "Simple interprocess messaging system";
    license = licenses.gpl2Plus;
    mainProgram = "dbus-daemon";
  };
  debianutils = {
    description = "Small utilities of which(1), run-parts(8) and the like";
    license = licenses.gpl2Plus;
    mainProgram = "which";
  };
  diffutils = {
    description = "Commands for showing the differences between files";
    license = licenses.gpl3Plus;
    mainProgram = "diff";
  };
  dosfstools = {
    description = "Utilities for creating and checking FAT and VFAT file systems";
    license = licenses.gpl3Plus;
    mainProgram = "mkfs.fat";
  };
  e2fsprogs = {
    description = "Tools for creating and checking ext2/ext3/ext4 filesystems";
    license = licenses.gpl2Plus;
    mainProgram = "e2fsck";
  };
  file = {
    description = "Program that shows the type of files";
    license = licenses.bsd2;
  };
  findutils = {
    description = "GNU Find Utilities, the basic directory searching utilities of the GNU operating system";
    license = licenses.gpl3Plus;
    mainProgram = "find";
  };
  gawk = {
    description = "GNU implementation of the Awk programming language";
    license = licenses.gpl3Plus;
  };
  git = {
    description = "Distributed version control system";
    license = licenses.gpl2Only;
  };
  gnugrep = {
    unit = "grep";
    description = "GNU implementation of the Unix grep command";
    license = licenses.gpl3Plus;
    mainProgram = "grep";
  };
  gnupatch = {
    unit = "patch";
    description = "GNU Patch, a program to apply differences to files";
    license = licenses.gpl3Plus;
    mainProgram = "patch";
  };
  gnused = {
    unit = "sed";
    description = "GNU sed, a batch stream editor";
    license = licenses.gpl3Plus;
    mainProgram = "sed";
  };
  gnutar = {
    unit = "tar";
    description = "GNU implementation of the `tar' archiver";
    license = licenses.gpl3Plus;
    mainProgram = "tar";
  };
  gperf = {
    description = "Perfect hash function generator";
    license = licenses.gpl3Plus;
  };
  gzip = {
    description = "GNU zip compression program";
    license = licenses.gpl3Plus;
  };
  hostname = {
    description = "Utility to set and show the host name or domain name";
    license = licenses.gpl2Plus;
  };
  htop = {
    description = "Interactive process viewer";
    license = licenses.gpl2Only;
  };
  iproute2 = {
    description = "Collection of utilities for controlling TCP/IP networking and traffic control";
    license = licenses.gpl2Plus;
    mainProgram = "ip";
  };
  iptables = {
    description = "Program to configure the Linux IP packet filtering ruleset";
    license = licenses.gpl2Plus;
  };
  iputils = {
    unit = "iputils-ping";
    description = "Program that asks hosts whether they answer";
    license = licenses.gpl2Plus;
    mainProgram = "ping";
  };
  jq = {
    description = "Lightweight and flexible command-line JSON processor";
    license = licenses.mit;
  };
  kmod = {
    description = "Tools for loading and managing Linux kernel modules";
    license = licenses.lgpl21Plus;
  };
  less = {
    description = "More advanced file pager than 'more'";
    license = licenses.gpl3Plus;
  };
  libcap = {
    unit = "libcap2-bin";
    description = "Tools for POSIX capabilities";
    license = licenses.bsd3;
    mainProgram = "capsh";
  };
  libxcrypt = {
    description = "Extended library for one-way hashing of passwords";
    license = licenses.lgpl21Plus;
    mainProgram = null;
  };
  linux-pam = {
    description = "Pluggable Authentication Modules, a flexible mechanism for authenticating user";
    license = licenses.bsd3;
    mainProgram = "unix_chkpwd";
  };
  lz4 = {
    description = "Extremely fast compression algorithm";
    license = licenses.bsd2;
  };
  mtools = {
    description = "Utilities to access MS-DOS disks";
    license = licenses.gpl3Plus;
    mainProgram = "mcopy";
  };
  nano = {
    description = "Small, user-friendly console text editor";
    license = licenses.gpl3Plus;
  };
  ncurses = {
    unit = "ncurses-bin";
    description = "Terminal descriptions and the programs that use them";
    license = licenses.mit;
    mainProgram = "tput";
  };
  netbase = {
    description = "Names of network protocols and services";
    license = licenses.gpl2Only;
    mainProgram = null;
  };
  nftables = {
    description = "Project that aims to replace the existing {ip,ip6,arp,eb}tables framework";
    license = licenses.gpl2Only;
    mainProgram = "nft";
  };
  openssh = {
    description = "Implementation of the SSH protocol";
    license = licenses.bsd2;
    mainProgram = "ssh";
  };
  openssl = {
    description = "Cryptographic library that implements the SSL and TLS protocols";
    license = licenses.asl20;
  };
  procps = {
    description = "Utilities that give information about processes using the /proc filesystem";
    license = licenses.gpl2Plus;
    mainProgram = "ps";
  };
  psmisc = {
    description = "Set of small useful utilities that use the proc filesystem (such as fuser, killall and pstree)";
    license = licenses.gpl2Plus;
    mainProgram = "killall";
  };
  rsync = {
    description = "Fast incremental file transfer utility";
    license = licenses.gpl3Plus;
  };
  shadow = {
    description = "Suite containing authentication-related tools such as passwd and su";
    license = licenses.bsd3;
    mainProgram = "passwd";
  };
  squashfsTools = {
    unit = "squashfs-tools";
    description = "Tool for creating and unpacking squashfs filesystems";
    license = licenses.gpl2Plus;
    mainProgram = "mksquashfs";
  };
  strace = {
    description = "System call tracer for Linux";
    license = licenses.lgpl21Plus;
  };
  sudo = {
    description = "Command to run commands as root";
    license = licenses.isc;
  };
  systemd = {
    description = "System and service manager for Linux";
    license = licenses.lgpl21Plus;
    mainProgram = "systemctl";
  };
  tmux = {
    description = "Terminal multiplexer";
    license = licenses.bsd3;
  };
  tree = {
    description = "Command to produce a depth indented directory listing";
    license = licenses.gpl2Plus;
  };
  tzdata = {
    description = "Database of current and historical time zones";
    license = licenses.publicDomain;
    mainProgram = null;
  };
  unzip = {
    description = "Extraction utility for archives compressed in .zip format";
    license = licenses.free;
  };
  util-linux = {
    description = "Set of system utilities for Linux";
    license = licenses.gpl2Plus;
    mainProgram = "mount";
  };
  vim = {
    description = "Most popular clone of the VI editor";
    license = licenses.vim;
  };
  wget = {
    description = "Tool for retrieving files using HTTP, HTTPS, and FTP";
    license = licenses.gpl3Plus;
  };
  xz = {
    unit = "xz-utils";
    description = "General-purpose data compression software, successor of LZMA";
    license = licenses.gpl2Plus;
  };
  zip = {
    description = "Compressor/archiver for creating and modifying zipfiles";
    license = licenses.free;
  };
  zsh = {
    description = "Z shell";
    license = licenses.mit;
    passthru.shellPath = "/bin/zsh";
  };
  zstd = {
    description = "Zstandard real-time compression algorithm";
    license = licenses.bsd3;
  };
}
// lib.mapAttrs tool {
  autoconf = {
    description = "Part of the GNU Build System";
    license = licenses.gpl3Plus;
  };
  automake = {
    description = "GNU standard-compliant makefile generator";
    license = licenses.gpl2Plus;
  };
  bison = {
    description = "Yacc-compatible parser generator";
    license = licenses.gpl3Plus;
  };
  cmake = {
    description = "Cross-platform, open-source build system generator";
    license = licenses.bsd3;
    seedHook = makeSetupHook {
      name = "cmake-hook";
    } ../build-support/setup-hooks/cmake/setup-hook.sh;
  };
  flex = {
    description = "Fast lexical analyser generator";
    license = licenses.bsd2;
  };
  gettext = {
    description = "Well integrated set of translation tools and documentation";
    license = licenses.gpl3Plus;
    mainProgram = "msgfmt";
  };
  gnum4 = {
    unit = "m4";
    description = "GNU M4, a macro processor";
    license = licenses.gpl3Plus;
    mainProgram = "m4";
  };
  libtool = {
    description = "GNU Libtool, a generic library support script";
    license = licenses.gpl2Plus;
    mainProgram = "libtoolize";
  };
  meson = {
    description = "Open source, fast and friendly build system made in Python";
    seedHook = makeSetupHook { name = "meson-hook"; } ../build-support/setup-hooks/meson/setup-hook.sh;
    license = licenses.asl20;
  };
  ninja = {
    unit = "ninja-build";
    description = "Small build system with a focus on speed";
    seedHook = makeSetupHook { name = "ninja-hook"; } ../build-support/setup-hooks/ninja/setup-hook.sh;
    license = licenses.asl20;
  };
  perl = {
    description = "Standard implementation of the Perl 5 programming language";
    license = licenses.artistic1;
  };
  pkg-config = {
    unit = "pkgconf";
    description = "Tool that allows packages to find out information about other packages";
    license = licenses.isc;
  };
  python3 = {
    description = "High-level dynamically-typed programming language";
    license = licenses.psfl;
  };
}

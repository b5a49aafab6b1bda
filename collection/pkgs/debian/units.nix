# Debian splits where a store path should not: packages that are one unit here, by the unit's name.
# A package not named is a unit of its own.
{
  bash.links = {
    "bin/sh" = "bash";
  };
  gawk.links."bin/awk" = "gawk";
  libxcrypt.packages = [
    "libcrypt-dev"
    "libcrypt1"
  ];
  openssh.packages = [
    "openssh-client"
    "openssh-server"
    "openssh-sftp-server"
  ];
  openssl.packages = [
    "libssl-dev"
    "libssl3"
    "openssl"
  ];
  perl = {
    packages = [
      "libperl5.36"
      "perl"
      "perl-base"
      "perl-modules-5.36"
    ];
    # Modules by argument: a variable would reach other perls that a script runs.
    postRelocate = ''
      rm -f "$out/bin/perl5.36.0"
      wrap bin/perl --argument "-I$out/lib/perl/5.36" --argument "-I$out/share/perl/5.36" \
        --argument "-I$out/lib/perl-base"
      ln -s perl "$out/bin/perl5.36.0"
    '';
  };
  # It finds its modules from where it lies, so they are one unit.
  python3.packages = [
    "libpython3-stdlib"
    "libpython3.11-minimal"
    "libpython3.11-stdlib"
    "python3"
    "python3-minimal"
    "python3.11"
    "python3.11-minimal"
  ];
  systemd = {
    packages = [
      "libnss-systemd"
      "libpam-systemd"
      "libsystemd-shared"
      "systemd"
      "systemd-sysv"
      "systemd-timesyncd"
      "udev"
    ];
    # Programs that it starts by a compiled-in name: /nix/mount and so on are links of a booted system.
    postRelocate = ''
      (
        cd "$out"
        tr '\n' '\0' < "$NIX_BUILD_TOP/elf-files" | xargs -0 sed -i -E \
          -e 's,(^|[^a-z0-9/])/bin/(mount|umount|systemctl|systemd-tty-ask-password-agent)\b,\1/nix/\2,g' \
          -e 's,(^|[^a-z0-9/])/sbin/(kexec|swapon|swapoff|sulogin|quotacheck)\b,\1/nix//\2,g' --
      )
    '';
  };
  util-linux = {
    packages = [
      "mount"
      "util-linux"
      "util-linux-extra"
    ];
    # Debian lets the administrator choose a pager; here it is that of less.
    postRelocate = ''
      rm -f "$out/bin/pager" "$out"/share/man/man1/pager.1*
    '';
  };
  dbus.packages = [
    "dbus"
    "dbus-bin"
    "dbus-daemon"
    "dbus-session-bus-common"
    "dbus-system-bus-common"
  ];
  vim = {
    packages = [
      "vim"
      "vim-common"
      "vim-runtime"
    ];
    postRelocate = ''
      wrap bin/vim.basic --default VIM "$out/share/vim" --default VIMRUNTIME "$out/share/vim/vim90"
    '';
  };
  debianutils.links."bin/which" = "which.debianutils";
  linux-pam.packages = [
    "libpam-modules"
    "libpam-modules-bin"
    "libpam0g"
  ];
  shadow.packages = [
    "login"
    "passwd"
  ];
  git = {
    packages = [
      "git"
      "git-man"
      "liberror-perl"
    ];
    postRelocate = ''
      wrap bin/git --default GIT_EXEC_PATH "$out/lib/git-core" --default GITPERLLIB "$out/share/perl5" \
        --default GIT_TEMPLATE_DIR "$out/share/git-core/templates"
    '';
  };
}

#! @shell@
# Stage 2: the first program on the real root. It makes the few directories that activation and the service
# manager take for granted, activates the configuration and becomes the service manager.

systemConfig=@systemConfig@

export HOME=/root PATH="@path@"

if [ "${container-}" ]; then
  echo "<<< @distroName@ Stage 2 >>>"
else
  echo
  echo -e "\e[1;32m<<< @distroName@ Stage 2 >>>\e[0m"
  echo

  # Mounted by stage 1, but not where a boot loader or an emulator starts this script alone.
  if [ ! -e /proc/1 ]; then
    mkdir -p /proc /sys /dev /run
    mount -t proc -o nosuid,noexec,nodev proc /proc
    mount -t sysfs -o nosuid,noexec,nodev sysfs /sys
    mount -t devtmpfs -o nosuid,mode=755 devtmpfs /dev
    mount -t tmpfs -o nosuid,nodev,mode=755 tmpfs /run
  fi
  [ -e /dev/fd ] || ln -sfn /proc/self/fd /dev/fd
fi

for argument in $(< /proc/cmdline); do
  case $argument in
    boot.debugtrace) set -x ;;
  esac
done

# Where the store is one with the root, it is made read-only for everything but the package manager.
if [ -n "@readOnlyNixStore@" ] && [ -z "${container-}" ]; then
  chown -f 0:30000 /nix/store
  chmod -f 1775 /nix/store
  if ! [[ $(findmnt --noheadings --output OPTIONS /nix/store 2>/dev/null) =~ (^|,)ro(,|$) ]]; then
    mount --bind /nix/store /nix/store
    mount -o remount,ro,bind /nix/store
  fi
fi

umask 0022
mkdir -m 0755 -p /etc /var /var/log /var/lib /nix/var/nix/gcroots /nix/var/nix/profiles /nix/var/nix/db /home
mkdir -m 1777 -p /tmp /var/tmp
mkdir -m 0700 -p /root
[ -e /etc/nixos ] || mkdir -m 0755 -p /etc/nixos

# A machine without an identity is taken for one that boots for the first time, and the service manager then
# enables every unit that it finds: but which units run is for the configuration to say.
if [ ! -s /etc/machine-id ]; then
  read -r identity < /proc/sys/kernel/random/uuid
  echo "${identity//-/}" > /etc/machine-id.tmp && chmod 0444 /etc/machine-id.tmp && mv -f /etc/machine-id.tmp /etc/machine-id
fi

# What other programs expect of /run before tmpfiles ran.
mkdir -m 0755 -p /run/lock /run/nixos
ln -sfn /run /var/run
ln -sfn /run/lock /var/lock

# The system that was booted: kept as a root for the collector and as the answer to "is a reboot needed".
echo "running activation script..."
"$systemConfig/activate"
ln -sfn "$systemConfig" /run/booted-system

@postBootCommands@

# The environment of the service manager is what its own units set, not this script's.
echo "starting systemd..."
exec env -i PATH="@systemdPath@" LOCALE_ARCHIVE=/run/current-system/sw/lib/locale/locale-archive \
  LOCPATH=/run/current-system/sw/lib/locale @systemdExecutable@ "$@"

#!/bin/sh
# Stage 1: what the kernel starts in the initial ramdisk. It loads modules, mounts the file systems that the
# system needs before its own init can run, and hands over to stage 2 on the real root.

targetRoot=/mnt-root
export PATH=/bin
export LC_ALL=C

mkdir -p /proc /sys /dev /run /tmp /etc $targetRoot
mount -t proc -o nosuid,noexec,nodev proc /proc
mount -t sysfs -o nosuid,noexec,nodev sysfs /sys
mount -t devtmpfs -o nosuid,mode=755 devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts -o nosuid,noexec,mode=620,ptmxmode=0666,gid=3 devpts /dev/pts
mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs /dev/shm
mount -t tmpfs -o nosuid,nodev,mode=755,size=@runSize@ tmpfs /run
ln -sfn /proc/mounts /etc/mtab
# Shells need these before udev is there to make them.
ln -sfn /proc/self/fd /dev/fd
ln -sfn /proc/self/fd/0 /dev/stdin
ln -sfn /proc/self/fd/1 /dev/stdout
ln -sfn /proc/self/fd/2 /dev/stderr

# A message to the log and to every console.
info() { echo "stage-1: $*" > /dev/kmsg 2>/dev/null || echo "stage-1: $*"; }

fail() {
  if [ -n "$panicOnFail" ]; then
    exit 1
  fi
  echo
  echo "An error occurred in stage 1 of the boot process, which must mount the"
  echo "root file system on \`$targetRoot' and then start stage 2."
  if [ -n "$allowShell" ]; then
    echo "Starting a shell; leave it to go on."
    setsid sh -c 'exec sh < /dev/console > /dev/console 2>&1'
    return
  fi
  echo "Boot with the kernel parameter boot.shell_on_fail to get a shell here."
  echo "Rebooting in 30 seconds."
  sleep 30
  reboot -f
}

stage2Init=/init
allowShell=
panicOnFail=
debug1=
debug1mounts=
for argument in $(cat /proc/cmdline); do
  case $argument in
    init=*) stage2Init=${argument#init=} ;;
    boot.shell_on_fail) allowShell=1 ;;
    boot.panic_on_fail | stage1panic=1) panicOnFail=1 ;;
    boot.trace | debugtrace) set -x ;;
    boot.debug1 | debug1) allowShell=1 debug1=1 ;;
    boot.debug1mounts | debug1mounts) allowShell=1 debug1mounts=1 ;;
    # Replaces the device of the root file system, as on every Linux.
    root=*) rootDevice=${argument#root=} ;;
  esac
done

@preDeviceCommands@

# The list is in dependency order (made by modprobe --show-depends when the initrd was built).
while read -r module; do
  insmod "$module" 2>/dev/null || info "cannot load $module"
done < /modules.load

@postDeviceCommands@

[ -z "$debug1" ] || fail

# Prints the device file that a description stands for.
resolveDevice() {
  case $1 in
    LABEL=* | UUID=*) findfs "$1" 2>/dev/null ;;
    /dev/disk/by-label/*) findfs "LABEL=${1#/dev/disk/by-label/}" 2>/dev/null ;;
    /dev/disk/by-uuid/*) findfs "UUID=${1#/dev/disk/by-uuid/}" 2>/dev/null ;;
    /dev/*) if [ -b "$1" ]; then echo "$1"; fi ;;
    *) echo "$1" ;;
  esac
}

# Disks may show up after their driver was loaded: wait for up to 20 s.
waitDevice() {
  device=$(resolveDevice "$1")
  tries=0
  while [ -z "$device" ] && [ $tries -lt 200 ]; do
    [ $tries -ne 5 ] || info "waiting for device $1 to appear"
    sleep 0.1
    tries=$((tries + 1))
    device=$(resolveDevice "$1")
  done
  if [ -z "$device" ]; then
    info "device $1 did not appear"
    device=$1
  fi
}

mountFS() {
  mountPoint=$1 device=$2 fsType=$3 options=$4
  [ "$mountPoint" != / ] || device=${rootDevice:-$device}
  case $fsType in
    overlay | tmpfs | 9p | virtiofs | ramfs) ;;
    *) case ,$options, in
         *,bind,* | *,rbind,*) device=$targetRoot$device ;;
         *) waitDevice "$device" ;;
       esac ;;
  esac
  mkdir -p "$targetRoot$mountPoint"
  case $fsType in
    # The directories of an overlay are on the target; those that can be written to must exist.
    overlay)
      for option in $(echo "$options" | tr , ' '); do
        case $option in
          upperdir=* | workdir=*) mkdir -p "$targetRoot${option#*=}" ;;
        esac
      done
      options=$(echo ",$options" | sed -E "s#,(upperdir|workdir|lowerdir)=#,\1=$targetRoot#g; s#^,##") ;;
  esac
  info "mounting $device on $mountPoint"
  mountTries=0
  until mount -t "$fsType" -o "$options" "$device" "$targetRoot$mountPoint"; do
    mountTries=$((mountTries + 1))
    if [ $mountTries -ge 10 ]; then
      fail
      break
    fi
    sleep 0.5
  done
}

# Four lines for each file system, parents before what is in them: mount point, device, type, options.
while read -r mountPoint; do
  read -r device
  read -r fsType
  read -r options
  # Standard input stays the list: a mount program must not read it.
  mountFS "$mountPoint" "$device" "$fsType" "$options" < /dev/null
done < /fsinfo

@postMountCommands@

[ -z "$debug1mounts" ] || fail

# A link such as /nix/var/nix/profiles/system is absolute on the target, so it is followed there by hand.
resolveOnTarget() {
  path=$1
  links=0
  while [ $links -lt 40 ]; do
    # The longest prefix that is a link is followed first.
    prefix= rest=${path#/} found=
    while [ -n "$rest" ]; do
      component=${rest%%/*}
      case $rest in */*) rest=${rest#*/} ;; *) rest= ;; esac
      if [ -L "$targetRoot$prefix/$component" ]; then
        target=$(readlink "$targetRoot$prefix/$component")
        case $target in /*) ;; *) target=$prefix/$target ;; esac
        path=$target${rest:+/$rest}
        found=1
        break
      fi
      prefix=$prefix/$component
    done
    [ -n "$found" ] || break
    links=$((links + 1))
  done
  echo "$path"
}

stage2Init=$(resolveOnTarget "$stage2Init")
if [ ! -x "$targetRoot$stage2Init" ]; then
  info "stage 2 init script ($targetRoot$stage2Init) not found"
  fail
fi

mkdir -m 0755 -p $targetRoot/proc $targetRoot/sys $targetRoot/dev $targetRoot/run
mount --move /proc $targetRoot/proc
mount --move /sys $targetRoot/sys
mount --move /dev $targetRoot/dev
mount --move /run $targetRoot/run

exec env -i /bin/switch_root "$targetRoot" "$stage2Init"

fail

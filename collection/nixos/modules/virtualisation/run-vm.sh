#! @bash@/bin/bash
# Starts the virtual machine @name@. Environment:
#
#   NIX_DISK_IMAGE    file of the root disk
#   TMPDIR            where a machine without a disk file puts what must be a file
#   QEMU              the emulator
#   QEMU_OPTS         further arguments
#   QEMU_NET_OPTS     further properties of the network, such as hostfwd=tcp::2222-:22
#   QEMU_KERNEL_PARAMS  further parameters of the kernel
#   QEMU_ACCEL        the accelerator, `kvm` or `tcg`; tried out when it is not given
#
# The arguments are passed to the emulator.

set -euo pipefail
hostPath=$PATH
export PATH="@path@${PATH:+:$PATH}"

qemu=${QEMU-}
if [ -z "$qemu" ]; then
  if [ -n "@qemu@" ]; then
    qemu=@qemu@/bin/qemu-system-x86_64
  elif ! qemu=$(PATH=$hostPath type -P qemu-system-x86_64); then
    echo "$0: qemu-system-x86_64 is not in PATH; install qemu, set QEMU, or set virtualisation.qemu.package" >&2
    exit 1
  fi
fi

disk=${NIX_DISK_IMAGE:-@diskImage@}
diskArguments=()
if [ -n "$disk" ]; then
  if [ ! -e "$disk" ]; then
    echo "Disk image do not exist, creating the virtualisation disk image..." >&2
    # Made under another name, so that an interrupted start leaves no half disk behind.
    temporary=$disk.new.$$
    trap 'rm -f "$temporary" "$temporary.qcow2"' EXIT
    truncate -s @diskSize@M "$temporary"
    @mke2fs@/sbin/mke2fs -q -t ext4 -L @label@ -E lazy_itable_init=1,lazy_journal_init=1 "$temporary"
    qemuImg=$(PATH=$hostPath type -P qemu-img || echo "${qemu%/*}/qemu-img")
    if [[ $disk == *.qcow2 && -x $qemuImg ]]; then
      "$qemuImg" convert -f raw -O qcow2 "$temporary" "$temporary.qcow2"
      mv "$temporary.qcow2" "$disk"
      rm -f "$temporary"
    else
      # Sparse, so it takes no more room than the other.
      mv "$temporary" "$disk"
    fi
    trap - EXIT
    echo "Virtualisation disk image created." >&2
  fi
  # Told by its first bytes and not by its name, which may be anything.
  format=raw
  if IFS= read -r -n 3 magic < "$disk" 2>/dev/null && [ "$magic" = QFI ]; then format=qcow2; fi
  diskArguments=(-drive "if=none,id=root,file=$disk,format=$format,cache=writeback,discard=unmap" -device virtio-blk-pci,drive=root)
fi

kernel=${@kernelVariable@:-@toplevel@/kernel}

# /dev/kvm may be there and yet not run an ordinary kernel: one without virtualisation in hardware behind it hangs
# early. So this machine's kernel is started with nothing else; where it runs, it panics for want of a root within
# a second, and the emulator ends.
probeKvm() {
  [ -w /dev/kvm ] || return 1
  local line found=
  while read -r line; do
    case " $line " in *" vmx "* | *" svm "*) found=1; break ;; esac
  done < /proc/cpuinfo
  [ -n "$found" ] || return 1
  timeout 5 "$qemu" -accel kvm -cpu host -m 256 -display none -serial none -monitor none -no-reboot -nodefaults \
    -kernel "$kernel" -append "panic=-1 quiet" < /dev/null > /dev/null 2>&1
}
accelerator=${QEMU_ACCEL-}
if [ -z "$accelerator" ]; then
  if probeKvm; then accelerator=kvm; else accelerator=tcg; fi
fi
case $accelerator in
  tcg) acceleratorArguments=(-accel tcg,thread=multi,tb-size=512 -cpu max) ;;
  kvm) acceleratorArguments=(-accel kvm -cpu host) ;;
  *) acceleratorArguments=(-accel "$accelerator") ;;
esac

displayArguments=()
if [ -z "@graphics@" ]; then displayArguments=(-nographic); fi

exec "$qemu" -name @name@ \
  "${acceleratorArguments[@]}" \
  -m @memorySize@ -smp @cores@ \
  -device virtio-rng-pci \
  @netArguments@ \
  "${diskArguments[@]}" \
  @storeArguments@ \
  @shareArguments@ \
  -kernel "$kernel" \
  -initrd @toplevel@/initrd \
  -append "@kernelParams@ ${QEMU_KERNEL_PARAMS-}" \
  "${displayArguments[@]}" \
  @options@ \
  ${QEMU_OPTS-} \
  "$@"

# The files of a kernel's .deb (`debs`) where a system looks for them.
umask 022
root=$PWD/root
mkdir -p "$root" "$out/lib/modules"
for deb in $debs; do
  ar -p "$deb" data.tar.xz | tar -xJ -o --no-same-permissions -C "$root"
done
cp "$root/boot/vmlinuz-$modDirVersion" "$out/bzImage"
cp "$root/boot/System.map-$modDirVersion" "$out/System.map"
cp "$root/boot/config-$modDirVersion" "$out/config"
mv "$root/lib/modules/$modDirVersion" "$out/lib/modules/"
rm -f "$out/lib/modules/$modDirVersion"/{build,source}
"$kmod/bin/depmod" -b "$out" -F "$out/System.map" "$modDirVersion"

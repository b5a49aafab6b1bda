# The C library as a store path of its own: libraries, loader, converters and the C.UTF-8 locale of its .debs.
#
# Debian's loader looks into /etc/ld.so.cache and four fixed folders of whatever machine it runs on. Both are
# overwritten, byte for byte, by names that are not there, except for the folder of name service modules, which
# is how a booted system offers its own.
umask 022
root=$PWD/root
mkdir -p "$root" "$out"/{bin,lib,share}
for deb in $debs; do
  ar -p "$deb" data.tar.xz | tar -xJ -o --no-same-permissions -C "$root"
done
cp -a "$root"/lib/x86_64-linux-gnu/. "$out/lib/"
cp -a "$root"/usr/lib/x86_64-linux-gnu/gconv "$root/usr/lib/locale" "$out/lib/"
for program in getconf getent iconv locale localedef zdump; do
  cp "$root/usr/bin/$program" "$out/bin/"
done
cp "$root/sbin/ldconfig" "$out/bin/"

loader=$out/lib/ld-linux-x86-64.so.2
if [ -L "$loader" ]; then
  cp --remove-destination "$(readlink -f "$loader")" "$loader"
fi
edit() {
  # edit OLD NEW: every place, same length
  [ ${#1} = ${#2} ]
  LC_ALL=C grep -aqF "$1" "$loader"
  LC_ALL=C sed -i "s,$1,$2,g" "$loader"
}
chmod u+w "$loader"
edit /etc/ld.so.cache /proc/0/ld.cache
edit /usr/lib/x86_64-linux-gnu/ /run/nss-modules/lib//////
edit /lib/x86_64-linux-gnu/ /proc/0/default-paths/
LC_ALL=C sed -i 's,\x00/lib/\x00/usr/lib/\x00,\x00/0/0/\x00/0/0/0/0/\x00,' "$loader"
if LC_ALL=C grep -aqP '\x00/(usr/)?lib/\x00' "$loader"; then
  echo "the loader still names a folder of the machine" >&2
  exit 1
fi

# The library opens this one by itself, to unwind a thread that is cancelled.
cp "$gccLibs"/lib/libgcc_s.so.1 "$out/lib/"

for file in "$out"/lib/*.so* "$out"/lib/gconv/*.so "$out"/bin/*; do
  if [ ! -L "$file" ] && [ "$file" != "$loader" ] && LC_ALL=C grep -qaP '^\x7fELF' "$file"; then
    chmod u+w "$file"
    if patchelf --print-interpreter "$file" > /dev/null 2>&1 && [ "${file%.so*}" = "$file" ]; then
      patchelf --set-interpreter "$loader" "$file"
    fi
    patchelf --set-rpath "$out/lib" "$file"
  fi
done
LC_ALL=C sed -i -E 's,/usr/lib/x86_64-linux-gnu/,/nix/lib//////////////////,g; s,/usr/(lib|share|bin|sbin|libexec)/,/nix/\1/,g' \
  "$out"/bin/* "$out"/lib/libc.so.6

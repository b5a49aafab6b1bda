# The compiler's runtime libraries. They find the C library through the program that loads them: a path of its
# own in them would be a cycle, for the C library holds one of them.
umask 022
root=$PWD/root
mkdir -p "$root" "$out/lib"
for deb in $debs; do
  ar -p "$deb" data.tar.xz | tar -xJ -o --no-same-permissions -C "$root"
done
cp -a "$root"/{,usr/}lib/x86_64-linux-gnu/*.so* "$out/lib/" 2> /dev/null || true
ls "$out/lib/libgcc_s.so.1" "$out/lib/libstdc++.so.6" > /dev/null
for library in "$out"/lib/*.so*; do
  if [ ! -L "$library" ]; then
    chmod u+w "$library"
    patchelf --set-rpath "$out/lib" "$library"
  fi
done

mkdir -p "$out/bin" "$out/nix-support"
for pair in gcc:gcc g++:g++ cc:gcc c++:g++; do
  sed -e "s,@program@,${pair#*:},g" -e "s,@glibc@,$glibc,g" -e "s,@gccLibs@,$gccLibs,g" "$wrapper" > "$out/bin/${pair%:*}"
  chmod +x "$out/bin/${pair%:*}"
done
cp "$setupHook" "$out/nix-support/setup-hook"

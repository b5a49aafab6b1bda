mkdir -p "$out"
{
  printf 'export NIX_GLIBC=%q NIX_GCC_LIBS=%q NIX_HOST_SHELL=%q NIX_VIEW_SHELL=/bin/bash NIX_VIEW_PATH=/usr/bin\n' \
    "$glibc" "$gccLibs" "$hostShell"
  printf 'defaultNativeBuildInputs=%q\n' "$defaultNativeBuildInputs"
  printf 'defaultBuildInputs=%q\n' "$defaultBuildInputs"
  cat "$setup"
} > "$out/setup"

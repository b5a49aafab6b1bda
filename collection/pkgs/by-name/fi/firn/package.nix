# This implementation of Nix itself, from the distribution that evaluates this: <firn> is where it lies.
#
# The distribution comes along unmodified in share/firn-dist. On a system whose <firn> points there, the same
# source, and so the same package, results.
{ lib, stdenvNoCC }:

stdenvNoCC.mkDerivation (finalAttrs: {
  pname = "firn";
  version = lib.fileContents (finalAttrs.src + "/share/firn/version");

  src = builtins.path {
    name = "firn-dist";
    path = <firn>;
  };

  dontUnpack = true;
  # The program is one image whose parts know their places.
  dontStrip = true;

  installPhase = ''
    mkdir -p "$out/share"
    for part in "$src"/*; do
      if [ "''${part##*/}" != share ]; then
        cp -a "$part" "$out/"
      fi
    done
    chmod -R u+w "$out"
    for part in "$src"/share/*; do
      ln -s "firn-dist/share/''${part##*/}" "$out/share/''${part##*/}"
    done
  '';

  # After the fix-up: what is here may not change.
  postFixup = ''
    cp -a "$src" "$out/share/firn-dist"
  '';

  meta = {
    description = "Nix and NixOS implemented anew, with a package collection of its own";
    mainProgram = "nix";
    platforms = [ "x86_64-linux" ];
  };
})

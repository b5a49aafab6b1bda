# This implementation of Nix itself, from the distribution that evaluates this: <firn> is where it lies.
#
# The distribution comes along unmodified in share/firn-dist, and the collection that this is part of in
# share/firn. On a system where Firn is this package, <firn> and <nixpkgs> are those two: the same sources, and so
# the same package, result.
{ lib, stdenvNoCC }:

stdenvNoCC.mkDerivation {
  pname = "firn";
  version = lib.trivial.release;

  src = builtins.path {
    name = "firn-dist";
    path = <firn>;
  };
  collection = builtins.path {
    name = "firn-collection";
    path = ../../../..;
    filter = path: type: path != toString ../../../../tests;
  };

  dontUnpack = true;
  # The program is one image whose parts know their places.
  dontStrip = true;

  installPhase = ''
    mkdir -p "$out/bin" "$out/libexec" "$out/share/firn"
    cp "$src/bin/nix" "$out/bin/nix"
    for name in $("$src/bin/nix" __command-names); do
      ln -s nix "$out/bin/$name"
    done
    cp "$src/libexec/firn-launcher" "$out/libexec/firn-launcher"
    cp -r "$src/share/." "$out/share/"
    ln -s "$collection" "$out/share/firn/collection"
  '';

  # After the fix-up: what is here may not change.
  postFixup = ''
    cp -a "$src" "$out/share/firn-dist"
  '';

  meta = {
    description = "Nix and NixOS implemented anew, with a package collection of its own";
    license = lib.licenses.mit;
    mainProgram = "nix";
    platforms = [ "x86_64-linux" ];
  };
}

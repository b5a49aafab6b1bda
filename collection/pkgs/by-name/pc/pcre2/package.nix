{
  lib,
  stdenv,
  debianSources,
}:

stdenv.mkDerivation {
  pname = "pcre2";
  inherit (debianSources.pcre2) version;

  src = debianSources.pcre2.orig;

  outputs = [
    "out"
    "bin"
    "dev"
    "doc"
    "man"
  ];

  configureFlags = [ "--enable-jit=auto" ];

  enableParallelBuilding = true;

  # It prints folders of the headers, so it belongs to them.
  postFixup = ''
    moveToOutput bin/pcre2-config "$dev"
  '';

  meta = {
    description = "Library for Perl compatible regular expressions";
    homepage = "https://www.pcre.org/";
    license = lib.licenses.bsd3;
    mainProgram = "pcre2grep";
    platforms = lib.platforms.all;
  };
}

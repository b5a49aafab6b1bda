{
  lib,
  stdenv,
  debianSources,
}:

stdenv.mkDerivation {
  pname = "zlib";
  version = lib.removeSuffix ".dfsg" debianSources.zlib.version;

  src = debianSources.zlib.orig;

  outputs = [
    "out"
    "dev"
  ];

  # Its configure is not autoconf's and knows few options.
  setOutputFlags = false;
  dontAddDisableDepTrack = true;
  dontDisableStatic = true;
  configureFlags = [ "--shared" ];
  postInstall = ''
    rm -f "$out"/lib/*.a
  '';

  enableParallelBuilding = true;
  doCheck = true;

  meta = {
    description = "Lossless data-compression library";
    homepage = "https://zlib.net";
    license = lib.licenses.zlib;
    platforms = lib.platforms.all;
  };
}

{
  lib,
  stdenv,
  debianSources,
}:

stdenv.mkDerivation (finalAttrs: {
  pname = "hello";
  inherit (debianSources.hello) version;

  src = debianSources.hello.orig;

  doCheck = true;

  meta = {
    description = "Program that produces a familiar, friendly greeting";
    homepage = "https://www.gnu.org/software/hello/";
    license = lib.licenses.gpl3Plus;
    mainProgram = "hello";
    platforms = lib.platforms.all;
  };
})

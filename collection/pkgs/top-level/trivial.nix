# Builders of small things, fetchers, and hooks: what packages and modules are written with.
pkgs:

let
  inherit (pkgs) callPackage;
  # Imported and not called: the names of the set may not depend on the packages.
  trivial = import ../build-support/trivial-builders {
    inherit (pkgs)
      config
      lib
      runtimeShell
      stdenv
      stdenvNoCC
      ;
  };
in
trivial
// {
  fetchurl = callPackage ../build-support/fetchurl { };
  inherit (callPackage ../build-support/fetch-unpacked.nix { }) fetchFromGitHub fetchzip;
  makeWrapper = callPackage ../build-support/setup-hooks/make-wrapper { };
  makeBinaryWrapper = pkgs.makeWrapper;
  closureInfo = callPackage ../build-support/closure-info.nix { };
  buildEnv = callPackage ../build-support/build-env { };
  makeSetupHook = callPackage ../build-support/setup-hooks/make-setup-hook.nix { };
}

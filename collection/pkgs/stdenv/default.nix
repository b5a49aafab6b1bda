# The standard environment: `stdenv.mkDerivation` and what it is made of.
{
  lib,
  config,
  seed,
  debian,
  hostPlatform,
}:

let
  inherit (seed) runInSeed;
  inherit (debian) glibc gccLibs;

  cc =
    runInSeed {
      name = "gcc-wrapper-${debian.gccLibs.version}";
      script = ./cc-wrapper/build.sh;
      env = {
        inherit gccLibs glibc;
        wrapper = ./cc-wrapper/cc-wrapper.sh;
        setupHook = ./cc-wrapper/setup-hook.sh;
      };
    }
    // {
      isGNU = true;
      isClang = false;
      libc = glibc;
      targetPrefix = "";
      inherit (debian.gccLibs) version;
      cc = gccLibs // {
        lib = gccLibs;
        isGNU = true;
        inherit (debian.gccLibs) version;
      };
      bintools = {
        dynamicLinker = "${glibc}/lib/ld-linux-x86-64.so.2";
        targetPrefix = "";
      };
    };

  makeStdenv =
    {
      name ? "stdenv",
      cc ? null,
      extraNativeBuildInputs ? [ ],
      extraBuildInputs ? [ ],
    }:
    let
      drv = runInSeed {
        inherit name;
        script = ./generic/build-stdenv.sh;
        env = {
          inherit gccLibs glibc;
          hostShell = debian.bash;
          setup = ./generic/setup.sh;
          defaultNativeBuildInputs = extraNativeBuildInputs ++ lib.optional (cc != null) cc;
          defaultBuildInputs = extraBuildInputs;
        };
      };
      stdenv =
        drv
        // lib.optionalAttrs (cc != null) { inherit cc; }
        // {
          hasCC = cc != null;
          inherit hostPlatform;
          buildPlatform = hostPlatform;
          targetPlatform = hostPlatform;
          inherit (hostPlatform)
            is32bit
            is64bit
            isAarch64
            isDarwin
            isLinux
            isx86_64
            ;
          isi686 = false;
          isBigEndian = false;
          shell = "${debian.bash}/bin/bash";
          shellPackage = debian.bash;
          initialPath = [ ];
          extraNativeBuildInputs = [ ];
          extraBuildInputs = [ ];
          inherit seed;
          mkDerivation = import ./generic/make-derivation.nix { inherit lib config; } stdenv;
          override =
            changes:
            makeStdenv (
              {
                inherit
                  cc
                  extraBuildInputs
                  extraNativeBuildInputs
                  name
                  ;
              }
              // changes
            );
          overrides = self: super: { };
          allowedRequisites = null;
          tests = { };
        };
    in
    stdenv;
in
{
  inherit cc;
  stdenv = makeStdenv { inherit cc; };
  stdenvNoCC = makeStdenv { name = "stdenv-no-cc"; };
}

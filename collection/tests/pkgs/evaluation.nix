# What evaluation alone can tell about the package collection: names of `{ expr; expected; }`.
{
  lib,
  pkgs,
  collection ? ../../default.nix,
}:

let
  inherit (pkgs) stdenv;

  # As little of a package as there can be; nothing here is built.
  plain = stdenv.mkDerivation {
    pname = "plain";
    version = "1.0";
    dontUnpack = true;
    mark = "first";
    passthru.colour = "red";
    meta.description = "Package of the tests";
  };
  recursive = stdenv.mkDerivation (finalAttrs: {
    pname = "recursive";
    version = "1.0";
    url = "mirror://example/recursive-${finalAttrs.version}.tar.gz";
    passthru.self = finalAttrs.finalPackage;
  });
  function =
    {
      lib,
      stdenv,
      zlib,
      withFeature ? false,
    }:
    stdenv.mkDerivation {
      name = "function";
      feature = lib.boolToString withFeature;
      buildInputs = [ zlib ];
    };
  fails = x: !(builtins.tryEval (builtins.deepSeq x x)).success;
  with' = arguments: import collection ({ inherit (pkgs) system; } // arguments);
in
{
  nameOfPnameAndVersion = {
    expr = plain.name;
    expected = "plain-1.0";
  };
  passthruIsOnThePackage = {
    expr = [
      plain.colour
      plain.passthru.colour
    ];
    expected = [
      "red"
      "red"
    ];
  };
  metaIsCompleted = {
    expr = {
      inherit (plain.meta)
        available
        broken
        description
        name
        outputsToInstall
        ;
    };
    expected = {
      available = true;
      broken = false;
      description = "Package of the tests";
      name = "plain-1.0";
      outputsToInstall = [ "out" ];
    };
  };
  metaDoesNotReachTheDerivation = {
    expr =
      (plain.overrideAttrs { meta.description = "Another"; }).drvPath == plain.drvPath
      && (plain.overrideAttrs { passthru = { }; }).drvPath == plain.drvPath;
    expected = true;
  };

  overrideAttrsOfPrevious = {
    expr =
      (plain.overrideAttrs (previous: {
        mark = previous.mark + "-second";
      })).mark;
    expected = "first-second";
  };
  overrideAttrsOfFinal = {
    expr =
      (plain.overrideAttrs (
        final: previous: {
          version = "2.0";
          mark = final.version;
        }
      )).mark;
    expected = "2.0";
  };
  overrideAttrsOfASet = {
    expr = (plain.overrideAttrs { version = "3.0"; }).name;
    expected = "plain-3.0";
  };
  overrideAttrsAgain = {
    expr =
      ((plain.overrideAttrs { version = "3.0"; }).overrideAttrs (previous: {
        mark = previous.version;
      })).mark;
    expected = "3.0";
  };
  finalAttributesFollowAnOverride = {
    expr = (recursive.overrideAttrs { version = "2.0"; }).url;
    expected = "mirror://example/recursive-2.0.tar.gz";
  };
  finalPackageFollowsAnOverride = {
    expr = (recursive.overrideAttrs { version = "2.0"; }).self.name;
    expected = "recursive-2.0";
  };

  callPackageFillsArguments = {
    expr = (pkgs.callPackage function { }).feature;
    expected = "false";
  };
  callPackageTakesArguments = {
    expr = (pkgs.callPackage function { withFeature = true; }).feature;
    expected = "true";
  };
  overrideChangesArguments = {
    expr = ((pkgs.callPackage function { }).override { withFeature = true; }).feature;
    expected = "true";
  };
  overrideKeepsOverrideAttrs = {
    expr =
      (((pkgs.callPackage function { }).overrideAttrs { name = "renamed"; }).override {
        withFeature = true;
      }).name;
    expected = "renamed";
  };

  overlaysSeeFinalAndPrevious = {
    expr =
      let
        changed = with' {
          overlays = [
            (final: previous: {
              marked = previous.hello.overrideAttrs { version = "${final.mark}"; };
              mark = "1";
            })
            (final: previous: { mark = previous.mark + "2"; })
          ];
        };
      in
      changed.marked.name;
    expected = "hello-12";
  };
  overlayReachesDependents = {
    expr =
      let
        changed = with' {
          overlays = [ (final: previous: { zlib = previous.zlib.overrideAttrs { version = "9"; }; }) ];
        };
      in
      map (drv: drv.drvPath == pkgs.${drv.pname}.drvPath) [
        changed.nginx
        changed.hello
      ];
    expected = [
      false
      true
    ];
  };
  extendAddsAnOverlay = {
    expr = (pkgs.extend (final: previous: { novelty = previous.hello.pname; })).novelty;
    expected = "hello";
  };
  packageOverrides = {
    expr =
      (with' {
        config.packageOverrides = previous: { hello = previous.hello.overrideAttrs { version = "7"; }; };
      }).hello.name;
    expected = "hello-7";
  };
  configAsAFunction = {
    expr = (with' { config = { pkgs, ... }: { mark = pkgs.system; }; }).config.mark;
    expected = pkgs.system;
  };

  unfreeIsRefused = {
    expr = fails (plain.overrideAttrs { meta.license = lib.licenses.unfree; }).drvPath;
    expected = true;
  };
  unfreeIsAllowedByConfiguration = {
    expr =
      let
        lenient = with' { config.allowUnfree = true; };
      in
      fails (lenient.hello.overrideAttrs { meta.license = lib.licenses.unfree; }).drvPath;
    expected = false;
  };
  brokenIsRefused = {
    expr = fails (plain.overrideAttrs { meta.broken = true; }).drvPath;
    expected = true;
  };
  insecureIsRefused = {
    expr = fails (plain.overrideAttrs { meta.knownVulnerabilities = [ "CVE-0000-0000" ]; }).drvPath;
    expected = true;
  };
  otherSystemIsRefused = {
    expr = fails (import collection { system = "aarch64-linux"; }).hello.drvPath;
    expected = true;
  };
  crossCompilationIsRefused = {
    expr = fails (with' { crossSystem = "aarch64-linux"; }).hello.drvPath;
    expected = true;
  };
  neitherNameNorVersion = {
    expr = fails (stdenv.mkDerivation { }).drvPath;
    expected = true;
  };
  environmentIsOfWords = {
    expr = fails (stdenv.mkDerivation {
      name = "bad";
      env.list = [ "a" ];
    }).drvPath;
    expected = true;
  };

  headersOutputIsTheInput = {
    expr =
      map (input: input.outputName)
        (stdenv.mkDerivation {
          name = "user";
          buildInputs = [ pkgs.zlib ];
        }).buildInputs;
    expected = [ "dev" ];
  };
  toolChoosesTheLargerSeed = {
    expr = (plain.overrideAttrs { nativeBuildInputs = [ pkgs.perl ]; }).disallowedReferences;
    expected = [ pkgs.seedPins.tools ];
  };
  toolchainOtherwise = {
    expr = plain.disallowedReferences;
    expected = [ pkgs.seedPins.toolchain ];
  };

  everyPinIsBelowThePool = {
    expr = lib.filter (pin: !(lib.hasPrefix "pool/" pin.path)) (lib.attrValues pkgs.seedPins.pins);
    expected = [ ];
  };
  everyDependencyHasAPin = {
    expr = lib.filter (name: !(pkgs.seedPins.pins ? ${name})) (
      lib.concatMap (pin: pin.deps) (lib.attrValues pkgs.seedPins.pins)
    );
    expected = [ ];
  };
  everyUnitEvaluates = {
    expr = lib.filter (name: !(lib.isDerivation pkgs.debian.${name})) (lib.attrNames pkgs.debian);
    expected = [ ];
  };
  everyUnitHasAStorePath = {
    expr = lib.all (unit: lib.hasPrefix builtins.storeDir unit.outPath) (lib.attrValues pkgs.debian);
    expected = true;
  };
  overrideAttrsOfARelocatedPackage = {
    expr =
      let
        changed = pkgs.tree.overrideAttrs (previous: {
          postRelocate = previous.postRelocate + "echo changed";
        });
      in
      [
        changed.postRelocate
        (changed.drvPath == pkgs.tree.drvPath)
        ((pkgs.tree.overrideAttrs { }).drvPath == pkgs.tree.drvPath)
        changed.meta.mainProgram
      ];
    expected = [
      "echo changed"
      false
      true
      "tree"
    ];
  };
  packagesOfAnotherLock = {
    expr =
      let
        debian = pkgs.debianFrom ./lock.json;
      in
      [
        debian.example.name
        (debian.zlib1g.drvPath == pkgs.debian.zlib1g.drvPath)
      ];
    expected = [
      "example-1.0-rc1-1"
      true
    ];
  };
  overlaysOfAFolder = {
    expr =
      let
        scoped = builtins.scopedImport {
          __nixPath = [
            {
              prefix = "nixpkgs-overlays";
              path = ./overlays;
            }
          ];
        } ../../pkgs/top-level/lookup-overlays.nix;
      in
      map (overlay: (overlay { } { }).mark) scoped;
    expected = [
      "file"
      "folder"
    ];
  };
  mainProgram = {
    expr = lib.removePrefix "${pkgs.hello}" (lib.getExe pkgs.hello);
    expected = "/bin/hello";
  };

  fetchurlTakesEachHash = {
    expr =
      let
        base32 = "1x1ivcrgzsznyzzlj0yxffj4ijdcwd1cirdi34j6z7gmpilqqr2d";
        sri = builtins.convertHash {
          hash = base32;
          hashAlgo = "sha256";
          toHashFormat = "sri";
        };
        path = attrs: (pkgs.fetchurl ({ url = "mirror://example/file"; } // attrs)).outPath;
      in
      path { sha256 = base32; } == path { hash = sri; } && path { sha256 = sri; } == path { hash = sri; };
    expected = true;
  };
  fetchurlWantsAHash = {
    expr = fails (pkgs.fetchurl { url = "mirror://example/file"; }).outPath;
    expected = true;
  };
  fetchurlNamesTheFile = {
    expr = [
      (pkgs.fetchurl {
        url = "mirror://example/a~b.tar.gz";
        hash = lib.fakeHash;
      }).name
      (pkgs.fetchurl {
        url = "mirror://example/a";
        name = "other";
        hash = lib.fakeHash;
      }).name
    ];
    expected = [
      "a-b.tar.gz"
      "other"
    ];
  };
}

# A kernel of Debian's: $out/bzImage, $out/System.map, $out/config, and modules with their indexes.
{
  lib,
  debian,
  config,
  hostPlatform,
  seedPins,
  # As in the package's name: linux-image-<version>-<flavour>.
  flavour,
}:

let
  inherit (seedPins) fetchPin pins runInSeed;
  # The package of no version names the one that it stands for.
  package = builtins.head (
    lib.filter (name: lib.hasPrefix "linux-image-" name) pins."linux-image-${flavour}".deps
  );
  pin = pins.${package};
  version = builtins.head (lib.splitString "-" pin.version);
  modDirVersion = lib.removePrefix "linux-image-" package;
  drv = runInSeed {
    name = "linux-${version}";
    script = ./kernel.sh;
    env = {
      debs = [ (fetchPin pin) ];
      inherit modDirVersion;
      kmod = debian.kmod;
      disallowedReferences = [ debian.kmod ];
    };
  };
in
lib.extendDerivation true rec {
  pname = "linux";
  inherit modDirVersion version;
  # Options that modules ask for: what is in the configuration file tells more.
  features = {
    efiBootStub = true;
  };
  kernelOlder = lib.versionOlder version;
  kernelAtLeast = lib.versionAtLeast version;
  isHardened = false;
  isLTS = true;
  isZen = false;
  isXen = false;
  target = "bzImage";
  passthru = {
    inherit
      features
      isHardened
      kernelAtLeast
      kernelOlder
      modDirVersion
      target
      ;
  };
  meta = {
    description = "Linux kernel";
    license = lib.licenses.gpl2Only;
    platforms = [ "x86_64-linux" ];
    outputsToInstall = [ "out" ];
    available = true;
    inherit (drv) name;
  };
} drv

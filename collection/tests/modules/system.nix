# A small system with the given modules, for tests.
modules:

import ../../nixos/lib/eval-config.nix {
  system = "x86_64-linux";
  modules = [
    {
      fileSystems."/".device = "/dev/disk/by-label/nixos";
      # The package manager is not what is tested: its sources need not be there.
      nixpkgs.overlays = [ (final: prev: { firn = prev.writeText "firn" ""; }) ];
    }
  ]
  ++ modules;
}

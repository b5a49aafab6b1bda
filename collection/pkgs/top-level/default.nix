# The package collection for a system: `import <nixpkgs> { config = …; overlays = …; }`.
{
  # Either of the two; `system` is the shorter.
  localSystem ? {
    system = args.system or builtins.currentSystem;
  },
  system ? localSystem.system,
  crossSystem ? localSystem,
  config ? { },
  # Without them, those that the lookup path has: a file that is a list, or a folder of files and folders.
  overlays ? import ./lookup-overlays.nix,
  crossOverlays ? [ ],
  ...
}@args:

let
  lib = import ../../lib;

  hostPlatform = lib.systems.elaborate (
    if builtins.isString localSystem then localSystem else localSystem // { inherit system; }
  );
  crossPlatform = lib.systems.elaborate crossSystem;

  pkgs = import ./stage.nix {
    inherit
      hostPlatform
      lib
      overlays
      ;
    # A configuration may be a function of the packages that it configures.
    config = if builtins.isFunction config then config { inherit lib pkgs; } else config;
  };
in
if crossSystem != null && crossPlatform.system != hostPlatform.system then
  throw "this collection has no cross compilation: asked for ${crossPlatform.system} on ${hostPlatform.system}"
else if hostPlatform.system != "x86_64-linux" then
  throw "this collection is for x86_64-linux; asked for ${hostPlatform.system}"
else
  assert builtins.isList overlays || throw "overlays of the collection have to be a list";
  pkgs

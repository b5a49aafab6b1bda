# Evaluate modules as the configuration of a whole system: those of NixOS and those given.
{
  system ? builtins.currentSystem,
  # Packages; without them those of this collection, as `nixpkgs.*` configures them.
  pkgs ? null,
  lib ? import ../../lib,
  baseModules ? import ../modules/module-list.nix,
  # Modules of a user and of whatever embeds the evaluation.
  modules,
  extraModules ? [ ],
  specialArgs ? { },
  # Older names.
  extraArgs ? { },
  check ? true,
  prefix ? [ ],
  modulesLocation ? (builtins.unsafeGetAttrPos "modules" args).file or null,
}@args:

let
  pkgsModule = {
    _file = ./eval-config.nix;
    key = toString ./eval-config.nix;
    config = {
      nixpkgs.system = lib.mkIf (system != null) (lib.mkDefault system);
      _module.args = {
        pkgs = lib.mkIf (pkgs != null) (lib.mkForce pkgs);
        # The system without what its owner wrote.
        noUserModules = withModules [ ];
      }
      // extraArgs;
      _module.check = lib.mkIf (!check) false;
    };
  };

  # Modules that are written into the call have its file for messages.
  locatedModules =
    if modulesLocation == null then
      modules
    else
      map (lib.setDefaultModuleLocation modulesLocation) modules;

  withModules =
    modules:
    lib.evalModules {
      inherit prefix;
      class = "nixos";
      modules = baseModules ++ extraModules ++ [ pkgsModule ] ++ modules;
      specialArgs = {
        modulesPath = toString ../modules;
      }
      // specialArgs;
    };

  eval = withModules locatedModules;

  # What callers use besides the evaluation itself.
  augment =
    eval:
    eval
    // {
      inherit extraArgs;
      inherit (eval._module.args) pkgs;
      inherit lib;
      extendModules = args: augment (eval.extendModules args);
    };
in
augment eval

# The packages that a configuration is made of.
{
  config,
  options,
  lib,
  ...
}:

let
  inherit (lib) mkOption types;

  cfg = config.nixpkgs;

  # Functions and sets join; later overlays see earlier ones.
  overlayType = lib.mkOptionType {
    name = "nixpkgs-overlay";
    description = "nixpkgs overlay";
    check = lib.isFunction;
    merge = lib.mergeOneOption;
  };

  configType = lib.mkOptionType {
    name = "nixpkgs-config";
    description = "nixpkgs config";
    check = x: builtins.isAttrs x || lib.isFunction x;
    merge =
      _: defs: args:
      let
        values = map (def: if lib.isFunction def.value then def.value args else def.value) defs;
        overrides = builtins.filter (v: v ? packageOverrides) values;
      in
      lib.foldl' lib.recursiveUpdate { } values
      // lib.optionalAttrs (overrides != [ ]) {
        packageOverrides = pkgs: lib.foldl' (acc: v: acc // v.packageOverrides pkgs) { } overrides;
      };
  };

  isPlatform = types.either types.str types.attrs;
in
{
  options.nixpkgs = {
    pkgs = mkOption {
      type = types.pkgs;
      defaultText = "this collection for `nixpkgs.hostPlatform` with `nixpkgs.config` and `nixpkgs.overlays`";
      description = "The package set that modules get as `pkgs`. Where it is given, overlays are added to it and `config` must be in it already.";
    };

    config = mkOption {
      type = configType;
      default = { };
      example = {
        allowUnfree = true;
      };
      apply = f: if lib.isFunction f then f { inherit (config._module.args) pkgs; } else f;
      description = "Settings of the package collection.";
    };

    overlays = mkOption {
      type = types.listOf overlayType;
      default = [ ];
      description = "Changes of the package collection: functions of the final and the previous packages.";
    };

    hostPlatform = mkOption {
      type = isPlatform;
      default = cfg.system;
      defaultText = lib.literalExpression "config.nixpkgs.system";
      example = "x86_64-linux";
      apply = lib.systems.elaborate;
      description = "The platform that the system runs on.";
    };

    buildPlatform = mkOption {
      type = isPlatform;
      default = cfg.hostPlatform;
      defaultText = lib.literalExpression "config.nixpkgs.hostPlatform";
      apply = lib.systems.elaborate;
      description = "The platform that packages are built on.";
    };

    system = mkOption {
      type = types.str;
      default = builtins.currentSystem or (throw "set nixpkgs.hostPlatform: the platform cannot be taken from this machine in pure evaluation");
      defaultText = "the platform of the evaluating machine";
      description = "Older, shorter form of `nixpkgs.hostPlatform`.";
    };
  };

  config = {
    _module.args.pkgs =
      # Internal arguments are lazy, so this is no circle with `nixpkgs.config`.
      lib.mkDefault (
        if options.nixpkgs.pkgs.isDefined then
          if cfg.overlays == [ ] then cfg.pkgs else cfg.pkgs.appendOverlays cfg.overlays
        else
          import ../../.. {
            inherit (cfg) overlays;
            inherit (cfg.hostPlatform) system;
            config = cfg.config;
          }
      );

    assertions = [
      {
        assertion = !(options.nixpkgs.pkgs.isDefined && options.nixpkgs.config.isDefined && cfg.config != { });
        message = "`nixpkgs.config' says nothing about a package set that was made outside (`nixpkgs.pkgs'): give it where that is made.";
      }
    ];
  };
}

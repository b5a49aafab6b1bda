# The fixpoint: base sets first, each seeing the final result, then `config.packageOverrides` and the overlays.
{
  lib,
  config,
  overlays,
  hostPlatform,
}:

let
  seed = import ../stdenv/seed { inherit (hostPlatform) system; };

  base =
    self: super:
    let
      callPackageWith = scope: lib.callPackageWith (self // scope);
      # Relocated packages do not change with overlays, but for those that replace `debian`.
      standard = import ../stdenv {
        inherit
          config
          hostPlatform
          lib
          seed
          ;
        inherit (self) debian;
      };
    in
    {
      _type = "pkgs";
      inherit config lib overlays;
      pkgs = self;
      # Where this collection is.
      path = ../..;
      inherit (standard) stdenv stdenvNoCC;
      gcc = standard.cc;
      debian = import ../debian { inherit lib seed; };
      # Packages of a lock that `update-pins --lock` wrote, beside those of the collection.
      debianFrom =
        lock:
        import ../debian {
          inherit lib seed;
          pins = seed.pins // lib.importJSON lock;
        };
      seedPins = seed;
      # Upstream's tarballs as Debian's pool keeps them, by source: `version`, `orig`, `debian`.
      debianSources = lib.mapAttrs (
        _: pin: pin // lib.mapAttrs (_: seed.fetchPin) (lib.filterAttrs (_: lib.isAttrs) pin)
      ) (lib.importJSON ../debian/sources.json);

      callPackage = callPackageWith { };
      callPackages = lib.callPackagesWith self;
      newScope = scope: callPackageWith scope;
      makeScope = lib.makeScope;
      makeOverridable = lib.makeOverridable;
      makeScopeWithSplicing' = { otherSplices ? null, f, ... }: lib.makeScope self.newScope f;

      # One platform: the packages of every stage are these.
      buildPackages = self;
      targetPackages = self;
      pkgsBuildBuild = self;
      pkgsBuildHost = self;
      pkgsBuildTarget = self;
      pkgsHostHost = self;
      pkgsHostTarget = self;
      pkgsTargetTarget = self;
      __splicedPackages = self;
      buildPlatform = hostPlatform;
      inherit hostPlatform;
      targetPlatform = hostPlatform;
      inherit (hostPlatform) system;

      # The collection anew with more overlays, or with others.
      extend = overlay: self.appendOverlays [ overlay ];
      appendOverlays =
        more:
        if more == [ ] then
          self
        else
          import ./stage.nix {
            inherit config hostPlatform lib;
            overlays = overlays ++ more;
          };
    };

  # One folder a package: by-name/<first two letters>/<name>/package.nix.
  byName =
    self: super:
    let
      root = ../by-name;
      shards = lib.attrNames (builtins.readDir root);
      namesIn = shard: lib.attrNames (builtins.readDir (root + "/${shard}"));
    in
    lib.listToAttrs (
      lib.concatMap (
        shard:
        map (name: lib.nameValuePair name (self.callPackage (root + "/${shard}/${name}/package.nix") { })) (
          namesIn shard
        )
      ) shards
    );

  configured =
    self: super:
    (config.packageOverrides or (_: { })) super;

  extensions = [
    (self: super: import ./trivial.nix self)
    (self: super: import ./debian-packages.nix { inherit lib; inherit (self) debian makeSetupHook; })
    byName
    (self: super: import ./all-packages.nix self)
    configured
  ]
  ++ overlays;
in
lib.fix (lib.foldl' (lib.flip lib.extends) (self: base self { }) extensions)

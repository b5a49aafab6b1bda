# Functions on the `meta` attribute of packages.
{ lib }:

let
  inherit (builtins)
    all
    any
    isString
    match
    ;

  # Attribute names and SPDX identifiers of all licences.
  licensesSpdx = builtins.listToAttrs (
    lib.concatMap (
      l:
      lib.optional (l ? spdxId && !(l.deprecated or false)) {
        name = l.spdxId;
        value = l;
      }
    ) (lib.attrValues (lib.filterAttrs (_: lib.isAttrs) lib.licenses))
  );
in
rec {
  inherit licensesSpdx;

  /**
    Add attributes to the `meta` of a package; what is built stays the same.
  */
  addMetaAttrs =
    newAttrs: drv:
    if drv ? overrideAttrs then
      drv.overrideAttrs (old: {
        meta = old.meta or { } // newAttrs;
      })
    else
      drv // { meta = drv.meta or { } // newAttrs; };

  /**
    Do not build a package on a build farm.
  */
  dontDistribute = addMetaAttrs { hydraPlatforms = [ ]; };

  /**
    Give a package another name in package lists.
  */
  setName = name: drv: drv // { inherit name; };

  updateName = updater: drv: drv // { name = updater drv.name; };

  /**
    Put a suffix between name and version of a package.
  */
  appendToName =
    suffix:
    updateName (
      name:
      let
        parsed = builtins.parseDrvName name;
      in
      "${parsed.name}-${suffix}-${parsed.version}"
    );

  /**
    Map a tree of packages.
  */
  mapDerivationAttrset =
    f: set:
    lib.mapAttrs (
      name: pkg: if lib.isDerivation pkg then f pkg else if lib.isAttrs pkg then mapDerivationAttrset f pkg else pkg
    ) set;

  /**
    Priority of packages that set none. The lower number wins.
  */
  defaultPriority = 5;

  setPrio = priority: addMetaAttrs { inherit priority; };
  lowPrio = setPrio 10;
  lowPrioSet = mapDerivationAttrset lowPrio;
  hiPrio = setPrio (-10);
  hiPrioSet = mapDerivationAttrset hiPrio;

  /**
    True if a platform fits a pattern: a system string or a set of what must be in it.

    # Inputs

    `platform`
    : An elaborated platform.

    `elem`
    : For example `"x86_64-linux"`, `{ isLinux = true; }` or a pattern of `lib.systems.inspect.patterns`.
  */
  platformMatch =
    platform: elem:
    if isString elem then
      platform ? system && elem == platform.system
    else
      lib.matchAttrs (if elem ? parsed then elem else { parsed = elem; }) platform
      || lib.matchAttrs elem platform;

  /**
    True if a package is meant for a platform.
  */
  availableOn =
    platform: pkg:
    pkg == null
    || (
      (!pkg ? meta.platforms || any (platformMatch platform) pkg.meta.platforms)
      && all (elem: !platformMatch platform elem) (pkg.meta.badPlatforms or [ ])
    );

  /**
    The licence with an SPDX identifier, or one made of the identifier with a warning.
  */
  getLicenseFromSpdxId =
    licstr:
    getLicenseFromSpdxIdOr licstr (
      lib.warn "getLicenseFromSpdxId: No license matches the given SPDX ID: ${licstr}" {
        shortName = licstr;
      }
    );

  /**
    The licence with an SPDX identifier (capitals do not matter), or the default.
  */
  getLicenseFromSpdxIdOr =
    let
      lowered = lib.mapAttrs' (name: lib.nameValuePair (lib.toLower name)) licensesSpdx;
    in
    licstr: default: lowered.${lib.toLower licstr} or default;

  /**
    Path of the main program of a package.

    # Examples

    ```nix
    getExe pkgs.hello
    => "/nix/store/…-hello-2.12/bin/hello"
    ```
  */
  getExe =
    x:
    getExe' x (
      x.meta.mainProgram or (lib.warn
        "getExe: package ${lib.strings.escapeNixIdentifier (x.meta.name or x.pname or x.name)} has no meta.mainProgram; its name is taken for that of its program. Set meta.mainProgram, or name the program with getExe'."
        (lib.getName x)
      )
    );

  /**
    Path of a program of a package.
  */
  getExe' =
    x: y:
    assert lib.assertMsg (lib.isDerivation x)
      "lib.meta.getExe': The first argument is of type ${builtins.typeOf x}, but it should be a derivation instead.";
    assert lib.assertMsg (isString y)
      "lib.meta.getExe': The second argument is of type ${builtins.typeOf y}, but it should be a string instead.";
    assert lib.assertMsg (match ".*/.*" y == null)
      "lib.meta.getExe': The second argument \"${y}\" is a nested path with a \"/\" character, but it should just be the name of the executable instead.";
    "${lib.getBin x}/bin/${y}";
}

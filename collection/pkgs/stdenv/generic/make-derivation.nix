# `stdenv.mkDerivation`: an attribute set, or a function of the final one, becomes a derivation.
{ lib, config }:
stdenv:

let
  inherit (lib)
    any
    concatLists
    concatMap
    concatStringsSep
    elem
    filter
    isAttrs
    isFunction
    isString
    optional
    optionalAttrs
    optionalString
    ;

  checkMeta = import ./check-meta.nix { inherit lib config stdenv; };

  # An argument of `overrideAttrs` as a function of the final and the previous attributes.
  toExtension =
    f:
    if isFunction f then
      final: prev:
      let
        once = f prev;
      in
      if isFunction once then f final prev else once
    else
      _: _: f;

  makeExtensible =
    attrsOf:
    let
      final = attrsOf (final // { inherit finalPackage overrideAttrs; });
      overrideAttrs =
        f:
        makeExtensible (
          final:
          let
            previous = attrsOf final;
          in
          previous // toExtension f final previous
        );
      finalPackage = makeDerivation overrideAttrs final;
    in
    finalPackage;

  # Without the fixpoint where nobody asks for it.
  makeConstant =
    attrs:
    makeDerivation (f: makeExtensible (final: attrs // toExtension f final attrs)) attrs;

  # Attributes that are about the package and not for its builder.
  notForTheBuilder = [
    "meta"
    "passthru"
    "pos"
    "env"
    "checkInputs"
    "installCheckInputs"
    "nativeCheckInputs"
    "nativeInstallCheckInputs"
    "realBuilder"
    "mayNameSeed"
  ];

  dependencyAttrs = [
    "depsBuildBuild"
    "depsBuildBuildPropagated"
    "nativeBuildInputs"
    "propagatedNativeBuildInputs"
    "depsBuildTarget"
    "depsBuildTargetPropagated"
    "depsHostHost"
    "depsHostHostPropagated"
    "buildInputs"
    "propagatedBuildInputs"
    "depsTargetTarget"
    "depsTargetTargetPropagated"
  ];

  flatten = list: concatMap (x: if builtins.isList x then flatten x else [ x ]) list;

  makeDerivation =
    overrideAttrs: attrs:
    let
      outputs = attrs.outputs or [ "out" ];
      doCheck = attrs.doCheck or config.doCheckByDefault or false;
      doInstallCheck = attrs.doInstallCheck or config.doCheckByDefault or false;
      structured = attrs.__structuredAttrs or config.structuredAttrsByDefault or false;
      isFixedOutput = attrs ? outputHash;

      name =
        attrs.name or (
          if attrs ? pname && attrs ? version then
            "${attrs.pname}-${attrs.version}"
          else
            throw "mkDerivation: neither 'name' nor both of 'pname' and 'version' are given"
        );

      given = {
        nativeBuildInputs =
          attrs.nativeBuildInputs or [ ]
          ++ lib.optionals doCheck (attrs.nativeCheckInputs or [ ])
          ++ lib.optionals doInstallCheck (attrs.nativeInstallCheckInputs or [ ]);
        buildInputs =
          attrs.buildInputs or [ ]
          ++ lib.optionals doCheck (attrs.checkInputs or [ ])
          ++ lib.optionals doInstallCheck (attrs.installCheckInputs or [ ]);
      };
      listOf = attr: filter (x: x != null) (flatten (given.${attr} or attrs.${attr} or [ ]));

      # Tools that the larger seed has: where one is asked for, the build sees that seed.
      isSeedTool = x: x.seedTool or false;
      wantsTools = any isSeedTool (concatMap listOf dependencyAttrs);
      seed = if wantsTools then stdenv.seed.tools else stdenv.seed.toolchain;
      forTheBuild = [
        "depsBuildBuild"
        "nativeBuildInputs"
        "propagatedNativeBuildInputs"
        "depsBuildTarget"
      ];

      dependencies = lib.genAttrs dependencyAttrs (
        attr:
        let
          inputs =
            if elem attr forTheBuild then
              filter (x: x != null) (
                map (x: if isSeedTool x then x.seedHook or null else x) (listOf attr)
              )
            else
              listOf attr;
        in
        map (x: if isAttrs x then lib.getDev x else x) inputs
      );

      view = stdenv.seed.viewOf seed (
        [ (attrs.realBuilder or "/usr/bin/bash") ]
        ++ attrs.args or [
          "-e"
          ./source-stdenv.sh
          (attrs.builder or ./default-builder.sh)
        ]
      );

      env = attrs.env or { };
      checkedEnv = builtins.mapAttrs (
        n: v:
        if !(isString v || builtins.isBool v || builtins.isInt v || lib.isDerivation v) then
          throw "mkDerivation: 'env.${n}' of ${name} is a ${builtins.typeOf v}; it can be a string, boolean, integer or derivation"
        else if attrs ? ${n} then
          throw "mkDerivation: '${n}' of ${name} is given both in 'env' and outside"
        else
          v
      ) env;

      # What an output may not name: the seed, which no built package may need. Descriptions of closures are exempt.
      forbidden = attrs.disallowedReferences or [ ] ++ optional (!(attrs.mayNameSeed or false)) seed;
      outputChecks = lib.genAttrs outputs (
        output:
        let
          check = attrs.outputChecks.${output} or { };
        in
        check // { disallowedReferences = check.disallowedReferences or [ ] ++ forbidden; }
      );

      derivationArgs =
        removeAttrs attrs (notForTheBuilder ++ optional (attrs ? builder) "builder")
        // checkedEnv
        // dependencies
        // view
        // {
          inherit
            doCheck
            doInstallCheck
            name
            outputs
            stdenv
            ;
          system = attrs.system or stdenv.hostPlatform.system;
          strictDeps = attrs.strictDeps or config.strictDepsByDefault or false;
          patches = attrs.patches or [ ];
          configureFlags =
            if builtins.isString (attrs.configureFlags or [ ]) then
              [ attrs.configureFlags ]
            else
              filter (x: x != null) (attrs.configureFlags or [ ]);
        }
        // optionalAttrs (config.enableParallelBuildingByDefault or false && !(attrs ? enableParallelBuilding)) {
          enableParallelBuilding = true;
        }
        // optionalAttrs structured { __structuredAttrs = true; }
        // optionalAttrs (!isFixedOutput && structured) { inherit outputChecks; }
        // optionalAttrs (!isFixedOutput && !structured) { disallowedReferences = forbidden; };

      meta = checkMeta.commonMeta {
        inherit name attrs outputs;
        pos =
          attrs.pos or (
            if attrs.meta.description or null != null then
              builtins.unsafeGetAttrPos "description" attrs.meta
            else if attrs.version or null != null then
              builtins.unsafeGetAttrPos "version" attrs
            else
              builtins.unsafeGetAttrPos "name" attrs
          );
      };
      validity = checkMeta.assertValidity { inherit meta; };
    in
    lib.extendDerivation validity (
      {
        inherit meta overrideAttrs;
        passthru = attrs.passthru or { };
        # What a build of this needs, as something to build: for CI and for the garbage collector's roots.
        inputDerivation = derivation (
          removeAttrs derivationArgs [
            "outputHash"
            "outputHashAlgo"
            "outputHashMode"
            "allowedReferences"
            "allowedRequisites"
            "disallowedReferences"
            "disallowedRequisites"
            "outputChecks"
          ]
          // {
            name = "${name}-inputs";
            outputs = [ "out" ];
          }
          // stdenv.seed.viewOf seed [
            "/usr/bin/bash"
            "-c"
            "export > $out"
          ]
        );
      }
      // attrs.passthru or { }
    ) (derivation derivationArgs);
in
fnOrAttrs: if isFunction fnOrAttrs then makeExtensible fnOrAttrs else makeConstant fnOrAttrs

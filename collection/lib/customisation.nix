# Ways to make packages out of functions, and to override what they were made of.
{ lib }:

let
  inherit (builtins)
    attrNames
    concatStringsSep
    filter
    head
    intersectAttrs
    isAttrs
    length
    listToAttrs
    map
    mapAttrs
    removeAttrs
    seq
    unsafeGetAttrPos
    ;
  inherit (lib)
    functionArgs
    isDerivation
    isFunction
    makeOverridable
    mirrorFunctionArgs
    setFunctionArgs
    ;
in
{
  /**
    Instantiate a derivation anew with some of its attributes changed.

    # Inputs

    `drv`
    : The derivation.

    `f`
    : Function of the old attributes to the changed ones.
  */
  overrideDerivation =
    drv: f:
    let
      newDrv = derivation (drv.drvAttrs // f drv);
    in
    lib.flip (lib.extendDerivation (seq drv.drvPath true)) newDrv (
      {
        meta = drv.meta or { };
        passthru = drv.passthru or { };
      }
      // drv.passthru or { }
      // lib.optionalAttrs (drv ? __spliced) {
        __spliced = { } // mapAttrs (_: s: lib.overrideDerivation s f) drv.__spliced;
      }
    );

  /**
    Let the result of a function be made again with other arguments, by its attribute `override`.

    The result also gets `overrideDerivation` and, where it has `overrideAttrs`, one that keeps `override`.

    # Type

    ```
    makeOverridable :: (set -> set) -> set -> set
    ```
  */
  makeOverridable =
    f:
    let
      mirrored = mirrorFunctionArgs f;
      # A functor keeps its other attributes, and what its own `override` makes is overridable too.
      decorate =
        g:
        if !isAttrs f then
          mirrored g
        else
          f
          // mirrored g
          // lib.optionalAttrs (f ? override) { override = args: makeOverridable (f.override args); };
    in
    decorate (
      origArgs:
      let
        result = f origArgs;

        # New arguments: a set, or a function of the old ones.
        overrideWith = newArgs: origArgs // (if isFunction newArgs then newArgs origArgs else newArgs);
        overrideArgs = mirrorFunctionArgs f (newArgs: makeOverridable f (overrideWith newArgs));
        overrideResult = g: makeOverridable (mirrorFunctionArgs f (args: g (f args))) origArgs;
      in
      if isAttrs result then
        result
        // {
          override = overrideArgs;
          overrideDerivation = fdrv: overrideResult (x: lib.overrideDerivation x fdrv);
          ${if result ? overrideAttrs then "overrideAttrs" else null} =
            fdrv: overrideResult (x: x.overrideAttrs fdrv);
        }
      else if isFunction result then
        setFunctionArgs result (functionArgs result)
        // {
          override = overrideArgs;
        }
      else
        result
    );

  /**
    Call a function (or the file of one), taking its arguments by name from a set.

    # Inputs

    `autoArgs`
    : Set of arguments to choose from.

    `fn`
    : A function with a set pattern, or a file of one.

    `args`
    : Arguments that win over those of the set.

    # Type

    ```
    callPackageWith :: set -> (path | (set -> a)) -> set -> a
    ```
  */
  callPackageWith =
    autoArgs: fn: args:
    let
      f = if isFunction fn then fn else import fn;
      fargs = functionArgs f;

      allArgs = intersectAttrs fargs autoArgs // args;

      # An argument without default that nobody gives is reported here, where what is close to it is known.
      missing =
        if fargs == { } then
          { }
        else
          removeAttrs (lib.filterAttrs (_: hasDefault: !hasDefault) fargs) (attrNames allArgs);

      suggestionsFor =
        name:
        let
          near = filter (known: lib.strings.levenshteinAtMost 2 name known) (attrNames (autoArgs // args));
          sorted = lib.take 3 (lib.sortOn (lib.strings.levenshtein name) near);
          quoted = map (x: "\"${x}\"") sorted;
        in
        if quoted == [ ] then
          ""
        else if length quoted == 1 then
          ", did you mean ${head quoted}?"
        else
          ", did you mean ${concatStringsSep ", " (lib.init quoted)} or ${lib.last quoted}?";

      errorForArg =
        arg:
        let
          loc = unsafeGetAttrPos arg fargs;
          where =
            if loc != null then
              loc.file + ":" + toString loc.line
            else if !isFunction fn then
              toString (lib.filesystem.resolveDefaultNix fn)
            else
              "<unknown location>";
        in
        "Function called without required argument \"${arg}\" at ${where}${suggestionsFor arg}";
    in
    if missing == { } then
      makeOverridable f allArgs
    else
      # `abort`, so that a search through packages does not pass over the mistake.
      abort "lib.customisation.callPackageWith: ${errorForArg (head (attrNames missing))}";

  /**
    As `callPackageWith`, for a function whose result is a set of packages; `override` works on each of them.
  */
  callPackagesWith =
    autoArgs: fn: args:
    let
      f = if isFunction fn then fn else import fn;
      auto = intersectAttrs (functionArgs f) autoArgs;
      mirrorArgs = mirrorFunctionArgs f;
      origArgs = auto // args;
      pkgs = f origArgs;
      mkAttrOverridable = name: _: makeOverridable (mirrorArgs (newArgs: (f newArgs).${name})) origArgs;
    in
    if isDerivation pkgs then
      throw (
        "function `callPackages` was called on a *single* derivation "
        + ''"${pkgs.name or "<unknown-name>"}";''
        + " did you mean to use `callPackage` instead?"
      )
    else
      mapAttrs mkAttrOverridable pkgs;

  /**
    Add attributes to a derivation and all its outputs; the condition is checked where a path is asked for.

    # Type

    ```
    extendDerivation :: bool -> set -> derivation -> derivation
    ```
  */
  extendDerivation =
    condition: passthru: drv:
    let
      outputs = drv.outputs or [ "out" ];

      commonAttrs =
        drv
        // listToAttrs outputsList
        // {
          all = map (x: x.value) outputsList;
        }
        // passthru;

      outputToAttrListElement = outputName: {
        name = outputName;
        value =
          commonAttrs
          // {
            inherit (drv.${outputName}) type outputName;
            outputSpecified = true;
            drvPath =
              assert condition;
              drv.${outputName}.drvPath;
            outPath =
              assert condition;
              drv.${outputName}.outPath;
          }
          // lib.optionalAttrs (passthru ? overrideAttrs) {
            overrideAttrs = f: (passthru.overrideAttrs f).${outputName};
          };
      };

      outputsList = map outputToAttrListElement outputs;
    in
    commonAttrs
    // {
      drvPath =
        assert condition;
        drv.drvPath;
      outPath =
        assert condition;
        drv.outPath;
    };

  /**
    Strip a derivation to what a build farm needs; forces its evaluation.
  */
  hydraJob =
    drv:
    let
      outputs = drv.outputs or [ "out" ];
      common = {
        inherit (drv) name system meta;
        inherit outputs;
      }
      // lib.optionalAttrs (drv._hydraAggregate or false) {
        _hydraAggregate = true;
        constituents = map lib.hydraJob (lib.flatten drv.constituents);
      }
      // listToAttrs outputsList;
      makeOutput =
        outputName:
        let
          output = drv.${outputName};
        in
        {
          name = outputName;
          value = common // {
            outPath = output.outPath;
            drvPath = output.drvPath;
            type = "derivation";
            inherit outputName;
          };
        };
      outputsList = map makeOutput outputs;
      drv' = (head outputsList).value;
    in
    if drv == null then null else lib.deepSeq drv' drv';

  /**
    A set of packages that see each other, built over a function that makes such sets.

    # Inputs

    `newScope`
    : Function of additional attributes to a `callPackage`.

    `f`
    : `self: { ... }`, the packages of the scope.

    # Type

    ```
    makeScope :: (set -> (path | function) -> set -> a) -> (set -> set) -> scope
    ```
  */
  makeScope =
    newScope: f:
    let
      self = {
        newScope = scope: newScope (self // scope);
        # The function may bring its own.
        callPackage = self.newScope { };
      }
      // f self
      // {
        overrideScope = g: lib.makeScope newScope (lib.extends g f);
        packages = f;
      };
    in
    self;

  /**
    `makeScope` for cross compilation: each package is offered for all platforms it may run on.
  */
  makeScopeWithSplicing' =
    { splicePackages, newScope }:
    {
      otherSplices,
      # The set as the scope shows it, where that is not all of it.
      keep ? (_self: { }),
      extra ? (_spliced0: { }),
      f,
    }:
    let
      spliced0 = splicePackages {
        pkgsBuildBuild = otherSplices.selfBuildBuild;
        pkgsBuildHost = otherSplices.selfBuildHost;
        pkgsBuildTarget = otherSplices.selfBuildTarget;
        pkgsHostHost = otherSplices.selfHostHost;
        pkgsHostTarget = self;
        pkgsTargetTarget = otherSplices.selfTargetTarget;
      };
      spliced = extra spliced0 // spliced0 // keep self;
      self = f self // {
        newScope = scope: newScope (spliced // scope);
        callPackage = newScope spliced;
        overrideScope =
          g:
          lib.makeScopeWithSplicing' { inherit splicePackages newScope; } {
            inherit otherSplices keep extra;
            f = lib.extends g f;
          };
        packages = f;
      };
    in
    self;

  makeScopeWithSplicing =
    splicePackages: newScope: otherSplices: keep: extra: f:
    lib.makeScopeWithSplicing' { inherit splicePackages newScope; } {
      inherit
        otherSplices
        keep
        extra
        f
        ;
    };

  /**
    A `mkDerivation`-like function over another, with the fixed-point arguments of the latter.

    # Inputs

    `constructDrv`
    : The function below, which takes a set or `finalAttrs: { ... }`.

    `excludeDrvArgNames`
    : Arguments that are not handed on.

    `extendDrvArgs`
    : `finalAttrs: args: { ... }`, what is handed on in addition.

    `inheritFunctionArgs`
    : Whether the result declares the arguments of `constructDrv` too.

    `transformDrv`
    : Applied to the derivation.
  */
  extendMkDerivation =
    let
      extendsWithExclusion =
        excludedNames: g: f: final:
        let
          previous = f final;
        in
        removeAttrs previous excludedNames // g final previous;
    in
    {
      constructDrv,
      excludeDrvArgNames ? [ ],
      excludeFunctionArgNames ? [ ],
      extendDrvArgs,
      inheritFunctionArgs ? true,
      transformDrv ? lib.id,
    }:
    setFunctionArgs
      (
        fpargs:
        transformDrv (
          constructDrv (extendsWithExclusion excludeDrvArgNames extendDrvArgs (lib.toFunction fpargs))
        )
      )
      (
        removeAttrs (
          # The arguments of `finalAttrs: { a, b }: ...` are those of the inner function.
          functionArgs (extendDrvArgs { })
          // lib.optionalAttrs inheritFunctionArgs (functionArgs constructDrv)
        ) excludeFunctionArgNames
      );

  /**
    A function over the six combinations of platforms of a package set.
  */
  mapCrossIndex =
    f:
    {
      buildBuild,
      buildHost,
      buildTarget,
      hostHost,
      hostTarget,
      targetTarget,
    }:
    {
      buildBuild = f buildBuild;
      buildHost = f buildHost;
      buildTarget = f buildTarget;
      hostHost = f hostHost;
      hostTarget = f hostTarget;
      targetTarget = f targetTarget;
    };

  /**
    Names of the six combinations of platforms with a prefix before them.
  */
  renameCrossIndexTo =
    prefix: x:
    lib.mapAttrs' (
      name: lib.nameValuePair (prefix + lib.toUpper (lib.substring 0 1 name) + lib.substring 1 (-1) name)
    ) x;

  /**
    The six combinations of platforms of a set in which their names have a prefix.
  */
  renameCrossIndexFrom =
    prefix: x:
    lib.genAttrs [
      "buildBuild"
      "buildHost"
      "buildTarget"
      "hostHost"
      "hostTarget"
      "targetTarget"
    ] (name: x.${prefix + lib.toUpper (lib.substring 0 1 name) + lib.substring 1 (-1) name});
}

# Functions on values that are derivations.
{ lib }:

let
  inherit (builtins) listToAttrs map;
in
{
  inherit (builtins) addDrvOutputDependencies unsafeDiscardOutputDependency;

  /**
    A derivation whose cheap attributes are known before it is evaluated.

    # Inputs

    `derivation`
    : The derivation; evaluated late.

    `meta`, `passthru`, `outputs`, `name`
    : What is known already.
  */
  lazyDerivation =
    args@{
      derivation,
      meta ? null,
      passthru ? { },
      outputs ? [ "out" ],
      ...
    }:
    let
      checked =
        if derivation.type or null == "derivation" then
          derivation
        else
          throw "lazyDerivation: input must be a derivation.";
    in
    {
      type = "derivation";
      inherit (checked)
        outPath
        outputName
        drvPath
        name
        system
        ;
      inherit outputs;
      meta = if args ? meta then meta else checked.meta or { };
    }
    // listToAttrs (
      map (name: {
        inherit name;
        value = checked.${name};
      }) outputs
    )
    // lib.optionalAttrs (args ? pname) { inherit (args) pname; }
    // lib.optionalAttrs (args ? version) { inherit (args) version; }
    // passthru;

  /**
    The value where the condition holds, else `null`: for attributes that a derivation may have or not.
  */
  optionalDrvAttr = cond: value: if cond then value else null;

  /**
    Print a warning where a derivation is instantiated, not where it is merely looked at.
  */
  warnOnInstantiate =
    msg: drv:
    let
      # These decide nothing about what is built.
      keep = removeAttrs drv [
        "meta"
        "name"
        "type"
        "outputName"
        "outputs"
        "system"
        "passthru"
      ];
    in
    drv // builtins.mapAttrs (_: lib.warn msg) keep;
}

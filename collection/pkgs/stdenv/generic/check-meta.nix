# What `meta` of a package says, completed, and whether the configuration lets the package be evaluated.
{
  lib,
  config,
  stdenv,
}:

let
  inherit (lib) isList toList;

  allowUnfree = config.allowUnfree or false;
  allowBroken = config.allowBroken or false;
  allowUnsupported = config.allowUnsupportedSystem or false;
  allowUnfreePredicate = config.allowUnfreePredicate or (_: false);
  permittedInsecure = config.permittedInsecurePackages or [ ];

  isUnfree = licenses: lib.any (license: !(license.free or true)) (toList licenses);

  platformMatches =
    platforms:
    lib.any (
      platform:
      if builtins.isString platform then
        platform == stdenv.hostPlatform.system
      else
        lib.meta.platformMatch stdenv.hostPlatform platform
    ) platforms;

  refusal =
    meta: what: remedy:
    "Package ‘${meta.name}’ in ${meta.position or "«unknown-file»"} ${what}, refusing to evaluate.\n\n${remedy}";
in
{
  commonMeta =
    {
      name,
      attrs,
      outputs,
      pos,
    }:
    let
      meta = attrs.meta or { };
      hasOut = builtins.elem "out" outputs;
      unsupported =
        !(platformMatches (meta.platforms or [ stdenv.hostPlatform.system ]))
        || (meta ? badPlatforms && platformMatches meta.badPlatforms);
      unfree = meta ? license && isUnfree meta.license;
      insecure = meta.knownVulnerabilities or [ ] != [ ];
      broken = meta.broken or false;
    in
    {
      inherit
        broken
        insecure
        name
        unfree
        unsupported
        ;
      available =
        !(broken && !allowBroken)
        && !(unsupported && !allowUnsupported)
        && !(unfree && !allowUnfree && !allowUnfreePredicate attrs)
        && !(insecure && !builtins.elem name permittedInsecure);
      # What a profile installs: programs and manuals, before libraries and headers.
      outputsToInstall = [
        (
          if builtins.elem "bin" outputs then
            "bin"
          else if hasOut then
            "out"
          else
            builtins.head outputs
        )
      ]
      ++ lib.optional (builtins.elem "man" outputs) "man";
    }
    // lib.optionalAttrs (pos != null) { position = "${pos.file}:${toString pos.line}"; }
    // meta;

  # A value that is `true`, or stops with the reason.
  assertValidity =
    { meta }:
    if meta.available then
      true
    else if meta.broken && !allowBroken then
      throw (
        refusal meta "is marked as broken" "To allow it, set `config.allowBroken = true`."
      )
    else if meta.unsupported && !allowUnsupported then
      throw (
        refusal meta "is not available on the requested hostPlatform ‘${stdenv.hostPlatform.system}’"
          "To try it nevertheless, set `config.allowUnsupportedSystem = true`."
      )
    else if meta.insecure && !builtins.elem meta.name permittedInsecure then
      throw (
        refusal meta "is marked as insecure" (
          "Known issues:\n"
          + lib.concatMapStrings (issue: " - ${issue}\n") meta.knownVulnerabilities
          + "To allow it, add ‘${meta.name}’ to `config.permittedInsecurePackages`."
        )
      )
    else
      throw (
        refusal meta "has an unfree license (‘${
          lib.concatMapStringsSep ", " (license: license.shortName or license.fullName or "unknown") (
            toList meta.license
          )
        }’)" "To allow it, set `config.allowUnfree = true`."
      );
}

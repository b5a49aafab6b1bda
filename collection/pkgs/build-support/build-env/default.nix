# One tree of links to the files of several packages, as profiles and a system's software are: packages of a
# higher priority (a lower number) win, and two files of one name at one priority are an error.
{ lib, runCommand }:

lib.makeOverridable (
  {
    name ? "${args.pname}-${args.version}",
    pname ? null,
    version ? null,
    # A file for $out/manifest.nix.
    manifest ? "",
    paths,
    # Which parts of the packages: "/" is everything.
    pathsToLink ? [ "/" ],
    # Outputs besides each package's own `meta.outputsToInstall`.
    extraOutputsToInstall ? [ ],
    ignoreCollisions ? false,
    ignoreSingleFileOutputs ? false,
    checkCollisionContents ? true,
    extraPrefix ? "",
    # Commands at the end.
    postBuild ? "",
    nativeBuildInputs ? [ ],
    buildInputs ? [ ],
    passthru ? { },
    meta ? { },
    includeClosures ? false,
  }@args:

  let
    outputsOf =
      drv:
      # A package of an explicit output is that output alone.
      if !(lib.isDerivation drv) then
        [ drv ]
      else if drv.outputSpecified or false then
        [ drv ]
      else
        map (output: drv.${output}) (
          lib.unique (
            drv.meta.outputsToInstall or [ "out" ] ++ lib.filter (output: drv ? ${output}) extraOutputsToInstall
          )
        );
    entries = lib.concatMap (
      drv: map (path: "${toString (drv.meta.priority or lib.meta.defaultPriority)} ${path}") (outputsOf drv)
    ) (lib.filter (x: x != null) paths);
  in
  runCommand name
    {
      inherit
        buildInputs
        checkCollisionContents
        extraPrefix
        ignoreCollisions
        ignoreSingleFileOutputs
        manifest
        meta
        nativeBuildInputs
        passthru
        postBuild
        ;
      preferLocalBuild = true;
      allowSubstitutes = false;
      entries = lib.concatMapStrings (entry: "${entry}\n") entries;
      pathsToLink = lib.concatMapStrings (path: "${path}\n") pathsToLink;
      passAsFile = [
        "entries"
        "pathsToLink"
      ];
    }
    ''
      root=$out$extraPrefix
      source ${./build-env.sh}
      if [ -n "$manifest" ]; then
        ln -s "$manifest" "$out/manifest"
      fi
      eval "$postBuild"
    ''
)

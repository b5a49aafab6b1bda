# <nix/fetchurl.nix>: a derivation that downloads one file, or unpacks one archive, without anything built before it.
{
  url,
  name ? baseNameOf (toString url),

  # The expected hash: SRI in `hash`, or one of the older attributes for a single algorithm.
  hash ? "",
  sha512 ? "",
  sha1 ? "",
  md5 ? "",
  sha256 ? "",
  outputHash ? null,
  outputHashAlgo ? null,

  executable ? false,
  unpack ? false,

  # Download without a hash; needs the feature of impure derivations.
  impure ? false,

  # Not used any more; callers still pass it.
  system ? "",
}:

let
  # In the order in which one wins over the next; the last counts even when it is empty.
  candidates = [
    {
      hash = hash;
      algorithm = "";
    }
    {
      hash = sha512;
      algorithm = "sha512";
    }
    {
      hash = sha1;
      algorithm = "sha1";
    }
    {
      hash = md5;
      algorithm = "md5";
    }
  ];

  given = builtins.filter (candidate: candidate.hash != "") candidates;

  chosen =
    if given == [ ] then
      {
        hash = sha256;
        algorithm = "sha256";
      }
    else
      builtins.head given;

  expectation =
    if impure then
      { __impure = true; }
    else
      {
        outputHash = if outputHash == null then chosen.hash else outputHash;
        outputHashAlgo = if outputHashAlgo == null then chosen.algorithm else outputHashAlgo;
      };
in

derivation (
  expectation
  // {
    inherit
      executable
      name
      unpack
      url
      ;
    builder = "builtin:fetchurl";
    system = "builtin";
    outputHashMode = if executable || unpack then "recursive" else "flat";

    # These three do nothing to the build; the paths of existing derivations depend on them.
    urls = [ url ];
    preferLocalBuild = true;
    impureEnvVars = map (scheme: "${scheme}_proxy") [
      "http"
      "https"
      "ftp"
      "all"
      "no"
    ];
  }
)

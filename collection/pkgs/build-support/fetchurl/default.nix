# A fixed-output download. The builder itself does it; no program is needed, so it is there from the start.
{ lib, stdenvNoCC }:

let
  pinned = import ./pinned.nix;
in
{
  url ? "",
  # Tried in this order; the builder's own download takes one, so the first counts.
  urls ? [ ],
  # How the file is checked: an SRI hash, or one of the older attributes.
  hash ? "",
  sha512 ? "",
  sha256 ? "",
  sha1 ? "",
  outputHash ? "",
  outputHashAlgo ? "",
  name ? "",
  pname ? "",
  version ? "",
  executable ? false,
  # The file is in the store as something else than what was sent: unpacked, say.
  recursiveHash ? false,
  meta ? { },
  passthru ? { },
  ...
}@args:

let
  chosen =
    if url != "" then
      url
    else if urls != [ ] then
      builtins.head urls
    else
      throw "fetchurl: 'url' or 'urls' has to be given";
  sri =
    if hash != "" then
      hash
    else if outputHash != "" then
      builtins.convertHash {
        hash = outputHash;
        hashAlgo = outputHashAlgo;
        toHashFormat = "sri";
      }
    else
      let
        algorithm =
          if sha512 != "" then
            "sha512"
          else if sha256 != "" then
            "sha256"
          else if sha1 != "" then
            "sha1"
          else
            throw "fetchurl: ${chosen} needs a hash; 'lib.fakeHash' gives one that the error message corrects";
        given = lib.findFirst (x: x != "") "" [
          sha512
          sha256
          sha1
        ];
      in
      if lib.hasPrefix "${algorithm}-" given then
        given
      else
        builtins.convertHash {
          hash = given;
          hashAlgo = algorithm;
          toHashFormat = "sri";
        };
  unsupported = lib.filter (attr: args.${attr} or "" != "") [
    "postFetch"
    "curlOpts"
    "downloadToTemp"
  ];
in
if unsupported != [ ] then
  throw "fetchurl: ${lib.concatStringsSep ", " unsupported} is not supported here: downloads are the builder's own"
else
  pinned (
    {
      url = chosen;
      hash = if sri == "" then lib.fakeHash else sri;
      executable = executable;
    }
    // lib.optionalAttrs (name != "" || pname != "") {
      name = if name != "" then name else "${pname}-${version}";
    }
  )
  // {
    url = chosen;
    urls = [ chosen ];
    inherit meta passthru;
  }
  // passthru

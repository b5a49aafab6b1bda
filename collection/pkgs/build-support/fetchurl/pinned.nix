# A download that needs nothing but the builder itself: a fixed-output derivation of `builtin:fetchurl`.
{
  url,
  hash,
  name ? builtins.replaceStrings [ "~" "%" ] [ "-" "-" ] (baseNameOf url),
  executable ? false,
  unpack ? false,
}:

derivation {
  inherit
    executable
    name
    unpack
    url
    ;
  urls = [ url ];
  system = "builtin";
  builder = "builtin:fetchurl";
  outputHashMode = if executable || unpack then "recursive" else "flat";
  outputHashAlgo = null;
  outputHash = hash;
  preferLocalBuild = true;
  impureEnvVars = [
    "http_proxy"
    "https_proxy"
    "ftp_proxy"
    "all_proxy"
    "no_proxy"
  ];
}

# The closure of some store paths as files: `store-paths` (one a line), `registration` (what `nix-store --load-db`
# reads) and `total-nar-size` (bytes).
{ stdenvNoCC }:

{ rootPaths }:

stdenvNoCC.mkDerivation {
  name = "closure-info";

  __structuredAttrs = true;
  exportReferencesGraph.closure = rootPaths;
  preferLocalBuild = true;
  allowSubstitutes = false;
  # A closure may hold the seed, for a machine that is to build.
  mayNameSeed = true;

  # The builder of a closure's description refers to all of it.
  buildCommand = ''
    mkdir -p "$out"
    # One object a line: .attrs.json has the graph as an array of them, sorted by path.
    gawk -v out="$out" -f ${./closure-info.awk} < "$NIX_ATTRS_JSON_FILE"
  '';
}

# A package that is a setup hook: a script that setup.sh sources for each package that has it as input.
{ lib, stdenvNoCC }:

{
  name ? "hook",
  # Packages that come along with it.
  propagatedBuildInputs ? [ ],
  propagatedNativeBuildInputs ? [ ],
  deps ? propagatedBuildInputs,
  # Variables of the hook: `@name@` becomes the value.
  substitutions ? { },
  meta ? { },
  passthru ? { },
}:
script:

stdenvNoCC.mkDerivation (
  substitutions
  // {
    inherit
      meta
      name
      passthru
      propagatedNativeBuildInputs
      ;
    propagatedBuildInputs = deps;
    strictDeps = true;
    hookScript = script;
    buildCommand = ''
      mkdir -p "$out/nix-support"
      substituteAll "$hookScript" "$out/nix-support/setup-hook"
      _writePropagated propagated-build-inputs propagatedBuildInputs
      _writePropagated propagated-native-build-inputs propagatedNativeBuildInputs
    '';
  }
)

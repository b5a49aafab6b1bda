# An environment for nix-shell: what the packages in it need, and what building `inputsFrom` needs.
{ lib, stdenv }:

lib.makeOverridable (
  { stdenv }:
  {
    name ? "nix-shell",
    # Programs of the shell.
    packages ? [ ],
    # Packages whose own inputs are wanted.
    inputsFrom ? [ ],
    ...
  }@attrs:

  let
    merged =
      name:
      attrs.${name} or [ ]
      ++ lib.subtractLists inputsFrom (lib.flatten (lib.catAttrs name (map (x: x.drvAttrs or x) inputsFrom)));
  in
  stdenv.mkDerivation (
    removeAttrs attrs [
      "packages"
      "inputsFrom"
      "buildInputs"
      "nativeBuildInputs"
      "propagatedBuildInputs"
      "propagatedNativeBuildInputs"
      "shellHook"
    ]
    // {
      inherit name;
      buildInputs = merged "buildInputs";
      nativeBuildInputs = packages ++ merged "nativeBuildInputs";
      propagatedBuildInputs = merged "propagatedBuildInputs";
      propagatedNativeBuildInputs = merged "propagatedNativeBuildInputs";
      shellHook = lib.concatStringsSep "\n" (
        lib.catAttrs "shellHook" (lib.reverseList inputsFrom ++ [ attrs ])
      );
      phases = [ "buildPhase" ];
      # It can be built as well: the result keeps the inputs alive.
      buildPhase = ''
        {
          echo "# The inputs of a shell's environment"
          export
        } > "$out"
      '';
      preferLocalBuild = true;
    }
  )
) { inherit stdenv; }

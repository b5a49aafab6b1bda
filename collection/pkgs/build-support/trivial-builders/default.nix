# Derivations of a few lines: a text, a script, a command, a tree of links.
{
  lib,
  config,
  stdenv,
  stdenvNoCC,
  runtimeShell,
}:

let
  inherit (lib)
    concatMapStringsSep
    escapeShellArg
    getExe
    optionalAttrs
    optionalString
    ;

  # A name that is free of the source's own store path.
  nameOfSource = src: builtins.unsafeDiscardStringContext (src.name or (baseNameOf (toString src)));

  nameOfVersion =
    function: args:
    if args ? pname && args ? version then
      "${args.pname}-${args.version}"
    else
      throw "${function}: 'name', or 'pname' and 'version', have to be given";

  runCommandWith =
    {
      stdenv ? stdenvNoCC,
      runLocal ? false,
      derivationArgs ? { },
      name,
    }:
    buildCommand:
    stdenv.mkDerivation (
      {
        inherit buildCommand name;
        enableParallelBuilding = true;
        passAsFile = [ "buildCommand" ] ++ derivationArgs.passAsFile or [ ];
      }
      // optionalAttrs runLocal {
        preferLocalBuild = true;
        allowSubstitutes = false;
      }
      // removeAttrs derivationArgs [ "passAsFile" ]
    );

  runCommand = name: derivationArgs: runCommandWith { inherit derivationArgs name; };
  runCommandLocal =
    name: derivationArgs:
    runCommandWith {
      inherit derivationArgs name;
      runLocal = true;
    };
  runCommandCC =
    name: derivationArgs:
    runCommandWith {
      inherit derivationArgs name stdenv;
    };

  writeTextFile =
    {
      name ? lib.getName derivationArgs,
      text,
      # Whether anyone may run it.
      executable ? false,
      # Where the text lies below the store path, "/bin/foo" say; the store path itself where empty.
      destination ? "",
      checkPhase ? "",
      meta ? { },
      passthru ? { },
      allowSubstitutes ? false,
      preferLocalBuild ? true,
      derivationArgs ? { },
    }:
    assert lib.assertMsg (destination != "" -> lib.hasPrefix "/" destination)
      "destination must be an absolute path, relative to the derivation's out path, got '${destination}'";
    runCommand name
      (
        {
          inherit
            allowSubstitutes
            checkPhase
            executable
            preferLocalBuild
            text
            ;
          # Not `destination`: what is at hand in the build has this name in other collections.
          target = destination;
          passAsFile = [ "text" ] ++ derivationArgs.passAsFile or [ ];
          meta = optionalAttrs (executable && lib.hasPrefix "/bin/" destination) {
            mainProgram = lib.removePrefix "/bin/" destination;
          }
          // meta
          // derivationArgs.meta or { };
          passthru = passthru // derivationArgs.passthru or { };
        }
        // removeAttrs derivationArgs [
          "meta"
          "passAsFile"
          "passthru"
        ]
      )
      ''
        target=$out$target
        mkdir -p "$(dirname "$target")"
        cp "$textPath" "$target"
        if [ -n "$executable" ]; then
          chmod +x "$target"
        fi
        eval "$checkPhase"
      '';

  writeText =
    name: text:
    writeTextFile { inherit name text; };

  writeTextDir =
    path: text:
    writeTextFile {
      name = builtins.baseNameOf path;
      inherit text;
      destination = "/${path}";
    };

  writeScript =
    name: text:
    writeTextFile {
      inherit name text;
      executable = true;
    };

  writeScriptBin =
    name: text:
    writeTextFile {
      inherit name text;
      executable = true;
      destination = "/bin/${name}";
    };

  shellText = text: ''
    #!${runtimeShell}
    ${text}
  '';
  syntaxCheck = ''
    /bin/bash -n -O extglob "$target"
  '';

  writeShellScript =
    name: text:
    writeTextFile {
      inherit name;
      executable = true;
      text = shellText text;
      checkPhase = syntaxCheck;
    };

  writeShellScriptBin =
    name: text:
    writeTextFile {
      inherit name;
      executable = true;
      destination = "/bin/${name}";
      text = shellText text;
      checkPhase = syntaxCheck;
      meta.mainProgram = name;
    };

  writeShellApplication =
    {
      name,
      text,
      # Packages whose programs the script finds.
      runtimeInputs ? [ ],
      runtimeEnv ? null,
      bashOptions ? [
        "errexit"
        "nounset"
        "pipefail"
      ],
      inheritPath ? true,
      excludeShellChecks ? [ ],
      extraShellCheckFlags ? [ ],
      checkPhase ? null,
      meta ? { },
      passthru ? { },
      derivationArgs ? { },
    }:
    writeTextFile {
      inherit derivationArgs name passthru;
      executable = true;
      destination = "/bin/${name}";
      allowSubstitutes = true;
      preferLocalBuild = false;
      meta = {
        mainProgram = name;
      }
      // meta;
      text = ''
        #!${runtimeShell}
        ${concatMapStringsSep "\n" (option: "set -o ${option}") bashOptions}
      ''
      + optionalString (runtimeEnv != null) (
        lib.concatStrings (
          lib.mapAttrsToList (variable: value: ''
            ${lib.toShellVar variable value}
            export ${variable}
          '') runtimeEnv
        )
      )
      + optionalString (runtimeInputs != [ ]) ''

        export PATH="${lib.makeBinPath runtimeInputs}${optionalString inheritPath ":$PATH"}"
      ''
      + ''

        ${text}
      '';
      checkPhase = if checkPhase != null then checkPhase else syntaxCheck;
    };

  concatTextFile =
    {
      name,
      files,
      executable ? false,
      destination ? "",
      checkPhase ? "",
      meta ? { },
      passthru ? { },
    }:
    runCommandLocal name
      {
        inherit
          checkPhase
          executable
          files
          meta
          passthru
          ;
        target = destination;
      }
      ''
        target=$out$target
        mkdir -p "$(dirname "$target")"
        cat $files > "$target"
        if [ -n "$executable" ]; then
          chmod +x "$target"
        fi
        eval "$checkPhase"
      '';

  # One tree of links to all files of `paths`; the first of two files of one name wins.
  symlinkJoin =
    {
      name ? nameOfVersion "symlinkJoin" args,
      paths,
      stripPrefix ? "",
      preferLocalBuild ? true,
      allowSubstitutes ? false,
      postBuild ? "",
      failOnMissing ? stripPrefix == "",
      ...
    }@args:
    runCommand name
      (
        removeAttrs args [
          "name"
          "postBuild"
          "stripPrefix"
        ]
        // {
          inherit allowSubstitutes preferLocalBuild;
          paths = map (path: "${path}${stripPrefix}") paths;
          passAsFile = [ "paths" ];
        }
      )
      ''
        mkdir -p "$out"
        joinTree() {
          # joinTree SOURCE TARGET: both folders; a folder behind a link is opened up when another joins it.
          local entry name old
          for entry in "$1"/* "$1"/.[!.]*; do
            if [ ! -e "$entry" ] && [ ! -L "$entry" ]; then
              continue
            fi
            name=''${entry##*/}
            if [ ! -e "$2/$name" ] && [ ! -L "$2/$name" ]; then
              if [ -d "$entry" ] && [ ! -L "$entry" ]; then
                mkdir "$2/$name"
                joinTree "$entry" "$2/$name"
              else
                ln -s "$entry" "$2/$name"
              fi
            elif [ -d "$entry" ] && [ -d "$2/$name" ]; then
              if [ -L "$2/$name" ]; then
                old=$(readlink -f "$2/$name")
                rm "$2/$name"
                mkdir "$2/$name"
                joinTree "$old" "$2/$name"
              fi
              joinTree "$entry" "$2/$name"
            fi
          done
        }
        for path in $(cat "$pathsPath"); do
          if [ -d "$path" ]; then
            joinTree "$path" "$out"
          elif [ -n "${toString failOnMissing}" ]; then
            echo "symlinkJoin: $path is not a folder" >&2
            exit 1
          fi
        done
        ${postBuild}
      '';

  linkFarm =
    name: entries:
    let
      list =
        if builtins.isAttrs entries then
          lib.mapAttrsToList (name: path: { inherit name path; }) entries
        else
          entries;
      # Later entries replace earlier ones of the same name.
      byName = lib.listToAttrs (map (entry: lib.nameValuePair entry.name entry.path) list);
    in
    runCommand name
      {
        preferLocalBuild = true;
        allowSubstitutes = false;
        passthru.entries = byName;
      }
      ''
        mkdir -p "$out"
        cd "$out"
        ${lib.concatStrings (
          lib.mapAttrsToList (entry: path: ''
            mkdir -p -- "$(dirname -- ${escapeShellArg entry})"
            ln -s -- ${escapeShellArg "${path}"} ${escapeShellArg entry}
          '') byName
        )}
      '';

  linkFarmFromDrvs =
    name: drvs:
    linkFarm name (
      map (drv: {
        inherit (drv) name;
        path = drv;
      }) drvs
    );

  # A file with its @variables@ filled in.
  substitute =
    {
      src,
      name ? if args ? pname then nameOfVersion "substitute" args else nameOfSource src,
      substitutions ? [ ],
      replacements ? [ ],
      dir ? null,
      isExecutable ? false,
      meta ? { },
      ...
    }@args:
    runCommand name
      (
        removeAttrs args [
          "replacements"
          "substitutions"
        ]
        // {
          inherit dir isExecutable meta;
        }
      )
      ''
        target=$out
        if [ -n "$dir" ]; then
          target=$out/$dir/$name
          mkdir -p "$out/$dir"
        fi
        substitute "$src" "$target" ${lib.escapeShellArgs substitutions} ${toString replacements}
        if [ -n "$isExecutable" ]; then
          chmod +x "$target"
        fi
      '';

  substituteAll =
    {
      src,
      name ? if args ? pname then nameOfVersion "substitute" args else nameOfSource src,
      dir ? null,
      isExecutable ? false,
      postInstall ? "",
      ...
    }@args:
    stdenvNoCC.mkDerivation (
      {
        inherit name;
        dontUnpack = true;
        preferLocalBuild = true;
        allowSubstitutes = false;
        buildCommand = ''
          target=$out
          if [ -n "''${dir:-}" ]; then
            target=$out/$dir/$name
            mkdir -p "$out/$dir"
          fi
          substituteAll "$src" "$target"
          if [ -n "''${isExecutable:-}" ]; then
            chmod +x "$target"
          fi
          eval "''${postInstall:-}"
        '';
      }
      // removeAttrs args [ "name" ]
    );

  replaceVars =
    path: variables:
    replaceVarsWith {
      src = path;
      replacements = variables;
    };
  replaceVarsWith =
    {
      src,
      replacements,
      name ? nameOfSource src,
      dir ? null,
      isExecutable ? false,
      meta ? { },
      ...
    }:
    let
      wanted = lib.filterAttrs (_: value: value != null) replacements;
      # Variables that stay as they are.
      kept = lib.attrNames (lib.filterAttrs (_: value: value == null) replacements);
    in
    runCommand name
      {
        inherit
          dir
          isExecutable
          meta
          src
          ;
      }
      ''
      target=$out
      if [ -n "$dir" ]; then
        target=$out/$dir/$name
        mkdir -p "$out/$dir"
      fi
      substitute "$src" "$target" ${
        lib.concatStringsSep " " (
          lib.mapAttrsToList (
            variable: value: "--replace-fail ${escapeShellArg "@${variable}@"} ${escapeShellArg "${value}"}"
          ) wanted
        )
      }
      if grep -oE '@[a-zA-Z_][a-zA-Z0-9_]*@' "$target" | grep -vxF ${
        escapeShellArg (lib.concatLines (map (variable: "@${variable}@") kept ++ [ "@" ]))
      }; then
        echo "replaceVars: variables above have no value" >&2
        exit 1
      fi
      if [ -n "$isExecutable" ]; then
        chmod +x "$target"
      fi
    '';

  # The store paths of a derivation's build-time references, one a line.
  writeStringReferencesToFile =
    string:
    writeText "string-references" (
      lib.concatMapStrings (path: "${path}\n") (builtins.attrNames (builtins.getContext string))
    );

  writeDirectReferencesToFile =
    path:
    runCommand "runtime-references"
      {
        exportReferencesGraph = [
          "graph"
          path
        ];
        inherit path;
      }
      ''
        touch references
        while read -r entry; do
          read -r deriver
          read -r count
          for ((i = 0; i < count; i++)); do
            read -r reference
            if [ "$entry" = "$path" ]; then
              echo "$reference" >> references
            fi
          done
        done < graph
        sort references > "$out"
      '';

  # What another derivation's output is, with changes by a command, without building it anew.
  applyPatches =
    {
      src,
      name ? (if builtins.typeOf src == "path" then baseNameOf src else src.name or "source") + "-patched",
      patches ? [ ],
      prePatch ? "",
      postPatch ? "",
      ...
    }@args:
    stdenvNoCC.mkDerivation (
      {
        inherit
          name
          patches
          postPatch
          prePatch
          src
          ;
        preferLocalBuild = true;
        allowSubstitutes = false;
        phases = "unpackPhase patchPhase installPhase";
        installPhase = "cp -R ./ $out";
      }
      // removeAttrs args [
        "name"
        "patches"
        "postPatch"
        "prePatch"
        "src"
      ]
    );

  emptyFile = runCommandLocal "empty-file" {
    outputHash = "sha256-d6xi4mKdjkX2JFicDIv5niSzpyI0m/Hnm8GGAIU04kY=";
    outputHashAlgo = "sha256";
    outputHashMode = "recursive";
  } "touch $out";

  emptyDirectory = runCommandLocal "empty-directory" {
    outputHash = "sha256-pQpattmS9VmO3ZIQUFn66az8GSmB4IvYhTTCFn6SUmo=";
    outputHashAlgo = "sha256";
    outputHashMode = "recursive";
  } "mkdir $out";
in
{
  inherit
    applyPatches
    concatTextFile
    emptyDirectory
    emptyFile
    linkFarm
    linkFarmFromDrvs
    replaceVars
    replaceVarsWith
    runCommand
    runCommandCC
    runCommandLocal
    runCommandWith
    substitute
    substituteAll
    symlinkJoin
    writeDirectReferencesToFile
    writeScript
    writeScriptBin
    writeShellApplication
    writeShellScript
    writeShellScriptBin
    writeStringReferencesToFile
    writeText
    writeTextDir
    writeTextFile
    ;
  concatText = name: files: concatTextFile { inherit files name; };
  concatScript =
    name: files:
    concatTextFile {
      inherit files name;
      executable = true;
    };
  srcOnly =
    drv:
    drv.overrideAttrs (_: {
      name = "${drv.name}-source";
      phases = [
        "unpackPhase"
        "patchPhase"
        "installPhase"
      ];
      outputs = [ "out" ];
      installPhase = "cp -r . $out";
    });
}

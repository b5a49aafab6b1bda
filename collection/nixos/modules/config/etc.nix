# Files of /etc, each by its name.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  entries = builtins.filter (e: e.enable) (lib.attrValues config.environment.etc);

  # One derivation for the whole tree: most files are links, so it is quick to make anew.
  etc =
    pkgs.runCommand "etc"
      {
        preferLocalBuild = true;
        allowSubstitutes = false;
        passAsFile = [ "table" ];
        # Fields end in a tab; a source may be a directory with a pattern.
        table = lib.concatMapStrings (
          e: "${e.target}\t${e.mode}\t${e.user}\t${e.group}\t${e.source}\n"
        ) entries;
      }
      ''
        mkdir -p "$out/etc"
        while IFS=$'\t' read -r target mode user group source; do
          if [[ $source = *'*'* ]]; then
            # A directory of links, one for each match.
            mkdir -p "$out/etc/$target"
            for file in $source; do ln -s "$file" "$out/etc/$target/"; done
            continue
          fi
          directory=$out/etc/$target
          directory=''${directory%/*}
          [ -d "$directory" ] || mkdir -p "$directory"
          if [ -e "$out/etc/$target" ] || [ -L "$out/etc/$target" ]; then
            if [ "$(readlink "$out/etc/$target")" != "$source" ]; then
              echo "mismatched duplicate entry in /etc: $target is both $(readlink "$out/etc/$target") and $source" >&2
              exit 1
            fi
          else
            ln -s "$source" "$out/etc/$target"
          fi
          if [ "$mode" != symlink ]; then
            echo "$mode" > "$out/etc/$target.mode"
            echo "$user" > "$out/etc/$target.uid"
            echo "$group" > "$out/etc/$target.gid"
          fi
        done < "$tablePath"
      '';
in
{
  options.environment.etc = mkOption {
    default = { };
    example = lib.literalExpression ''
      {
        motd.text = "Hello";
        "default/useradd" = { source = ./useradd; mode = "0600"; };
      }
    '';
    description = "Files in `/etc`, by their path below it.";
    type = types.attrsOf (
      types.submodule (
        {
          name,
          config,
          options,
          ...
        }:
        {
          options = {
            enable = mkOption {
              type = types.bool;
              default = true;
              description = "Whether the file is there.";
            };
            target = mkOption {
              type = types.str;
              default = name;
              defaultText = "the name of the attribute";
              description = "Path of the file below `/etc`.";
            };
            text = mkOption {
              type = types.nullOr types.lines;
              default = null;
              description = "Content of the file.";
            };
            source = mkOption {
              type = types.path;
              description = "File that it is a link to, or a copy of.";
            };
            mode = mkOption {
              type = types.str;
              default = "symlink";
              example = "0600";
              description = ''
                With `symlink`, the file is a link through `/etc/static`; with `direct-symlink`, a link straight
                to its source; else it is a copy with this mode.
              '';
            };
            uid = mkOption {
              type = types.int;
              default = 0;
              description = "Number of the owner of a copy.";
            };
            gid = mkOption {
              type = types.int;
              default = 0;
              description = "Number of the group of a copy.";
            };
            user = mkOption {
              type = types.str;
              default = "+${toString config.uid}";
              defaultText = "the number in `uid`";
              description = "Owner of a copy, by name, or by number with a `+` before it.";
            };
            group = mkOption {
              type = types.str;
              default = "+${toString config.gid}";
              defaultText = "the number in `gid`";
              description = "Group of a copy, by name, or by number with a `+` before it.";
            };
          };

          config.source = lib.mkIf (config.text != null) (
            let
              fileName = "etc-" + lib.strings.sanitizeDerivationName (baseNameOf name);
              # A text that names no store path is a file of its own right away; nothing has to be built.
              file =
                if builtins.hasContext config.text then
                  pkgs.writeText fileName config.text
                else
                  builtins.toFile fileName config.text;
            in
            lib.mkDerivedConfig options.text (_: file)
          );
        }
      )
    );
  };

  config.system.build.etc = etc;
}

# Programs that run with more rights than their caller: the store holds none, so they are copied out of it.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  cfg = config.security;

  wrapperModule =
    { name, ... }:
    {
      options = {
        enable = mkOption {
          type = types.bool;
          default = true;
          description = "Whether the program is there.";
        };
        source = mkOption {
          type = types.path;
          description = "The program.";
        };
        program = mkOption {
          type = types.nullOr types.str;
          default = name;
          description = "Name of the program in the wrappers' directory.";
        };
        owner = mkOption {
          type = types.str;
          description = "Owner of the program.";
        };
        group = mkOption {
          type = types.str;
          description = "Group of the program.";
        };
        permissions = mkOption {
          type = types.strMatching "([0-7]{3,4})|(([ugoa]*[-+=][rwxX]*,?)*)";
          default = "u+rx,g+x,o+x";
          description = "Mode of the program.";
        };
        capabilities = mkOption {
          type = types.commas;
          default = "";
          example = "cap_net_raw+ep";
          description = "Capabilities of the program.";
        };
        setuid = mkOption {
          type = types.bool;
          default = false;
          description = "Whether the program runs as its owner.";
        };
        setgid = mkOption {
          type = types.bool;
          default = false;
          description = "Whether the program runs with its group.";
        };
      };
    };

  install =
    name: w:
    let
      target = ''"$wrapperDir/${w.program}"'';
      mode = lib.concatStringsSep "," (
        [ w.permissions ] ++ lib.optional w.setuid "u+s" ++ lib.optional w.setgid "g+s"
      );
    in
    # The program itself is copied: its libraries are named by absolute paths, which are honoured for privileged
    # programs too. The mode comes last: a change of the owner takes the special bits away.
    ''
      "$STATIC_TOOLS" cp ${w.source} ${target}
      "$STATIC_TOOLS" chmod 0000 ${target}
      "$STATIC_TOOLS" chown ${w.owner}:${w.group} ${target}
    ''
    # A number and letters cannot be in one argument.
    + lib.concatMapStrings (mode: ''
      "$STATIC_TOOLS" chmod ${mode} ${target}
    '') (if builtins.match "[0-7]+,.+" mode == null then [ mode ] else lib.splitString "," mode)
    + lib.optionalString (w.capabilities != "") ''
      ${pkgs.libcap}/bin/setcap "${w.capabilities}" ${target}
    '';
in
{
  options.security = {
    wrappers = mkOption {
      type = types.attrsOf (types.submodule wrapperModule);
      default = { };
      example = lib.literalExpression ''
        {
          ping = {
            owner = "root";
            group = "root";
            capabilities = "cap_net_raw+ep";
            source = "''${pkgs.iputils}/bin/ping";
          };
        }
      '';
      description = "Programs that run with the rights of their owner, their group, or with capabilities, by name.";
    };

    enableWrappers = mkOption {
      type = types.bool;
      default = true;
      description = "Whether there are such programs at all.";
    };

    wrapperDir = mkOption {
      type = types.path;
      default = "/run/wrappers/bin";
      internal = true;
      description = "Directory of the wrappers; it is the first in every `PATH`.";
    };
  };

  config = lib.mkIf cfg.enableWrappers {
    assertions = lib.mapAttrsToList (name: w: {
      assertion = w.setuid || w.setgid -> w.capabilities == "";
      message = "The security.wrappers.${name} wrapper is not valid: setuid/setgid and capabilities are mutually exclusive.";
    }) cfg.wrappers;

    system.activationScripts.wrappers = {
      # Owners are names.
      deps = [
        "users"
        "groups"
      ];
      text = ''
        # /run refuses such programs; they get a file system of their own.
        [ -d /run/wrappers ] || mkdir -p /run/wrappers
        if [[ $(< /proc/mounts) != *" /run/wrappers "* ]]; then
          mount -t tmpfs -o nodev,mode=0755,size=50% tmpfs /run/wrappers
        fi
        wrapperDir=$("$STATIC_TOOLS" mktemp -d -p /run/wrappers wrappers.XXXXXX)
        "$STATIC_TOOLS" chmod a+rx "$wrapperDir"
        ${lib.concatStringsSep "\n" (
          lib.mapAttrsToList install (lib.filterAttrs (_: w: w.enable) cfg.wrappers)
        )}
        # One rename changes them all; the old directory goes afterwards.
        oldWrapperDir=$("$STATIC_TOOLS" readlink ${cfg.wrapperDir} || true)
        "$STATIC_TOOLS" ln -sfn "$wrapperDir" ${cfg.wrapperDir}.tmp
        "$STATIC_TOOLS" mv -Tf ${cfg.wrapperDir}.tmp ${cfg.wrapperDir}
        case $oldWrapperDir in
          /run/wrappers/wrappers.*) "$STATIC_TOOLS" rm -rf "$oldWrapperDir" ;;
        esac
      '';
    };
  };
}

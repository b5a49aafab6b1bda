# Programs that run with the rights of another user. The store holds no setuid files, so they are copied to a
# directory of their own at activation.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  cfg = config.security;

  wrapperType = types.submodule (
    { name, config, ... }:
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
          type = types.str;
          default = name;
          defaultText = "the name of the attribute";
          description = "Name under which it is found.";
        };
        owner = mkOption {
          type = types.str;
          description = "User who owns the program, and whose rights it has with `setuid`.";
        };
        group = mkOption {
          type = types.str;
          description = "Group of the program, whose rights it has with `setgid`.";
        };
        permissions = mkOption {
          type = types.strMatching "[ugoarwx,+=-]+";
          default = "u+rx,g+x,o+x";
          example = "a+rx";
          description = "Mode of the program, apart from setuid and setgid.";
        };
        setuid = mkOption {
          type = types.bool;
          default = false;
          description = "Whether it runs with the rights of its owner.";
        };
        setgid = mkOption {
          type = types.bool;
          default = false;
          description = "Whether it runs with the rights of its group.";
        };
        capabilities = mkOption {
          type = types.commas;
          default = "";
          example = "cap_net_raw+ep";
          description = "Capabilities that it runs with, as for setcap(8).";
        };
      };
    }
  );

  wrappers = builtins.filter (w: w.enable) (builtins.attrValues cfg.wrappers);

  make = w: ''
    cp --no-preserve=all ${w.source} "$new/${w.program}"
    # Nobody may run it before it belongs to whom it shall; chown takes setuid away again.
    chmod 0000 "$new/${w.program}"
    chown ${w.owner}:${w.group} "$new/${w.program}"
    ${lib.optionalString (w.capabilities != "") ''
      ${pkgs.libcap}/bin/setcap ${lib.escapeShellArg w.capabilities} "$new/${w.program}"
    ''}
    chmod ${w.permissions}${lib.optionalString w.setuid ",u+s"}${lib.optionalString w.setgid ",g+s"} "$new/${w.program}"
  '';

  # The set is made beside the one in use and takes its place in one rename. Its name tells what is in it: an
  # activation that changes nothing here makes nothing.
  content = lib.concatMapStrings make wrappers;
  id = builtins.substring 0 16 (builtins.hashString "sha256" (builtins.unsafeDiscardStringContext content));
in
{
  options.security = {
    wrappers = mkOption {
      type = types.attrsOf wrapperType;
      default = { };
      example = lib.literalExpression ''
        {
          doas = {
            setuid = true;
            owner = "root";
            group = "root";
            source = "''${pkgs.doas}/bin/doas";
          };
        }
      '';
      description = "Programs that run with the rights of another user, of a group, or with capabilities.";
    };

    wrapperDir = mkOption {
      type = types.path;
      default = "/run/wrappers/bin";
      internal = true;
      description = "Directory of the wrappers.";
    };
  };

  config = {
    assertions = map (w: {
      assertion = !(w.setuid || w.setgid) || w.capabilities == "";
      message = "security.wrappers.${w.program}: setuid or setgid and capabilities exclude each other.";
    }) wrappers;

    system.activationScripts.wrappers = {
      deps = [
        "users"
        "groups"
      ];
      text = ''
        if [ "$(readlink ${cfg.wrapperDir} 2>/dev/null)" != /run/wrappers/wrappers.${id} ]; then
          mkdir -p -m 0755 /run/wrappers
          if ! [[ $(< /proc/mounts) =~ \ /run/wrappers\  ]]; then
            # /run does not honour setuid.
            mount -t tmpfs -o nodev,mode=755 tmpfs /run/wrappers
          fi
          new=/run/wrappers/wrappers.new
          rm -rf "$new"
          mkdir -m 0755 "$new"
          ${content}
          rm -rf /run/wrappers/wrappers.${id}
          mv -T "$new" /run/wrappers/wrappers.${id}
          ln -sfn /run/wrappers/wrappers.${id} /run/wrappers/bin.new
          mv -Tf /run/wrappers/bin.new ${cfg.wrapperDir}
          # Those of earlier configurations; a program that runs keeps its file.
          for old in /run/wrappers/wrappers.*; do
            [ "$old" = /run/wrappers/wrappers.${id} ] || rm -rf "$old"
          done
        fi
      '';
    };
  };
}

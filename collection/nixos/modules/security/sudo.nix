# sudo: commands as another user, mostly root.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkIf mkOption types;

  cfg = config.security.sudo;

  toUser = user: if builtins.isInt user then "#${toString user}" else user;
  toGroup = group: if builtins.isInt group then "%#${toString group}" else "%${group}";

  toCommand =
    c:
    if builtins.isString c then
      c
    else
      lib.concatMapStrings (o: "${o}: ") c.options + c.command;

  rule =
    r:
    let
      who = map toUser r.users ++ map toGroup r.groups;
    in
    lib.optionalString (
      who != [ ]
    ) "${lib.concatStringsSep "," who} ${r.host}=(${r.runAs}) ${lib.concatMapStringsSep ", " toCommand r.commands}";

  sudoersText = ''
    # Made from the options security.sudo.*: change it there.
    Defaults secure_path="${config.security.wrapperDir}:/nix/var/nix/profiles/default/bin:/run/current-system/sw/bin"
    Defaults env_keep+="SSH_AUTH_SOCK TERMINFO_DIRS TERMINFO LOCPATH NIX_PATH TZDIR"

    ${cfg.configFile}
    ${lib.concatMapStringsSep "\n" rule cfg.extraRules}
    ${cfg.extraConfig}
  '';
in
{
  options.security.sudo = {
    enable = mkOption {
      type = types.bool;
      default = true;
      description = "Whether to enable `sudo`, with which members of the group `wheel` run commands as root.";
    };
    package = lib.mkPackageOption pkgs "sudo" { };
    wheelNeedsPassword = mkOption {
      type = types.bool;
      default = true;
      description = "Whether members of the group `wheel` are asked for their password.";
    };
    execWheelOnly = mkOption {
      type = types.bool;
      default = false;
      description = "Whether only members of the group `wheel` can start `sudo` at all.";
    };
    configFile = mkOption {
      type = types.lines;
      default = "";
      description = "The first lines of the rules.";
    };
    extraRules = mkOption {
      type = types.listOf (
        types.submodule {
          options = {
            users = mkOption {
              type = types.listOf (types.either types.str types.int);
              default = [ ];
              description = "Users whom the rule is for.";
            };
            groups = mkOption {
              type = types.listOf (types.either types.str types.int);
              default = [ ];
              description = "Groups whom the rule is for.";
            };
            host = mkOption {
              type = types.str;
              default = "ALL";
              description = "Machine that the rule is for.";
            };
            runAs = mkOption {
              type = types.str;
              default = "ALL:ALL";
              description = "As whom commands may be run.";
            };
            commands = mkOption {
              type = types.listOf (
                types.either types.str (
                  types.submodule {
                    options = {
                      command = mkOption {
                        type = types.str;
                        description = "Command, or `ALL`.";
                      };
                      options = mkOption {
                        type = types.listOf types.str;
                        default = [ ];
                        example = [ "NOPASSWD" ];
                        description = "Options such as `NOPASSWD` and `SETENV`.";
                      };
                    };
                  }
                )
              );
              default = [ ];
              description = "What the rule allows.";
            };
          };
        }
      );
      default = [ ];
      description = "Who may run what as whom. Later rules win.";
    };
    extraConfig = mkOption {
      type = types.lines;
      default = "";
      description = "The last lines of the rules.";
    };
  };

  config = mkIf cfg.enable {
    security.sudo.extraRules = lib.mkBefore [
      {
        users = [ "root" ];
        commands = [
          {
            command = "ALL";
            options = [ "SETENV" ];
          }
        ];
      }
      {
        groups = [ "wheel" ];
        commands = [
          {
            command = "ALL";
            options = lib.optional (!cfg.wheelNeedsPassword) "NOPASSWD" ++ [ "SETENV" ];
          }
        ];
      }
    ];

    security.wrappers.sudo = {
      source = "${cfg.package}/bin/sudo";
      owner = "root";
      group = if cfg.execWheelOnly then "wheel" else "root";
      setuid = true;
      permissions = if cfg.execWheelOnly then "u+rx,g+x" else "u+rx,g+x,o+x";
    };

    environment.systemPackages = [ cfg.package ];

    security.pam.services.sudo = { };

    environment.etc = {
      sudoers = {
        # A mistake here locks everybody out: it is found when the system is built.
        source = pkgs.runCommand "sudoers" { preferLocalBuild = true; } ''
          cp ${builtins.toFile "sudoers-unchecked" sudoersText} "$out"
          ${cfg.package}/bin/visudo -q -f "$out" -c
        '';
        mode = "0440";
      };
      "sudo.conf".text = ''
        Plugin sudoers_policy ${cfg.package}/libexec/sudo/sudoers.so
        Plugin sudoers_io ${cfg.package}/libexec/sudo/sudoers.so
        Plugin sudoers_audit ${cfg.package}/libexec/sudo/sudoers.so
        Path noexec ${cfg.package}/libexec/sudo/sudo_noexec.so
        Set disable_coredump false
      '';
    };
  };
}

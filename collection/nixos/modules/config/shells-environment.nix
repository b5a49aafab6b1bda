# Environment of login shells: variables, aliases, search paths, and the script that sets them.
{
  config,
  lib,
  pkgs,
  utils,
  ...
}:

let
  inherit (lib)
    concatStringsSep
    mapAttrsToList
    mkOption
    types
    ;

  cfg = config.environment;

  variableType = types.attrsOf (
    types.coercedTo (types.oneOf [ types.int types.path types.package ]) (x: "${toString x}") (
      types.either types.str (types.listOf types.str)
    )
    // {
      description = "string, path or list of them";
    }
  );

  # Search paths: one entry for each profile and each suffix.
  relative = mapAttrsToList (
    name: suffixes:
    lib.nameValuePair name (
      lib.concatMap (profile: map (suffix: "${profile}${suffix}") suffixes) cfg.profiles
    )
  ) cfg.profileRelativeSessionVariables;

  asText = value: if builtins.isList value then concatStringsSep ":" value else value;

  # Absolute ones come before those of profiles.
  all = builtins.zipAttrsWith (_: values: concatStringsSep ":" (map asText values)) [
    (builtins.mapAttrs (_: asText) (cfg.sessionVariables // cfg.variables))
    (builtins.listToAttrs relative)
  ];

  export = name: value: ''export ${name}="${value}"'';
in
{
  options.environment = {
    variables = mkOption {
      type = variableType;
      default = { };
      example = {
        EDITOR = "nvim";
        VISUAL = "nvim";
      };
      description = "Variables of the environment of every login shell. A list is joined with colons.";
    };

    sessionVariables = mkOption {
      type = variableType;
      default = { };
      description = "Variables that are set for sessions of any kind, not of shells alone.";
    };

    profileRelativeSessionVariables = mkOption {
      type = types.attrsOf (types.listOf types.str);
      default = { };
      example = {
        PATH = [ "/bin" ];
      };
      description = "Search paths: each suffix is added to each of `environment.profiles`.";
    };

    profiles = mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "Trees of packages that users have, the first with the best priority.";
    };

    shellAliases = mkOption {
      type = types.attrsOf (types.nullOr (types.either types.str types.path));
      default = { };
      example = {
        ll = "ls -l";
      };
      description = "Aliases of all shells, by name. `null` takes one away that another module gives.";
    };

    shells = mkOption {
      type = types.listOf (types.either types.shellPackage types.path);
      default = [ ];
      description = "Shells that users may have; they are listed in `/etc/shells`.";
    };

    homeBinInPath = mkOption {
      type = types.bool;
      default = false;
      description = "Whether `~/bin` is in the `PATH`.";
    };

    localBinInPath = mkOption {
      type = types.bool;
      default = false;
      description = "Whether `~/.local/bin` is in the `PATH`.";
    };

    extraInit = mkOption {
      type = types.lines;
      default = "";
      description = "Commands of sh after the variables are set.";
    };

    shellInit = mkOption {
      type = types.lines;
      default = "";
      description = "Commands of sh for every shell.";
    };

    loginShellInit = mkOption {
      type = types.lines;
      default = "";
      description = "Commands of sh for login shells.";
    };

    interactiveShellInit = mkOption {
      type = types.lines;
      default = "";
      description = "Commands of sh for interactive shells.";
    };
  };

  config = {
    environment = {
      profiles = lib.mkMerge [
        (lib.mkBefore [
          "$HOME/.nix-profile"
          "/etc/profiles/per-user/$USER"
        ])
        (lib.mkAfter [
          "/nix/var/nix/profiles/default"
          "/run/current-system/sw"
        ])
      ];

      profileRelativeSessionVariables = {
        PATH = [ "/bin" ];
        INFOPATH = [ "/share/info" ];
        XDG_DATA_DIRS = [ "/share" ];
        XDG_CONFIG_DIRS = [ "/etc/xdg" ];
        TERMINFO_DIRS = [
          "/share/terminfo"
          "/lib/terminfo"
        ];
      };

      sessionVariables = {
        NIX_PROFILES = concatStringsSep " " (lib.reverseList cfg.profiles);
        NIX_PATH = lib.mkIf (config.nix.nixPath != [ ]) (lib.mkDefault config.nix.nixPath);
      };

      variables = {
        PAGER = lib.mkDefault "less";
        EDITOR = lib.mkDefault "nano";
      };

      shellAliases = builtins.mapAttrs (_: lib.mkDefault) {
        ls = "ls --color=tty";
        ll = "ls -l";
        l = "ls -alh";
      };

      etc = {
        "set-environment".text = ''
          # Made from the system's configuration: change it there.

          # Shells within this one have it already.
          export __NIXOS_SET_ENVIRONMENT_DONE=1

          ${concatStringsSep "\n" (mapAttrsToList export all)}
          export PATH="${
            lib.optionalString cfg.localBinInPath "$HOME/.local/bin:"
          }${lib.optionalString cfg.homeBinInPath "$HOME/bin:"}${config.security.wrapperDir}:$PATH"

          ${cfg.extraInit}
        '';

        "shells".text =
          concatStringsSep "\n" (map utils.toShellPath cfg.shells)
          + ''

            /bin/sh
          '';
      };
    };
  };
}

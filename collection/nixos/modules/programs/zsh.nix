# The Z shell.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  cfg = config.programs.zsh;
  env = config.environment;

  lines =
    description:
    mkOption {
      type = types.lines;
      default = "";
      inherit description;
    };

  aliases = lib.concatStrings (
    lib.mapAttrsToList (name: v: "alias -- ${name}=${lib.escapeShellArg v}\n") (
      lib.filterAttrs (_: v: v != null) cfg.shellAliases
    )
  );
in
{
  options.programs.zsh = {
    enable = lib.mkEnableOption "zsh as a shell that users may have, set up for the system";
    shellAliases = mkOption {
      type = types.attrsOf (types.nullOr (types.either types.str types.path));
      default = { };
      description = "Aliases of zsh, besides `environment.shellAliases`.";
    };
    shellInit = lines "Commands for every zsh.";
    loginShellInit = lines "Commands for a login zsh.";
    interactiveShellInit = lines "Commands for an interactive zsh.";
    promptInit = mkOption {
      type = types.lines;
      default = ''
        autoload -U promptinit && promptinit && prompt suse && setopt prompt_sp
      '';
      description = "Commands that set the prompt.";
    };
    histSize = mkOption {
      type = types.int;
      default = 2000;
      description = "How many commands are remembered.";
    };
    enableCompletion = mkOption {
      type = types.bool;
      default = true;
      description = "Whether the Tab key completes arguments of commands.";
    };
  };

  config = lib.mkIf cfg.enable {
    programs.zsh.shellAliases = builtins.mapAttrs (_: lib.mkDefault) env.shellAliases;

    environment.shells = [ pkgs.zsh ];
    environment.systemPackages = [
      pkgs.zsh
    ]
    # Functions of the shell, where they are apart from it.
    ++ lib.optional (pkgs ? debian.zsh-common) pkgs.debian.zsh-common;

    environment.etc = {
      zshenv.text = ''
        # /etc/zshenv: DO NOT EDIT -- this file has been generated automatically.
        # This file is read for all shells.

        # Only execute this file once per shell.
        if [ -n "''${__ETC_ZSHENV_SOURCED-}" ]; then return; fi
        __ETC_ZSHENV_SOURCED=1

        if [ -z "''${__NIXOS_SET_ENVIRONMENT_DONE-}" ]; then
          . /etc/set-environment
        fi

        ${env.shellInit}
        ${cfg.shellInit}
      '';

      zprofile.text = ''
        # /etc/zprofile: DO NOT EDIT -- this file has been generated automatically.
        # This file is read for login shells.

        ${env.loginShellInit}
        ${cfg.loginShellInit}
      '';

      zshrc.text = ''
        # /etc/zshrc: DO NOT EDIT -- this file has been generated automatically.
        # This file is read for interactive shells.

        SAVEHIST=${toString cfg.histSize}
        HISTSIZE=${toString cfg.histSize}
        HISTFILE=$HOME/.zsh_history
        setopt HIST_IGNORE_DUPS SHARE_HISTORY HIST_FCNTL_LOCK

        ${lib.optionalString cfg.enableCompletion "autoload -U compinit && compinit"}
        ${env.interactiveShellInit}
        ${cfg.interactiveShellInit}
        ${aliases}
        ${cfg.promptInit}

        if test -f /etc/zshrc.local; then
          . /etc/zshrc.local
        fi
      '';
    }
    # Where Debian's build of the shell looks.
    // lib.genAttrs' [ "zshenv" "zprofile" "zshrc" ] (
      name: lib.nameValuePair "zsh/${name}" { text = ". /etc/${name}\n"; }
    );
  };
}

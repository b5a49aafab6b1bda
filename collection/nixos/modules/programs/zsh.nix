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
        # Red for root, green for everybody else.
        PROMPT='%B%(!.%F{red}.%F{green})[%n@%m:%~]%#%f%b '
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
        # What every zsh reads. Made from the system's configuration: change it there.
        [ -z "''${__ETC_ZSHENV_SOURCED-}" ] || return 0
        __ETC_ZSHENV_SOURCED=1

        [ -n "''${__NIXOS_SET_ENVIRONMENT_DONE-}" ] || . /etc/set-environment

        ${env.shellInit}
        ${cfg.shellInit}
      '';

      zprofile.text = ''
        # What login shells read. Made from the system's configuration: change it there.
        ${env.loginShellInit}
        ${cfg.loginShellInit}
      '';

      zshrc.text = ''
        # What interactive shells read. Made from the system's configuration: change it there.
        HISTFILE=$HOME/.zsh_history
        HISTSIZE=${toString cfg.histSize}
        SAVEHIST=$HISTSIZE
        setopt hist_ignore_dups share_history hist_fcntl_lock

        ${lib.optionalString cfg.enableCompletion "autoload -U compinit && compinit"}
        ${env.interactiveShellInit}
        ${cfg.interactiveShellInit}
        ${aliases}
        ${cfg.promptInit}

        [ ! -f /etc/zshrc.local ] || . /etc/zshrc.local
      '';
    }
    # Where Debian's build of the shell looks.
    // lib.genAttrs' [ "zshenv" "zprofile" "zshrc" ] (
      name: lib.nameValuePair "zsh/${name}" { text = ". /etc/${name}\n"; }
    );
  };
}

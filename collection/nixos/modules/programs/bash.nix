# The shell of users.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  cfg = config.programs.bash;
  env = config.environment;

  aliases = lib.concatStrings (
    lib.mapAttrsToList (name: v: "alias -- ${name}=${lib.escapeShellArg v}\n") (
      lib.filterAttrs (_: v: v != null) cfg.shellAliases
    )
  );
in
{
  options.programs.bash = {
    enable = mkOption {
      type = types.bool;
      default = true;
      description = "Whether bash is set up for interactive use.";
    };
    shellAliases = mkOption {
      type = types.attrsOf (types.nullOr (types.either types.str types.path));
      default = { };
      description = "Aliases of bash, besides `environment.shellAliases`.";
    };
    shellInit = mkOption {
      type = types.lines;
      default = "";
      description = "Commands for every bash.";
    };
    loginShellInit = mkOption {
      type = types.lines;
      default = "";
      description = "Commands for a login bash.";
    };
    interactiveShellInit = mkOption {
      type = types.lines;
      default = "";
      description = "Commands for an interactive bash.";
    };
    promptInit = mkOption {
      type = types.lines;
      default = ''
        if [ "$TERM" != dumb ] || [ -n "$INSIDE_EMACS" ]; then
          PROMPT_COLOR="1;31m"
          ((UID)) && PROMPT_COLOR="1;32m"
          PS1="\n\[\033[$PROMPT_COLOR\][\u@\h:\w]\\$\[\033[0m\] "
        fi
      '';
      description = "Commands that set the prompt.";
    };
  };

  config = lib.mkIf cfg.enable {
    programs.bash.shellAliases = builtins.mapAttrs (_: lib.mkDefault) env.shellAliases;

    environment.shells = [ pkgs.bash ];

    environment.etc = {
      profile.text = ''
        # /etc/profile: DO NOT EDIT -- this file has been generated automatically.
        # This file is read for login shells.

        # Only execute this file once per shell.
        if [ -n "$__ETC_PROFILE_SOURCED" ]; then return; fi
        __ETC_PROFILE_SOURCED=1

        # Prevent this file from being sourced by interactive non-login child shells.
        export __ETC_PROFILE_DONE=1

        if [ -z "$__NIXOS_SET_ENVIRONMENT_DONE" ]; then
          . /etc/set-environment
        fi

        ${env.shellInit}
        ${cfg.shellInit}
        ${env.loginShellInit}
        ${cfg.loginShellInit}

        # Read system-wide modifications.
        if test -f /etc/profile.local; then
          . /etc/profile.local
        fi

        if [ -n "''${BASH_VERSION:-}" ]; then
          . /etc/bashrc
        fi
      '';

      bashrc.text = ''
        # /etc/bashrc: DO NOT EDIT -- this file has been generated automatically.

        # Only execute this file once per shell.
        if [ -n "$__ETC_BASHRC_SOURCED" ] || [ -n "$NOSYSBASHRC" ]; then return; fi
        __ETC_BASHRC_SOURCED=1

        # If the profile was not loaded in a parent process, source it.
        # But otherwise don't do it because we don't want to
        # clobber overridden values of $PATH, etc.
        if [ -z "$__ETC_PROFILE_DONE" ]; then
          . /etc/profile
        fi

        # We are not always an interactive shell.
        if [ -n "$PS1" ]; then
          # Check the window size after every command.
          shopt -s checkwinsize
          # Disable hashing (i.e. caching) of command lookups.
          set +h

          ${cfg.promptInit}
          ${aliases}
          ${env.interactiveShellInit}
          ${cfg.interactiveShellInit}
        fi

        # Read system-wide modifications.
        if test -f /etc/bashrc.local; then
          . /etc/bashrc.local
        fi
      '';

      # Where Debian's build of the shell looks.
      "bash.bashrc".text = ''
        . /etc/bashrc
      '';

      inputrc.text = lib.mkDefault ''
        # Readline: keys of usual terminals, and characters of all languages.
        set meta-flag on
        set input-meta on
        set convert-meta off
        set output-meta on
        set colored-stats on
        "\e[1~": beginning-of-line
        "\e[4~": end-of-line
        "\e[5~": beginning-of-history
        "\e[6~": end-of-history
        "\e[3~": delete-char
        "\e[2~": quoted-insert
        "\e[5C": forward-word
        "\e[5D": backward-word
        "\e[1;5C": forward-word
        "\e[1;5D": backward-word
      '';
    };
  };
}

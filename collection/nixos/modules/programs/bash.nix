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
        # Red for root, green for everybody else; plain where the terminal has no colours.
        case ''${TERM-dumb} in
          dumb) PS1='\u@\h:\w\$ ' ;;
          *)
            if [ "$UID" = 0 ]; then promptColour=31; else promptColour=32; fi
            PS1="\n\[\e[1;''${promptColour}m\][\u@\h:\w]\\$\[\e[0m\] "
            unset promptColour
            ;;
        esac
      '';
      description = "Commands that set the prompt.";
    };
  };

  config = lib.mkIf cfg.enable {
    programs.bash.shellAliases = builtins.mapAttrs (_: lib.mkDefault) env.shellAliases;

    environment.shells = [ pkgs.bash ];

    environment.etc = {
      profile.text = ''
        # What login shells read. Made from the system's configuration: change it there.
        [ -z "$__ETC_PROFILE_SOURCED" ] || return 0
        __ETC_PROFILE_SOURCED=1
        # For shells within this one.
        export __ETC_PROFILE_DONE=1

        [ -n "$__NIXOS_SET_ENVIRONMENT_DONE" ] || . /etc/set-environment

        ${env.shellInit}
        ${cfg.shellInit}
        ${env.loginShellInit}
        ${cfg.loginShellInit}

        # The machine's own additions.
        [ ! -f /etc/profile.local ] || . /etc/profile.local

        [ -z "''${BASH_VERSION-}" ] || . /etc/bashrc
      '';

      bashrc.text = ''
        # What interactive shells read. Made from the system's configuration: change it there.
        [ -z "$__ETC_BASHRC_SOURCED" ] && [ -z "$NOSYSBASHRC" ] || return 0
        __ETC_BASHRC_SOURCED=1

        # A shell that no login shell started, such as one of ssh, lacks the environment; one within another
        # keeps what was changed there.
        [ -n "$__ETC_PROFILE_DONE" ] || . /etc/profile

        if [ -n "$PS1" ]; then
          # Lines and columns of the window follow its size.
          shopt -s checkwinsize
          # Programs change place with every switch: look for them anew each time.
          set +h

          ${cfg.promptInit}
          ${aliases}
          ${env.interactiveShellInit}
          ${cfg.interactiveShellInit}
        fi

        [ ! -f /etc/bashrc.local ] || . /etc/bashrc.local
      '';

      # Where Debian's build of the shell looks.
      "bash.bashrc".text = ''
        . /etc/bashrc
      '';

      inputrc.text = lib.mkDefault ''
        # Letters of all languages, and the usual keys of usual terminals.
        set input-meta on
        set output-meta on
        set convert-meta off
        set colored-stats on

        # Home, End, Insert, Delete, Page Up, Page Down
        "\e[1~": beginning-of-line
        "\e[4~": end-of-line
        "\e[2~": quoted-insert
        "\e[3~": delete-char
        "\e[5~": beginning-of-history
        "\e[6~": end-of-history

        # Control with an arrow
        "\e[1;5C": forward-word
        "\e[1;5D": backward-word
      '';
    };
  };
}

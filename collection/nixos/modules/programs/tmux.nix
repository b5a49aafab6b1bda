# The terminal multiplexer.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  cfg = config.programs.tmux;
in
{
  options.programs.tmux = {
    enable = lib.mkEnableOption "tmux, set up for all users";
    package = lib.mkPackageOption pkgs "tmux" { };
    baseIndex = mkOption {
      type = types.int;
      default = 0;
      example = 1;
      description = "Number of the first window.";
    };
    clock24 = mkOption {
      type = types.bool;
      default = false;
      description = "Whether the clock counts 24 hours.";
    };
    historyLimit = mkOption {
      type = types.ints.positive;
      default = 2000;
      example = 5000;
      description = "How many lines of each window are kept.";
    };
    keyMode = mkOption {
      type = types.enum [
        "emacs"
        "vi"
      ];
      default = "emacs";
      description = "Whether keys are those of emacs or vi.";
    };
    shortcut = mkOption {
      type = types.str;
      default = "b";
      example = "a";
      description = "Key that, with Control, begins a command.";
    };
    terminal = mkOption {
      type = types.str;
      default = "screen";
      example = "screen-256color";
      description = "Value of `TERM` within.";
    };
    extraConfig = mkOption {
      type = types.lines;
      default = "";
      description = "Further lines of `tmux.conf`.";
    };
  };

  config = lib.mkIf cfg.enable {
    environment.systemPackages = [ cfg.package ];
    environment.etc."tmux.conf".text = ''
      set  -g default-terminal "${cfg.terminal}"
      set  -g base-index      ${toString cfg.baseIndex}
      setw -g pane-base-index ${toString cfg.baseIndex}
      set  -g history-limit   ${toString cfg.historyLimit}
      set  -g status-keys ${cfg.keyMode}
      set  -g mode-keys   ${cfg.keyMode}
      setw -g clock-mode-style ${if cfg.clock24 then "24" else "12"}
      ${lib.optionalString (cfg.shortcut != "b") ''
        unbind C-b
        set -g prefix C-${cfg.shortcut}
        bind ${cfg.shortcut} send-prefix
        bind C-${cfg.shortcut} last-window
      ''}
      ${cfg.extraConfig}
    '';
  };
}

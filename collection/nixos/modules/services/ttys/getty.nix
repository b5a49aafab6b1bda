# Login prompts on consoles and serial lines.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  cfg = config.services.getty;

  agetty = "${pkgs.util-linux}/bin/agetty";

  baseArgs = [
    "--login-program"
    cfg.loginProgram
  ]
  ++ lib.optionals (cfg.autologinUser != null) [
    "--autologin"
    cfg.autologinUser
  ]
  ++ cfg.extraArgs;

  # The empty command takes away the one that the unit of the package gives.
  commands = args: [
    ""
    "@${agetty} agetty ${lib.escapeShellArgs baseArgs} ${args}"
  ];
in
{
  options.services.getty = {
    loginProgram = mkOption {
      type = types.path;
      default = "${pkgs.shadow}/bin/login";
      defaultText = lib.literalExpression ''"''${pkgs.shadow}/bin/login"'';
      description = "Program that asks for the password and starts the shell.";
    };
    autologinUser = mkOption {
      type = types.nullOr types.str;
      default = null;
      description = "User who is logged in without being asked on every console. `null` for none.";
    };
    extraArgs = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "--nohostname" ];
      description = "Further arguments of agetty.";
    };
    greetingLine = mkOption {
      type = types.str;
      default = "<<< Welcome to ${config.system.nixos.distroName} ${config.system.nixos.label} (\\m) - \\l >>>";
      defaultText = "a welcome with the version";
      description = "Line above the login prompt.";
    };
    helpLine = mkOption {
      type = types.lines;
      default = "";
      description = "Lines below the greeting.";
    };
  };

  config = {
    systemd.services = {
      "getty@" = {
        serviceConfig.ExecStart = commands "--noclear --keep-baud %I 115200,38400,9600 $TERM";
        restartIfChanged = false;
      };
      "serial-getty@" = {
        serviceConfig.ExecStart = commands "%I --keep-baud 115200,57600,38400,9600 $TERM";
        restartIfChanged = false;
      };
      "console-getty" = {
        serviceConfig.ExecStart = commands "--noclear --keep-baud console 115200,38400,9600 $TERM";
        restartIfChanged = false;
      };
      "container-getty@" = {
        serviceConfig.ExecStart = commands "--noclear --keep-baud pts/%I 115200,38400,9600 $TERM";
        restartIfChanged = false;
      };
      "getty@tty1" = {
        overrideStrategy = "asDropin";
        wantedBy = [ "getty.target" ];
        restartIfChanged = false;
      };
    };

    environment.etc.issue.text = ''

      ${cfg.greetingLine}
      ${cfg.helpLine}
    '';
  };
}

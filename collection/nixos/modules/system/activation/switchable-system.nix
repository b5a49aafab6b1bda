# bin/switch-to-configuration of the toplevel.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  checks = config.system.preSwitchChecks;

  preSwitchCheck = pkgs.writeScript "pre-switch-checks" ''
    #!${pkgs.bash}/bin/bash
    # Arguments: the running system, the new one, what is to be done.
    export PATH=${lib.makeBinPath config.system.activationPath}
    failed=0
    ${lib.concatStringsSep "\n" (
      lib.mapAttrsToList (name: text: ''
        if ! (
          ${text}
        ); then
          echo "Pre-switch check '${name}' failed" >&2
          failed=1
        fi
      '') checks
    )}
    exit $failed
  '';
in
{
  options = {
    system.switch.enable = mkOption {
      type = types.bool;
      default = true;
      description = ''
        Whether the system can be switched to while it runs. Without it the toplevel has no
        `bin/switch-to-configuration`, and a new configuration takes effect at the next boot.
      '';
    };

    system.preSwitchChecks = mkOption {
      type = types.attrsOf types.lines;
      default = { };
      example = {
        noFullMoon = "[ ! -e /run/full-moon ]";
      };
      description = ''
        Commands of bash, each of which must succeed before anything is changed. They get the running system, the
        new one and the action as arguments. `NIXOS_NO_CHECK=1` passes them over.
      '';
    };
  };

  config = lib.mkIf config.system.switch.enable {
    system.systemBuilderCommands = ''
      substitute ${./switch-to-configuration.sh} "$out/bin/switch-to-configuration" \
        --replace-fail @toplevel@ "$out" \
        --replace-fail @bash@ ${pkgs.bash} \
        --replace-fail @coreutils@ ${pkgs.coreutils} \
        --replace-fail @flock@ ${pkgs.util-linux}/bin/flock \
        --replace-fail @swapoff@ ${pkgs.util-linux}/bin/swapoff \
        --replace-fail @logger@ ${pkgs.util-linux}/bin/logger \
        --replace-fail @systemd@ ${config.systemd.package} \
        --replace-fail @systemctl@ ${config.systemd.package}/bin/systemctl \
        --replace-fail @tmpfiles@ ${config.systemd.package}/bin/systemd-tmpfiles \
        --replace-fail @loginctl@ ${config.systemd.package}/bin/loginctl \
        --replace-fail @runDir@ /run \
        --replace-fail @etcDir@ /etc \
        --replace-fail @distroId@ ${config.system.nixos.distroId or "nixos"} \
        --replace-fail @installBootLoader@ "$installBootLoader" \
        --replace-fail @preSwitchCheck@ "$preSwitchCheck"
      chmod +x "$out/bin/switch-to-configuration"
      ${pkgs.bash}/bin/bash -O extglob -n "$out/bin/switch-to-configuration"
    '';

    system.systemBuilderArgs = {
      installBootLoader = "${config.system.build.installBootLoader}";
      preSwitchCheck = lib.optionalString (checks != { }) "${preSwitchCheck}";
    };
  };
}

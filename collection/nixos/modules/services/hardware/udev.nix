# Devices: their names, owners and what happens when they appear.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  cfg = config.services.udev;

  rules = pkgs.runCommand "udev-rules" { preferLocalBuild = true; } ''
    shopt -s nullglob
    mkdir "$out"
    for package in ${toString cfg.packages}; do
      for file in "$package"/{etc,lib}/udev/rules.d/*; do ln -sfn "$file" "$out/"; done
    done
    ${lib.optionalString (cfg.extraRules != "") ''
      ln -s ${builtins.toFile "99-local.rules" cfg.extraRules} "$out/99-local.rules"
    ''}
    ${lib.optionalString (!config.networking.usePredictableInterfaceNames) ''
      ln -sfn /dev/null "$out/80-net-setup-link.rules"
    ''}
  '';
in
{
  options.services.udev = {
    packages = mkOption {
      type = types.listOf types.path;
      default = [ ];
      description = "Packages whose rules count.";
    };
    extraRules = mkOption {
      type = types.lines;
      default = "";
      example = ''
        ENV{ID_VENDOR_ID}=="046d", ENV{ID_MODEL_ID}=="0825", ENV{PULSE_IGNORE}="1"
      '';
      description = "Further rules, after all others.";
    };
  };

  config = {
    services.udev.packages = [ config.systemd.package ];

    environment.etc = {
      "udev/rules.d".source = rules;
      "udev/udev.conf".text = ''
        # All settings have their defaults.
      '';
      # How interfaces are named.
      "systemd/network/99-default.link" = lib.mkIf config.networking.usePredictableInterfaceNames {
        text = ''
          [Match]
          OriginalName=*

          [Link]
          NamePolicy=keep kernel database onboard slot path
          AlternativeNamesPolicy=database onboard slot path
          MACAddressPolicy=persistent
        '';
      };
    };

    systemd.services.systemd-udevd.restartTriggers = [ rules ];
  };
}

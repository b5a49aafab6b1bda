# Documentation of the options of a system, as data: `config.system.build.manual.optionsJSON`.
{
  config,
  options,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  cfg = config.documentation;

  flag =
    default: description:
    mkOption {
      type = types.bool;
      inherit default description;
    };

  docs = import ../../lib/make-options-doc.nix { inherit lib options pkgs; };
in
{
  options.documentation = {
    enable = flag true "Whether documentation is installed at all.";
    man.enable = flag true "Whether manual pages of packages are installed.";
    info.enable = flag true "Whether info pages of packages are installed.";
    doc.enable = flag true "Whether further documentation of packages is installed.";
    nixos.enable = flag false ''
      Whether the documentation of this system's options is installed, as
      `/run/current-system/sw/share/doc/nixos/options.json`.
    '';
  };

  config = {
    system.build.manual = docs;

    environment.systemPackages = lib.mkIf (cfg.enable && cfg.nixos.enable) [ docs.optionsJSON ];
    environment.extraOutputsToInstall = lib.mkIf cfg.enable (
      lib.optional cfg.man.enable "man"
      ++ lib.optional cfg.info.enable "info"
      ++ lib.optional cfg.doc.enable "doc"
    );
  };
}

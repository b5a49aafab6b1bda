# Commands to manage a system with: nixos-rebuild, nixos-version and their kin.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;
in
{
  options.system.disableInstallerTools = mkOption {
    type = types.bool;
    default = false;
    description = "Whether to leave out `nixos-rebuild` and the other commands that manage the system.";
  };

  # They are names of the package manager's own program.
  config = lib.mkIf (!config.system.disableInstallerTools) {
    environment.systemPackages = [ pkgs.firn ];
  };
}

# git.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  cfg = config.programs.git;
in
{
  options.programs.git = {
    enable = lib.mkEnableOption "git for all users";
    package = lib.mkPackageOption pkgs "git" { };
    config = mkOption {
      type = types.attrsOf (types.attrsOf types.anything);
      default = { };
      example = {
        init.defaultBranch = "main";
      };
      description = "Settings of git for all users.";
    };
  };

  config = lib.mkIf cfg.enable {
    environment.systemPackages = [ cfg.package ];
    environment.etc.gitconfig = lib.mkIf (cfg.config != { }) {
      text = lib.generators.toGitINI cfg.config;
    };
  };
}

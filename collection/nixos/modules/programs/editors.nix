# Editors.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkIf mkOption types;
in
{
  options.programs = {
    nano = {
      enable = mkOption {
        type = types.bool;
        default = pkgs ? nano;
        defaultText = "where the collection has it";
        description = "Whether the nano editor is there for all users.";
      };
      nanorc = mkOption {
        type = types.lines;
        default = "";
        example = ''
          set nowrap
          set tabstospaces
        '';
        description = "Settings of nano for all users.";
      };
      package = lib.mkPackageOption pkgs "nano" { };
    };

    vim = {
      enable = lib.mkEnableOption "the vim editor for all users";
      defaultEditor = mkOption {
        type = types.bool;
        default = false;
        description = "Whether vim is the value of `EDITOR`.";
      };
      package = lib.mkPackageOption pkgs "vim" { };
    };
  };

  config = lib.mkMerge [
    (mkIf config.programs.nano.enable {
      environment.systemPackages = [ config.programs.nano.package ];
      environment.etc.nanorc.text = config.programs.nano.nanorc;
    })
    (mkIf config.programs.vim.enable {
      environment.systemPackages = [ config.programs.vim.package ];
      environment.variables.EDITOR = mkIf config.programs.vim.defaultEditor (lib.mkOverride 900 "vim");
      environment.etc."vim/vimrc".text = ''
        " Settings of the system; those of users come after.
        set nocompatible
        syntax on
      '';
    })
  ];
}

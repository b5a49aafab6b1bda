# `config.system.build.vm` of any configuration: the same system as a virtual machine.
{
  config,
  lib,
  extendModules,
  ...
}:

let
  inherit (lib) mkOption;

  variant = extendModules { modules = [ ./qemu-vm.nix ]; };
in
{
  options.virtualisation.vmVariant = mkOption {
    description = "What is added to the configuration in the virtual machine that `nixos-rebuild build-vm` makes.";
    inherit (variant) type;
    default = { };
    visible = "shallow";
  };

  # A configuration that is a virtual machine itself gives its own.
  config.system.build.vm = lib.mkDefault config.virtualisation.vmVariant.system.build.vm;
}

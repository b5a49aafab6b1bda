# The web server as a virtual machine that can build and switch by itself, without a network: it has this
# directory as /etc/nixos, and what the changed configuration needs to be built.
{ pkgs, ... }:

{
  imports = [
    ./configuration.nix
    <nixpkgs/nixos/modules/virtualisation/qemu-vm.nix>
  ];

  environment.etc.nixos.source = ./.;

  virtualisation = {
    graphics = false;
    cores = 2;
    memorySize = 2048;
    rebuildable = true;
    additionalPaths = [ pkgs.jq ];
  };
}

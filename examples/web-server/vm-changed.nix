# The virtual machine of vm.nix with the changes of changed.nix.
{
  imports = [
    ./vm.nix
    ./changed.nix
  ];
}

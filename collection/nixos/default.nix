# One system out of one configuration: `nix-build '<nixpkgs/nixos>' -A system`.
{
  configuration ? import ./lib/from-env.nix "NIXOS_CONFIG" (
    let
      # Where nothing names another, it is the file that every such system has.
      named = builtins.tryEval <nixos-config>;
    in
    if named.success then named.value else /etc/nixos/configuration.nix
  ),
  system ? builtins.currentSystem,
  # Specialised arguments of modules, for a configuration that chooses its imports by them.
  specialArgs ? { },
}:

let
  eval = import ./lib/eval-config.nix {
    inherit system specialArgs;
    modules = [ configuration ];
  };
in
{
  inherit (eval) config options pkgs;

  system = eval.config.system.build.toplevel;

  # The same system as a virtual machine: bin/run-*-vm starts it.
  inherit (eval.config.system.build) vm;
}

(import ../system.nix [
  { users.users.alice = { }; }
  { users.users.bob = { isNormalUser = true; isSystemUser = true; }; }
]).config.system.build.toplevel

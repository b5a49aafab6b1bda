(import ../system.nix [
  {
    users.users.a = { isNormalUser = true; uid = 1000; };
    users.users.b = { isNormalUser = true; uid = 1000; };
  }
]).config.system.build.toplevel

(import ../system.nix [ { users.mutableUsers = false; } ]).config.system.build.toplevel

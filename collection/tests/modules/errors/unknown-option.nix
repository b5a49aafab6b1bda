(import ../system.nix [ { services.ngnix.enable = true; } ]).config.system.build.toplevel

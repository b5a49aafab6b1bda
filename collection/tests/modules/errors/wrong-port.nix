(import ../system.nix [ { networking.firewall.allowedTCPPorts = [ 80000 ]; } ]).config.system.build.toplevel

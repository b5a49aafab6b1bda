(import ../system.nix [
  { services.nginx.enable = true; services.nginx.virtualHosts."x".onlySSL = true; }
]).config.system.build.toplevel

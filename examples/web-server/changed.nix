# The same machine a while later: another page, one more user, one more package. Switching to it and back is
# what the tests of switching do.
{ pkgs, ... }:

{
  imports = [ ./configuration.nix ];

  services.nginx.virtualHosts.localhost.root = pkgs.lib.mkForce ./www-changed;

  users.users.bob = {
    isNormalUser = true;
    description = "Bob";
  };

  environment.systemPackages = [ pkgs.jq ];
}

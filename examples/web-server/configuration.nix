# A small web server: one page, logins by ssh with a key, a firewall.
#
#   nixos-rebuild build-vm -f examples/web-server/configuration.nix
#   ./result/bin/run-web-server-vm
{ config, pkgs, ... }:

{
  networking.hostName = "web-server";
  time.timeZone = "Europe/Berlin";

  # The machine's disk, as a virtual machine has it.
  fileSystems."/" = {
    device = "/dev/disk/by-label/nixos";
    fsType = "ext4";
  };

  users.users.alice = {
    isNormalUser = true;
    description = "Alice";
    extraGroups = [ "wheel" ];
    # Use your own: everybody has the other half of this one.
    openssh.authorizedKeys.keyFiles = [ ./keys/alice.pub ];
  };
  security.sudo.wheelNeedsPassword = false;

  services.nginx = {
    enable = true;
    virtualHosts.localhost = {
      default = true;
      root = ./www;
      locations."/status".return = ''200 "running\n"'';
    };
  };

  services.openssh = {
    enable = true;
    settings = {
      PasswordAuthentication = false;
      PermitRootLogin = "no";
    };
  };

  networking.firewall.allowedTCPPorts = [ 80 ];

  environment.systemPackages = [
    pkgs.htop
    pkgs.tree
  ];

  # The release with which the machine began.
  system.stateVersion = "26.11";
}

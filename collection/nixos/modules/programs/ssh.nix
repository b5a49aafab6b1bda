# The ssh client.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  cfg = config.programs.ssh;

  knownHostModule =
    { name, config, ... }:
    {
      options = {
        hostNames = mkOption {
          type = types.listOf types.str;
          default = [ name ] ++ config.extraHostNames;
          defaultText = "the name of the attribute and `extraHostNames`";
          description = "Names and addresses of the machine.";
        };
        extraHostNames = mkOption {
          type = types.listOf types.str;
          default = [ ];
          description = "Further names and addresses of the machine.";
        };
        publicKey = mkOption {
          type = types.nullOr types.str;
          default = null;
          example = "ssh-ed25519 AAAA...";
          description = "Key of the machine.";
        };
        publicKeyFile = mkOption {
          type = types.nullOr types.path;
          default = null;
          description = "File with the key of the machine.";
        };
        certAuthority = mkOption {
          type = types.bool;
          default = false;
          description = "Whether the key is that of an authority that signs the keys of machines.";
        };
      };
    };

  knownHosts = lib.concatMapStrings (
    h:
    "${lib.optionalString h.certAuthority "@cert-authority "}${lib.concatStringsSep "," h.hostNames} ${
      if h.publicKey != null then
        h.publicKey
      else
        lib.removeSuffix "\n" (builtins.readFile h.publicKeyFile)
    }\n"
  ) (lib.attrValues cfg.knownHosts);
in
{
  options.programs.ssh = {
    package = lib.mkPackageOption pkgs "openssh" { };
    extraConfig = mkOption {
      type = types.lines;
      default = "";
      description = "Settings of the client for all users.";
    };
    knownHosts = mkOption {
      type = types.attrsOf (types.submodule knownHostModule);
      default = { };
      description = "Machines whose keys are known, by name.";
    };
  };

  config = {
    environment.systemPackages = [ cfg.package ];
    environment.etc = {
      "ssh/ssh_config".text = ''
        ${cfg.extraConfig}
        Host *
          GlobalKnownHostsFile /etc/ssh/ssh_known_hosts
          AddressFamily ${if config.networking.enableIPv6 then "any" else "inet"}
      '';
      "ssh/ssh_known_hosts".text = knownHosts;
    };
  };
}

# The ssh server.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib)
    concatMapStrings
    concatStringsSep
    mkIf
    mkOption
    optionalString
    types
    ;

  cfg = config.services.openssh;

  # Settings: yes and no for booleans, several lines for a list where the key may be repeated.
  repeated = [
    "AcceptEnv"
    "AllowUsers"
    "AllowGroups"
    "DenyUsers"
    "DenyGroups"
    "HostKey"
    "ListenAddress"
    "Port"
    "SetEnv"
  ];
  joinedBy =
    key: if builtins.elem key [ "Ciphers" "KexAlgorithms" "Macs" "HostKeyAlgorithms" ] then "," else " ";
  value =
    key: v:
    if builtins.isBool v then
      lib.boolToYesNo v
    else if builtins.isList v then
      concatStringsSep (joinedBy key) v
    else
      toString v;
  setting =
    key: v:
    if v == null then
      ""
    else if builtins.isList v && builtins.elem key repeated && key != "AllowUsers" then
      concatMapStrings (x: "${key} ${value key x}\n") v
    else
      "${key} ${value key v}\n";

  settingsText = lib.concatStrings (lib.mapAttrsToList setting cfg.settings);

  keysOf = u: u.openssh.authorizedKeys;
  withKeys = lib.filterAttrs (
    _: u: u.enable && (keysOf u).keys != [ ] || (keysOf u).keyFiles != [ ]
  ) config.users.users;

  keyText =
    u:
    concatStringsSep "\n" (
      (keysOf u).keys ++ map (file: lib.strings.removeSuffix "\n" (builtins.readFile file)) (keysOf u).keyFiles
    )
    + "\n";

  listen =
    concatMapStrings (port: "Port ${toString port}\n") cfg.ports
    + concatMapStrings (
      { addr, port, ... }:
      "ListenAddress ${addr}${optionalString (port != null) ":${toString port}"}\n"
    ) cfg.listenAddresses;

  configText = ''
    ${listen}
    AddressFamily ${if config.networking.enableIPv6 then "any" else "inet"}
    UsePAM yes
    ${optionalString cfg.allowSFTP ''
      Subsystem sftp ${cfg.sftpServerExecutable} ${concatStringsSep " " cfg.sftpFlags}
    ''}
    AuthorizedKeysFile ${toString cfg.authorizedKeysFiles}
    ${concatMapStrings (k: "HostKey ${k.path}\n") cfg.hostKeys}
    # The search path that is built into the server names no directory of this system.
    SetEnv PATH=${config.security.wrapperDir}:/nix/var/nix/profiles/default/bin:/run/current-system/sw/bin

    ${settingsText}
    ${cfg.extraConfig}
  '';

  # Made at the first start and kept.
  makeHostKeys = concatMapStrings (k: ''
    if ! [ -s "${k.path}" ]; then
      if ! [ -h "${k.path}" ]; then
        rm -f "${k.path}"
      fi
      mkdir -p "$(dirname '${k.path}')"
      chmod 0755 "$(dirname '${k.path}')"
      ssh-keygen -t "${k.type}" ${
        optionalString (k ? bits) "-b ${toString k.bits}"
      } ${optionalString (k ? rounds) "-a ${toString k.rounds}"} ${
        optionalString (k ? comment) "-C '${k.comment}'"
      } -f "${k.path}" -N ""
    fi
  '') cfg.hostKeys;
in
{
  options.services.openssh = {
    enable = mkOption {
      type = types.bool;
      default = false;
      description = "Whether to enable the OpenSSH server, with which users log in over the network.";
    };

    package = lib.mkPackageOption pkgs "openssh" { };

    openFirewall = mkOption {
      type = types.bool;
      default = true;
      description = "Whether the firewall lets in connections to `services.openssh.ports`.";
    };

    startWhenNeeded = mkOption {
      type = types.bool;
      default = false;
      description = "Whether the server is started for each connection and does not run all the time.";
    };

    ports = mkOption {
      type = types.listOf types.port;
      default = [ 22 ];
      description = "Ports on which the server listens.";
    };

    listenAddresses = mkOption {
      type = types.listOf (
        types.submodule {
          options = {
            addr = mkOption {
              type = types.str;
              description = "Address to listen on.";
            };
            port = mkOption {
              type = types.nullOr types.port;
              default = null;
              description = "Port to listen on; `null` for `services.openssh.ports`.";
            };
          };
        }
      );
      default = [ ];
      description = "Addresses on which the server listens. Without any, all.";
    };

    allowSFTP = mkOption {
      type = types.bool;
      default = true;
      description = "Whether files can be transferred by sftp.";
    };

    sftpServerExecutable = mkOption {
      type = types.str;
      default = "internal-sftp";
      description = "The sftp server; `internal-sftp` is the one within sshd.";
    };

    sftpFlags = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "-f AUTHPRIV" ];
      description = "Arguments of the sftp server.";
    };

    hostKeys = mkOption {
      type = types.listOf types.attrs;
      default = [
        {
          type = "ed25519";
          path = "/etc/ssh/ssh_host_ed25519_key";
        }
      ];
      example = [
        {
          type = "rsa";
          bits = 4096;
          path = "/etc/ssh/ssh_host_rsa_key";
        }
      ];
      description = ''
        Keys of the machine. One that is not there is made when the server starts, which for a large RSA key
        takes a while.
      '';
    };

    authorizedKeysFiles = mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "Files in which the keys of a user are looked up.";
    };

    authorizedKeysInHomedir = mkOption {
      type = types.bool;
      default = true;
      description = "Whether `~/.ssh/authorized_keys` counts.";
    };

    settings = mkOption {
      default = { };
      example = {
        PasswordAuthentication = false;
        PermitRootLogin = "no";
      };
      description = "Settings of `sshd_config`.";
      type = types.submodule {
        freeformType = types.attrsOf (
          types.nullOr (
            types.oneOf [
              types.bool
              types.int
              types.str
              (types.listOf (types.either types.str types.int))
            ]
          )
        );
        options = {
          PermitRootLogin = mkOption {
            type = types.nullOr (
              types.enum [
                "yes"
                "without-password"
                "prohibit-password"
                "forced-commands-only"
                "no"
              ]
            );
            default = "prohibit-password";
            description = "Whether root may log in.";
          };
          PasswordAuthentication = mkOption {
            type = types.nullOr types.bool;
            default = true;
            description = "Whether a password lets in.";
          };
          KbdInteractiveAuthentication = mkOption {
            type = types.nullOr types.bool;
            default = true;
            description = "Whether the questions of PAM let in.";
          };
          X11Forwarding = mkOption {
            type = types.nullOr types.bool;
            default = false;
            description = "Whether windows of the machine can be shown on the user's.";
          };
          PrintMotd = mkOption {
            type = types.nullOr types.bool;
            default = false;
            description = "Whether the server shows the message of the day; PAM does so too.";
          };
          UseDns = mkOption {
            type = types.nullOr types.bool;
            default = false;
            description = "Whether names of clients are looked up.";
          };
          StrictModes = mkOption {
            type = types.nullOr types.bool;
            default = true;
            description = "Whether files of users that others can write are refused.";
          };
          LogLevel = mkOption {
            type = types.nullOr (
              types.enum [
                "QUIET"
                "FATAL"
                "ERROR"
                "INFO"
                "VERBOSE"
                "DEBUG"
                "DEBUG1"
                "DEBUG2"
                "DEBUG3"
              ]
            );
            default = "INFO";
            description = "How much is logged.";
          };
          AllowUsers = mkOption {
            type = types.nullOr (types.listOf types.str);
            default = null;
            description = "The only users who may log in.";
          };
          AllowGroups = mkOption {
            type = types.nullOr (types.listOf types.str);
            default = null;
            description = "The only groups whose members may log in.";
          };
        };
      };
    };

    extraConfig = mkOption {
      type = types.lines;
      default = "";
      description = "Further lines of `sshd_config`, after all others, such as `Match` blocks.";
    };

    banner = mkOption {
      type = types.nullOr types.lines;
      default = null;
      description = "Message that is shown before a login.";
    };
  };

  config = mkIf cfg.enable {
    services.openssh.authorizedKeysFiles = lib.optional cfg.authorizedKeysInHomedir "%h/.ssh/authorized_keys" ++ [
      "/etc/ssh/authorized_keys.d/%u"
    ];
    services.openssh.settings.Banner = if cfg.banner == null then "none" else "${builtins.toFile "ssh-banner" cfg.banner}";

    users.users.sshd = {
      uid = config.ids.uids.sshd;
      group = "sshd";
      isSystemUser = true;
      description = "SSH privilege separation user";
    };
    users.groups.sshd.gid = config.ids.gids.sshd;

    security.pam.services.sshd = {
      startSession = true;
      showMotd = true;
      unixAuth = cfg.settings.PasswordAuthentication == true;
      updateWtmp = true;
    };

    environment.systemPackages = [ cfg.package ];

    environment.etc = {
      "ssh/sshd_config".text = configText;
      "ssh/moduli".source = "${cfg.package}/etc/ssh/moduli";
    }
    // lib.mapAttrs' (
      _: u:
      lib.nameValuePair "ssh/authorized_keys.d/${u.name}" {
        text = keyText u;
        # A copy: the server wants a file that root owns, on a path that only root can write.
        mode = "0444";
      }
    ) withKeys;

    systemd.services =
      let
        service = {
          description = "SSH Daemon";
          after = [ "network.target" ];
          path = [ cfg.package ];
          # Those who are logged in stay so.
          stopIfChanged = false;
          restartTriggers = [ config.environment.etc."ssh/sshd_config".source ];
          preStart = makeHostKeys;
          serviceConfig = {
            ExecStart =
              (optionalString cfg.startWhenNeeded "-")
              + "${cfg.package}/bin/sshd "
              + (optionalString cfg.startWhenNeeded "-i ")
              + "-D -f /etc/ssh/sshd_config";
            KillMode = "process";
            RuntimeDirectory = "sshd";
            RuntimeDirectoryMode = "0755";
            RuntimeDirectoryPreserve = true;
          }
          // (
            if cfg.startWhenNeeded then
              {
                StandardInput = "socket";
                StandardError = "journal";
              }
            else
              {
                Restart = "always";
                Type = "simple";
              }
          );
        };
      in
      if cfg.startWhenNeeded then
        { "sshd@" = service; }
      else
        { sshd = service // { wantedBy = [ "multi-user.target" ]; }; };

    systemd.sockets = mkIf cfg.startWhenNeeded {
      sshd = {
        description = "SSH Socket";
        wantedBy = [ "sockets.target" ];
        socketConfig = {
          ListenStream =
            if cfg.listenAddresses == [ ] then
              map toString cfg.ports
            else
              map (
                { addr, port, ... }: "${addr}:${toString (if port == null then 22 else port)}"
              ) cfg.listenAddresses;
          Accept = true;
        };
      };
    };

    networking.firewall.allowedTCPPorts = lib.optionals cfg.openFirewall cfg.ports;

    assertions = map (
      { addr, ... }:
      {
        assertion = addr != "";
        message = "addr must be specified in each listenAddresses entry";
      }
    ) cfg.listenAddresses;
  };
}

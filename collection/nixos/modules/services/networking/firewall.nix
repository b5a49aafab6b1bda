# The firewall: what comes in from outside, by nftables.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib)
    concatMapStringsSep
    concatStringsSep
    mkOption
    optionalString
    types
    ;

  cfg = config.networking.firewall;

  rangeType = types.listOf (
    types.submodule {
      options = {
        from = mkOption {
          type = types.port;
          description = "First port.";
        };
        to = mkOption {
          type = types.port;
          description = "Last port.";
        };
      };
    }
  );

  portOptions = {
    allowedTCPPorts = mkOption {
      type = types.listOf types.port;
      default = [ ];
      # Sorted and single, so that the order of modules does not change the rules.
      apply = ports: lib.unique (lib.sort (a: b: a < b) ports);
      example = [
        22
        80
      ];
      description = "TCP ports to which connections are let in.";
    };
    allowedTCPPortRanges = mkOption {
      type = rangeType;
      default = [ ];
      example = [
        {
          from = 8999;
          to = 9003;
        }
      ];
      description = "Ranges of TCP ports to which connections are let in.";
    };
    allowedUDPPorts = mkOption {
      type = types.listOf types.port;
      default = [ ];
      apply = ports: lib.unique (lib.sort (a: b: a < b) ports);
      example = [ 53 ];
      description = "UDP ports to which packets are let in.";
    };
    allowedUDPPortRanges = mkOption {
      type = rangeType;
      default = [ ];
      example = [
        {
          from = 60000;
          to = 61000;
        }
      ];
      description = "Ranges of UDP ports to which packets are let in.";
    };
  };

  portSet =
    ports: ranges:
    concatStringsSep ", " (
      map toString ports ++ map (r: "${toString r.from}-${toString r.to}") ranges
    );

  rulesFor =
    match: o:
    let
      tcp = portSet o.allowedTCPPorts o.allowedTCPPortRanges;
      udp = portSet o.allowedUDPPorts o.allowedUDPPortRanges;
    in
    optionalString (tcp != "") "    ${match}tcp dport { ${tcp} } accept\n"
    + optionalString (udp != "") "    ${match}udp dport { ${udp} } accept\n";

  refuse =
    optionalString cfg.logRefusedConnections ''
      tcp flags & (fin|syn|rst|ack) == syn log level info prefix "refused connection: "
    ''
    + (
      if cfg.rejectPackets then
        ''
          meta l4proto tcp reject with tcp reset
          reject
        ''
      else
        "drop"
    );

  indent = text: concatMapStringsSep "\n" (l: optionalString (l != "") "    " + l) (lib.splitString "\n" (lib.removeSuffix "\n" text));

  ruleset = ''
    # Made from networking.firewall.
    table inet nixos-fw {
    }
    delete table inet nixos-fw
    table inet nixos-fw {
      chain input {
        type filter hook input priority filter; policy drop;

        iifname { ${concatMapStringsSep ", " (i: ''"${i}"'') cfg.trustedInterfaces} } accept comment "trusted interfaces"
        ct state vmap { invalid : drop, established : accept, related : accept }
        jump input-allow
    ${indent refuse}
      }

      chain input-allow {
    ${rulesFor "" cfg}${
      lib.concatStrings (lib.mapAttrsToList (name: o: rulesFor ''iifname "${name}" '' o) cfg.interfaces)
    }${
      optionalString cfg.allowPing ''
        ${"    "}icmp type echo-request ${
          optionalString (cfg.pingLimit != null) "limit rate ${cfg.pingLimit} "
        }accept comment "allow ping"
        ${"    "}icmpv6 type echo-request accept comment "allow ping"
      ''
    }    icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert, mld-listener-query } accept comment "IPv6 does not work without"
        ip6 daddr fe80::/64 udp dport 546 accept comment "DHCPv6"
        udp sport 67 udp dport 68 accept comment "DHCP"
    ${indent cfg.extraInputRules}
      }
    ${optionalString cfg.filterForward ''
      ${"  "}chain forward {
          type filter hook forward priority filter; policy drop;
          ct state vmap { invalid : drop, established : accept, related : accept }
      ${indent cfg.extraForwardRules}
        }
    ''}
    }
    ${cfg.extraRuleset}
  '';

  rules = builtins.toFile "firewall.nft" ruleset;
in
{
  options.networking.firewall = portOptions // {
    enable = mkOption {
      type = types.bool;
      default = true;
      description = "Whether to enable the firewall. It lets in what was asked for from inside, and connections to ports that are opened.";
    };

    package = mkOption {
      type = types.package;
      default = pkgs.nftables;
      defaultText = lib.literalExpression "pkgs.nftables";
      description = "The program that loads the rules.";
    };

    trustedInterfaces = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "enp0s2" ];
      description = "Interfaces from which everything is let in.";
    };

    interfaces = mkOption {
      type = types.attrsOf (types.submodule { options = portOptions; });
      default = { };
      description = "Ports that are open on single interfaces, by their name.";
    };

    allowPing = mkOption {
      type = types.bool;
      default = true;
      description = "Whether the machine answers to ping.";
    };

    pingLimit = mkOption {
      type = types.nullOr types.singleLineStr;
      default = null;
      example = "1/minute burst 5 packets";
      description = "How many pings are answered.";
    };

    rejectPackets = mkOption {
      type = types.bool;
      default = false;
      description = "Whether refused packets are answered with an error instead of silence.";
    };

    logRefusedConnections = mkOption {
      type = types.bool;
      default = true;
      description = "Whether refused connections are logged.";
    };

    filterForward = mkOption {
      type = types.bool;
      default = false;
      description = "Whether packets that are passed on between networks are filtered too.";
    };

    extraInputRules = mkOption {
      type = types.lines;
      default = "";
      example = "ip6 saddr { fc00::/7, fe80::/10 } tcp dport 24800 accept";
      description = "Further rules of nftables for what comes in.";
    };

    extraForwardRules = mkOption {
      type = types.lines;
      default = "";
      description = "Further rules of nftables for what is passed on.";
    };

    ruleset = mkOption {
      type = types.str;
      readOnly = true;
      internal = true;
      default = ruleset;
      defaultText = "the rules";
      description = "The rules as they are made from the other options.";
    };

    extraRuleset = mkOption {
      type = types.lines;
      default = "";
      description = "Further tables of nftables.";
    };
  };

  config = lib.mkIf cfg.enable {
    networking.firewall.trustedInterfaces = [ "lo" ];

    environment.systemPackages = [ cfg.package ];

    systemd.services.firewall = {
      description = "Firewall";
      wantedBy = [ "sysinit.target" ];
      before = [
        "network-pre.target"
        "shutdown.target"
      ];
      wants = [ "network-pre.target" ];
      after = [ "systemd-modules-load.service" ];
      conflicts = [ "shutdown.target" ];
      unitConfig.DefaultDependencies = false;
      # The rules change in one step: nothing is let in meanwhile.
      reloadIfChanged = true;
      enableDefaultPath = false;
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
        ExecStart = "${cfg.package}/bin/nft -f ${rules}";
        ExecReload = "${cfg.package}/bin/nft -f ${rules}";
        ExecStop = "${cfg.package}/bin/nft delete table inet nixos-fw";
      };
    };

    # Together and ahead of time: the kernel would ask for each of them by starting a program.
    boot.kernelModules = [
      "nf_tables"
      "nft_ct"
    ]
    ++ lib.optionals cfg.logRefusedConnections [
      "nft_log"
      "nf_log_syslog"
    ]
    ++ lib.optional cfg.rejectPackets "nft_reject_inet"
    ++ lib.optional (cfg.pingLimit != null) "nft_limit";
  };
}

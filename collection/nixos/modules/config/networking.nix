# Name, hosts, interfaces and name resolution of the machine.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib)
    mkIf
    mkOption
    optional
    types
    ;

  cfg = config.networking;

  # Names of protocols and ports.
  netbase = pkgs.netbase or pkgs.debian.netbase;

  addressOptions = version: {
    address = mkOption {
      type = types.str;
      example = if version == 4 then "192.0.2.10" else "2001:db8::10";
      description = "Address of the interface.";
    };
    prefixLength = mkOption {
      type = types.ints.between 0 (if version == 4 then 32 else 128);
      example = if version == 4 then 24 else 64;
      description = "How many bits of the address are those of its network.";
    };
  };

  gatewayType = types.nullOr (
    types.coercedTo types.str (address: { inherit address; }) (
      types.submodule {
        options = {
          address = mkOption {
            type = types.str;
            description = "Address of the gateway.";
          };
          interface = mkOption {
            type = types.nullOr types.str;
            default = null;
            description = "Interface through which the gateway is reached.";
          };
          metric = mkOption {
            type = types.nullOr types.int;
            default = null;
            description = "The lower, the more is this route preferred.";
          };
        };
      }
    )
  );

  interfaceModule =
    { name, ... }:
    {
      options = {
        name = mkOption {
          type = types.str;
          default = name;
          description = "Name of the interface.";
        };
        useDHCP = mkOption {
          type = types.nullOr types.bool;
          default = null;
          description = "Whether the interface asks for its addresses. `null` follows `networking.useDHCP` where it has none of its own.";
        };
        macAddress = mkOption {
          type = types.nullOr types.str;
          default = null;
          example = "00:11:22:33:44:55";
          description = "Hardware address to take.";
        };
        mtu = mkOption {
          type = types.nullOr types.int;
          default = null;
          example = 9000;
          description = "Largest packet, in bytes.";
        };
        ipv4.addresses = mkOption {
          type = types.listOf (types.submodule { options = addressOptions 4; });
          default = [ ];
          description = "IPv4 addresses of the interface.";
        };
        ipv6.addresses = mkOption {
          type = types.listOf (types.submodule { options = addressOptions 6; });
          default = [ ];
          description = "IPv6 addresses of the interface.";
        };
      };
    };

  ini = lib.generators.toINI { listsAsDuplicateKeys = true; };

  networkOf =
    interface:
    let
      addresses = interface.ipv4.addresses ++ interface.ipv6.addresses;
      dhcp =
        if interface.useDHCP != null then interface.useDHCP else cfg.useDHCP && addresses == [ ];
      gateways = lib.concatMap (
        gateway:
        optional (
          gateway != null
          && (if gateway.interface == null then addresses != [ ] else gateway.interface == interface.name)
        ) gateway.address
      ) [
        cfg.defaultGateway
        cfg.defaultGateway6
      ];
    in
    ini (
      {
        Match.Name = interface.name;
        Network = {
          DHCP = lib.boolToYesNo dhcp;
        }
        // lib.optionalAttrs (addresses != [ ]) {
          Address = map (a: "${a.address}/${toString a.prefixLength}") addresses;
        }
        // lib.optionalAttrs (gateways != [ ]) { Gateway = gateways; };
      }
      // lib.optionalAttrs (interface.macAddress != null || interface.mtu != null) {
        Link =
          lib.optionalAttrs (interface.macAddress != null) { MACAddress = interface.macAddress; }
          // lib.optionalAttrs (interface.mtu != null) { MTUBytes = interface.mtu; };
      }
    );

  # What the manager of the network learnt, as the resolver wants it.
  writeResolvConf = ''
    umask 0022
    state=/run/systemd/netif/state
    # At boot it takes a moment until the network told anything. Later changes start this anew.
    end=$((SECONDS + 60))
    while :; do
      seen=$(cat $state 2>/dev/null || true)
      servers=
      search=
      while IFS='=' read -r name value; do
        case $name in
          DNS) servers=$value ;;
          DOMAINS) search=$value ;;
        esac
      done <<< "$seen"
      {
        echo "# Generated from what the network told; set networking.nameservers to fix it."
        [ -z "$search" ] || echo "search $search"
        for server in $servers; do echo "nameserver ''${server%%#*}"; done
        ${lib.optionalString (cfg.resolvconf.extraOptions != [ ]) ''
          echo "options ${toString cfg.resolvconf.extraOptions}"
        ''}
      } > /etc/.resolv.conf.new
      mv -f /etc/.resolv.conf.new /etc/resolv.conf
      # What changed meanwhile would start nothing: this runs already.
      [ "$(cat $state 2>/dev/null || true)" = "$seen" ] || continue
      [ -z "$servers" ] && [ "$SECONDS" -lt "$end" ] || break
      sleep 1
    done
  '';

  staticResolvConf =
    lib.optionalString (cfg.search != [ ]) "search ${toString cfg.search}\n"
    + lib.concatMapStrings (n: "nameserver ${n}\n") cfg.nameservers
    + lib.optionalString (
      cfg.resolvconf.extraOptions != [ ]
    ) "options ${toString cfg.resolvconf.extraOptions}\n";

  useNetworkd = cfg.useDHCP || cfg.interfaces != { } || config.systemd.network.enable;
in
{
  options = {
    networking = {
      hostName = mkOption {
        # Empty where the name comes from elsewhere.
        type = types.strMatching "^$|^[[:alnum:]]([[:alnum:]_-]{0,61}[[:alnum:]])?$";
        default = config.system.nixos.distroId;
        defaultText = lib.literalExpression "config.system.nixos.distroId";
        description = ''
          Name of the machine: one label of letters, digits and hyphens, at most 63 of them. Empty where the
          network gives the name.
        '';
      };
      domain = mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "home.arpa";
        description = "Domain of the machine.";
      };
      fqdn = mkOption {
        type = types.str;
        readOnly = true;
        default =
          if cfg.hostName != "" && cfg.domain != null then
            "${cfg.hostName}.${cfg.domain}"
          else
            throw ''
              The full name of the machine is asked for, but `networking.hostName` or `networking.domain` is not set.
            '';
        defaultText = lib.literalExpression ''"''${networking.hostName}.''${networking.domain}"'';
        description = "Full name of the machine.";
      };
      hostId = mkOption {
        type = types.nullOr (types.strMatching "[0-9a-f]{8}");
        default = null;
        example = "4e98920d";
        description = "Number of the machine, 8 hexadecimal digits, for programs that use it.";
      };
      hosts = mkOption {
        type = types.attrsOf (types.listOf types.str);
        default = { };
        example = {
          "192.0.2.1" = [ "foo.bar.baz" ];
        };
        description = "Names of addresses, for `/etc/hosts`.";
      };
      extraHosts = mkOption {
        type = types.lines;
        default = "";
        example = "192.0.2.1 lanlocalhost";
        description = "Further lines of `/etc/hosts`.";
      };
      useDHCP = mkOption {
        type = types.bool;
        default = true;
        description = "Whether wired interfaces without addresses in the configuration ask the network for theirs.";
      };
      interfaces = mkOption {
        type = types.attrsOf (types.submodule interfaceModule);
        default = { };
        example = {
          eth0.ipv4.addresses = [
            {
              address = "192.0.2.10";
              prefixLength = 24;
            }
          ];
        };
        description = "Interfaces with settings of their own, by name.";
      };
      defaultGateway = mkOption {
        type = gatewayType;
        default = null;
        example = "192.0.2.1";
        description = "Where packets for other networks go.";
      };
      defaultGateway6 = mkOption {
        type = gatewayType;
        default = null;
        example = "2001:db8::1";
        description = "Where packets for other IPv6 networks go.";
      };
      nameservers = mkOption {
        type = types.listOf types.str;
        default = [ ];
        example = [ "192.0.2.53" ];
        description = "Addresses of name servers. Without any, those that the network tells are used.";
      };
      search = mkOption {
        type = types.listOf types.str;
        default = [ ];
        description = "Domains in which short names are looked up.";
      };
      enableIPv6 = mkOption {
        type = types.bool;
        default = true;
        description = "Whether to use IPv6.";
      };
      usePredictableInterfaceNames = mkOption {
        type = types.bool;
        default = true;
        description = "Whether interfaces are named by where they are (`enp1s0`) instead of by their order (`eth0`).";
      };
      resolvconf.extraOptions = mkOption {
        type = types.listOf types.str;
        default = [ ];
        example = [ "ndots:1" ];
        description = "Options of the resolver.";
      };
    };

    systemd.network = {
      enable = mkOption {
        type = types.bool;
        default = false;
        description = "Whether systemd-networkd runs. It does so anyway where this configuration has something for it.";
      };
      networks = mkOption {
        type = types.attrsOf (
          types.attrsOf (
            types.attrsOf (
              types.oneOf [
                types.bool
                types.int
                types.str
                (types.listOf types.str)
              ]
            )
          )
        );
        default = { };
        example = {
          "10-lan" = {
            Match.Name = "enp1s0";
            Network.DHCP = "yes";
          };
        };
        description = "Files of systemd.network(5): by name, by section, by key.";
      };
      wait-online.enable = mkOption {
        type = types.bool;
        default = true;
        description = "Whether services that want the network wait until it is there.";
      };
    };
  };

  config = {
    networking.hosts = {
      "127.0.0.1" = [ "localhost" ];
      "127.0.0.2" = optional (cfg.hostName != "" && cfg.domain != null) cfg.fqdn ++ optional (cfg.hostName != "") cfg.hostName;
    }
    // lib.optionalAttrs cfg.enableIPv6 { "::1" = [ "localhost" ]; };

    environment.etc = {
      hosts.text =
        lib.concatStrings (
          lib.mapAttrsToList (address: names: "${address} ${toString names}\n") (
            lib.filterAttrs (_: names: names != [ ]) cfg.hosts
          )
        )
        + cfg.extraHosts;

      hostname = mkIf (cfg.hostName != "") { text = cfg.hostName + "\n"; };

      "host.conf".text = "multi on\n";
      protocols.source = "${netbase}/etc/protocols";
      services.source = "${netbase}/etc/services";
      rpc.source = "${netbase}/etc/rpc";

      "nsswitch.conf".text = ''
        passwd:    files
        group:     files
        shadow:    files
        hosts:     files dns
        networks:  files
        ethers:    files
        services:  files
        protocols: files
        rpc:       files
      '';
    }
    // lib.optionalAttrs (cfg.nameservers != [ ]) { "resolv.conf".text = staticResolvConf; }
    // lib.optionalAttrs useNetworkd (
      lib.mapAttrs' (
        _: interface:
        lib.nameValuePair "systemd/network/40-${interface.name}.network" { text = networkOf interface; }
      ) cfg.interfaces
      // lib.mapAttrs' (
        name: sections: lib.nameValuePair "systemd/network/${name}.network" { text = ini sections; }
      ) config.systemd.network.networks
      // lib.optionalAttrs cfg.useDHCP {
        # Last, so that any file for an interface wins over it.
        "systemd/network/99-ethernet-default-dhcp.network".text = ini {
          Match = {
            Type = "ether";
            # Bridges, tunnels and the like have a kind; devices have none.
            Kind = "!*";
          };
          Network = {
            DHCP = "yes";
            IPv6PrivacyExtensions = "kernel";
          };
        };
      }
    )
    // lib.optionalAttrs (!cfg.usePredictableInterfaceNames) {
      "systemd/network/99-default.link".source = "/dev/null";
    }
    // lib.optionalAttrs (cfg.hostId != null) {
      hostid.source = pkgs.runCommand "hostid" { } ''
        printf '${
          lib.concatMapStrings (i: "\\x${builtins.substring i 2 cfg.hostId}") [
            6
            4
            2
            0
          ]
        }' > "$out"
      '';
    };

    boot.kernel.sysctl = mkIf (!cfg.enableIPv6) {
      "net.ipv6.conf.all.disable_ipv6" = true;
      "net.ipv6.conf.default.disable_ipv6" = true;
    };

    systemd.services = mkIf useNetworkd {
      systemd-networkd = {
        wantedBy = [ "multi-user.target" ];
        # The lines of the machine stay up over a restart.
        stopIfChanged = false;
        restartTriggers = map (name: config.environment.etc.${name}.source) (
          builtins.filter (lib.hasPrefix "systemd/network/") (builtins.attrNames config.environment.etc)
        );
      };
      systemd-networkd-wait-online = {
        wantedBy = lib.optional config.systemd.network.wait-online.enable "network-online.target";
        serviceConfig.ExecStart = [
          ""
          "${config.systemd.package}/lib/systemd/systemd-networkd-wait-online --any"
        ];
        restartIfChanged = false;
      };
      resolvconf-from-network = mkIf (cfg.nameservers == [ ]) {
        description = "Name servers that the network told";
        after = [ "systemd-networkd.service" ];
        wantedBy = [ "multi-user.target" ];
        # Nothing waits for it.
        serviceConfig.Type = "exec";
        script = writeResolvConf;
      };
    };

    systemd.sockets.systemd-networkd = mkIf useNetworkd { wantedBy = [ "sockets.target" ]; };

    systemd.paths.resolvconf-from-network = mkIf (useNetworkd && cfg.nameservers == [ ]) {
      description = "Watch for name servers that the network tells";
      wantedBy = [ "multi-user.target" ];
      pathConfig.PathChanged = "/run/systemd/netif/state";
    };
  };
}

# "ok:<number of tests>", or a text about the failed ones.
let
  lib = import ../../lib;

  configOf = modules: (import ./system.nix modules).config;
  plain = configOf [ ];

  unit = config: name: config.systemd.units.${name}.text;
  has = text: part: lib.hasInfix part text;
  lacks = text: part: !lib.hasInfix part text;

  example = configOf [ ../../../examples/web-server/configuration.nix ];
  changed = configOf [ ../../../examples/web-server/changed.nix ];

  # Everything that an option's documentation shows evaluates.
  documented = (import ./system.nix [ ]).config.system.build.manual.optionsNix;

  service = configOf [
    {
      systemd.services.job = {
        description = "A job";
        wantedBy = [ "multi-user.target" ];
        after = [ "network.target" ];
        environment.COLOUR = "50% \"red\"";
        script = "echo hello";
        startAt = "daily";
        reloadIfChanged = true;
        serviceConfig = {
          ExecStartPre = [
            "/bin/a"
            "/bin/b"
          ];
          PrivateTmp = true;
        };
      };
      systemd.services.off.enable = false;
      systemd.sockets.job.listenStreams = [ "/run/job" ];
      systemd.mounts = [
        {
          what = "tmpfs";
          where = "/mnt/a-b";
          type = "tmpfs";
        }
      ];
      systemd.tmpfiles.rules = [ "d /run/job" ];
      systemd.tmpfiles.settings.own."/run/x".d.mode = "0700";
    }
  ];

  users = configOf [
    {
      users.users.alice = {
        isNormalUser = true;
        extraGroups = [ "wheel" ];
        openssh.authorizedKeys.keys = [ "ssh-ed25519 AAAA a" ];
      };
      users.users.daemon = {
        isSystemUser = true;
        group = "daemon";
      };
      users.groups.daemon = { };
      services.openssh.enable = true;
      services.openssh.settings.AllowUsers = [
        "alice"
        "bob"
      ];
      services.openssh.ports = [
        22
        2222
      ];
    }
  ];
  sshd = users.environment.etc."ssh/sshd_config".text;

  web = configOf [
    {
      services.nginx.enable = true;
      services.nginx.virtualHosts = {
        "a.example".locations = {
          "/" = {
            proxyPass = "http://127.0.0.1:1";
            priority = 2000;
          };
          "/static".root = "/srv";
        };
        "b.example" = {
          serverAliases = [ "c.example" ];
          forceSSL = true;
          sslCertificate = "/cert";
          sslCertificateKey = "/key";
        };
      };
    }
  ];
  firewall = modules: (configOf modules).networking.firewall.ruleset;

  all = cases: {
    expr = builtins.filter (n: !cases.${n}) (builtins.attrNames cases);
    expected = [ ];
  };

  tests = {
    "test toplevel is named after the host" = {
      expr = example.system.build.toplevel.name;
      expected = "nixos-system-web-server-${lib.trivial.release}";
    };

    "test a change is seen in the toplevel" = {
      expr = example.system.build.toplevel.drvPath == changed.system.build.toplevel.drvPath;
      expected = false;
    };

    "test evaluation gives the same twice" = {
      expr = (configOf [ ]).system.build.toplevel.drvPath;
      expected = plain.system.build.toplevel.drvPath;
    };

    "test service unit" =
      let
        text = unit service "job.service";
      in
      all {
        description = has text "Description=A job\n";
        order = has text "After=network.target\n";
        percentIsEscaped = has text ''Environment="COLOUR=50%% \"red\""'';
        path = has text ''Environment="PATH='';
        repeated = has text "ExecStartPre=/bin/a\nExecStartPre=/bin/b\n";
        boolean = has text "PrivateTmp=true\n";
        script = has text "unit-script-job-start\n";
        reload = has text "X-ReloadIfChanged=true\n";
        timer = has (unit service "job.timer") "OnCalendar=daily\n";
        timerIsWanted = service.systemd.units."job.timer".wantedBy == [ "timers.target" ];
        socket = has (unit service "job.socket") "ListenStream=/run/job\n";
        mount = has (unit service "mnt-a\\x2db.mount") "What=tmpfs\n";
        disabled = !service.systemd.units."off.service".enable;
      };

    "test packaged units keep their environment" = all {
      journald = lacks (unit plain "systemd-journald.service") "Environment=";
      getty = has (unit plain "getty@.service") "ExecStart=\nExecStart=@";
    };

    "test units are one directory" = {
      expr = plain.environment.etc."systemd/system".mode;
      expected = "symlink";
    };

    "test users" = all {
      home = users.users.users.alice.home == "/home/alice";
      group = users.users.users.alice.group == "users";
      member = builtins.elem "alice" users.users.groups.wheel.members;
      noUid = users.users.users.alice.uid == null;
      systemUser = users.users.users.daemon.home == "/var/empty";
      keys = users.environment.etc."ssh/authorized_keys.d/alice".text == "ssh-ed25519 AAAA a\n";
      keysAreCopies = users.environment.etc."ssh/authorized_keys.d/alice".mode == "0444";
      builders = users.users.users.nixbld1.uid == 30001;
    };

    "test sshd" = all {
      ports = has sshd "Port 22\nPort 2222\n";
      users = has sshd "AllowUsers alice bob\n";
      root = has sshd "PermitRootLogin prohibit-password\n";
      openPorts = lib.sublist 0 2 users.networking.firewall.allowedTCPPorts == [
        22
        2222
      ];
      absentByItself = !(plain.systemd.services ? sshd) && !(plain.users.users ? sshd);
    };

    "test nginx is absent by itself" = all {
      service = !(plain.systemd.services ? nginx);
      user = !(plain.users.users ? nginx);
      port = plain.networking.firewall.allowedTCPPorts == [ ];
    };

    "test nginx" = all {
      service = has (unit web "nginx.service") "User=nginx\n";
      opensNoPort = web.networking.firewall.allowedTCPPorts == [ ];
    };

    "test nginx configuration" =
      let
        text = web.services.nginx.configText;
        position = part: builtins.stringLength (builtins.head (lib.splitString part text));
      in
      all {
        alias = has text "server_name b.example c.example;";
        redirect = has text "return 301 https://$host$request_uri;";
        encrypted = has text "listen 0.0.0.0:443 ssl http2;";
        certificate = has text "ssl_certificate /cert;";
        order = position "location /static" < position "location / {\n      proxy_pass";
      };

    "test firewall" =
      let
        text = firewall [
          {
            networking.firewall = {
              allowedTCPPorts = [
                80
                22
                80
              ];
              allowedUDPPortRanges = [
                {
                  from = 1;
                  to = 3;
                }
              ];
              interfaces.lan.allowedTCPPorts = [ 5 ];
              allowPing = false;
            };
          }
        ];
      in
      all {
        tcp = has text "tcp dport { 22, 80 } accept";
        udp = has text "udp dport { 1-3 } accept";
        interface = has text ''iifname "lan" tcp dport { 5 } accept'';
        noPing = lacks text "echo-request";
        drops = has text "policy drop;";
      };

    "test network" =
      let
        c = configOf [
          {
            networking = {
              hostName = "box";
              domain = "example.org";
              nameservers = [ "192.0.2.53" ];
              defaultGateway = "192.0.2.1";
              interfaces.eth0.ipv4.addresses = [
                {
                  address = "192.0.2.10";
                  prefixLength = 24;
                }
              ];
            };
          }
        ];
        eth0 = c.environment.etc."systemd/network/40-eth0.network".text;
      in
      all {
        address = has eth0 "Address=192.0.2.10/24\n";
        gateway = has eth0 "Gateway=192.0.2.1\n";
        noDhcp = has eth0 "DHCP=no\n";
        hosts = has c.environment.etc.hosts.text "127.0.0.2 box.example.org box\n";
        resolver = c.environment.etc."resolv.conf".text == "nameserver 192.0.2.53\n";
        hostname = c.environment.etc.hostname.text == "box\n";
      };

    "test nix.conf" =
      let
        text =
          (configOf [
            {
              nix.settings = {
                max-jobs = 2;
                extra-sandbox-paths = [
                  "/a"
                  "/b"
                ];
                experimental-features = [ "flakes" ];
              };
            }
          ]).environment.etc."nix/nix.conf".text;
      in
      all {
        number = has text "\nmax-jobs = 2\n";
        list = has text "\nextra-sandbox-paths = /a /b\n";
        boolean = has text "\nsandbox = true\n";
        group = has text "\nbuild-users-group = nixbld\n";
      };

    "test environment" =
      let
        c = configOf [
          {
            environment.variables.EDITOR = "vim";
            environment.variables.LIST = [
              "a"
              "b"
            ];
            environment.shellAliases.ll = "ls -la";
          }
        ];
        text = c.environment.etc."set-environment".text;
      in
      all {
        override = has text ''export EDITOR="vim"'';
        list = has text ''export LIST="a:b"'';
        wrappersFirst = has text ''export PATH="/run/wrappers/bin:$PATH"'';
        alias = has c.environment.etc.bashrc.text "alias -- ll='ls -la'";
      };

    "test sudo" = all {
      wheel = has (builtins.toJSON plain.security.sudo.extraRules) ''"wheel"'';
      wrapper = plain.security.wrappers.sudo.setuid;
      off = !((configOf [ { security.sudo.enable = false; } ]).security.wrappers ? sudo);
    };

    "test release" = all {
      osRelease = has plain.environment.etc."os-release".text "VERSION_ID=${lib.trivial.release}\n";
      stateVersion = plain.system.stateVersion == lib.trivial.release;
    };

    "test every option is documented" = {
      expr = builtins.filter (n: (documented.${n}.description or null) == null) (
        builtins.attrNames documented
      );
      expected = [ ];
    };

    "test a package set of one's own" = {
      expr =
        (configOf [
          { nixpkgs.pkgs = import ../../. { system = "x86_64-linux"; }; }
          { nixpkgs.overlays = [ (final: prev: { mine = "mine"; }) ]; }
          ({ pkgs, ... }: { networking.hostName = pkgs.mine; })
        ]).networking.hostName;
      expected = "mine";
    };

    "test shells and scheduled commands" =
      let
        c = configOf [
          {
            programs.zsh.enable = true;
            users.users.jane = {
              isNormalUser = true;
              shell = "/run/current-system/sw/bin/zsh";
            };
            services.cron.enable = true;
            services.cron.systemCronJobs = [ "* * * * * root true" ];
            programs.tmux.enable = true;
            programs.tmux.shortcut = "a";
          }
        ];
      in
      all {
        shells = has c.environment.etc.shells.text "/run/current-system/sw/bin/zsh";
        aliases = has c.environment.etc.zshrc.text "alias -- ll='ls -l'";
        crontab = has c.environment.etc.crontab.text "* * * * * root true\n";
        crontabIsACopy = c.environment.etc.crontab.mode == "0600";
        tmux = has c.environment.etc."tmux.conf".text "set -g prefix C-a\n";
      };

    "test specialisations" =
      let
        c = configOf [
          {
            networking.hostName = "parent";
            services.nginx.enable = true;
            specialisation.loud.configuration.networking.hostName = lib.mkForce "child";
            specialisation.bare = {
              inheritParentConfig = false;
              configuration = {
                fileSystems."/".device = "/dev/x";
                nixpkgs.overlays = [ (final: prev: { firn = prev.writeText "firn" ""; }) ];
              };
            };
          }
        ];
      in
      all {
        changed = c.specialisation.loud.configuration.networking.hostName == "child";
        inherited = c.specialisation.loud.configuration.services.nginx.enable;
        notInherited = !c.specialisation.bare.configuration.services.nginx.enable;
        parentStays = c.networking.hostName == "parent";
        linked = has c.system.systemBuilderCommands ''"$out/specialisation/"loud'';
      };

    "test overlays and configuration of packages" = {
      expr =
        (configOf [
          { nixpkgs.overlays = [ (final: prev: { mine = "mine"; }) ]; }
          ({ pkgs, ... }: { networking.hostName = pkgs.mine; })
        ]).networking.hostName;
      expected = "mine";
    };
  };

  failures = lib.runTests tests;
in
if failures == [ ] then
  "ok:${toString (lib.length (lib.attrNames tests))}"
else
  lib.concatMapStringsSep "\n" (
    f:
    "${f.name}\n  expected: ${lib.generators.toPretty { multiline = false; } f.expected}\n  result: ${
      lib.generators.toPretty { multiline = false; } f.result
    }"
  ) failures

# The service manager and its units.
{
  config,
  lib,
  pkgs,
  utils,
  ...
}:

let
  inherit (lib)
    mapAttrs'
    mkDefault
    mkOption
    nameValuePair
    types
    ;

  cfg = config.systemd;

  systemdLib = import ../../lib/systemd-lib.nix { inherit config lib pkgs; };
  unitOptions = import ../../lib/systemd-unit-options.nix { inherit lib systemdLib; };

  unitsOf =
    module: description:
    mkOption {
      type = types.attrsOf (types.submodule module);
      default = { };
      inherit description;
    };

  listOfUnits =
    module: description:
    mkOption {
      type = types.listOf (types.submodule module);
      default = [ ];
      inherit description;
    };

  named =
    suffix: toUnit: units:
    mapAttrs' (name: u: nameValuePair "${name}.${suffix}" (toUnit u)) units;

  # Units of a scope (the system, or every user's own manager).
  allUnits =
    scope:
    named "service" (u: u) (builtins.mapAttrs systemdLib.serviceToUnit scope.services)
    // named "socket" systemdLib.socketToUnit scope.sockets
    // named "timer" systemdLib.timerToUnit scope.timers
    // named "path" systemdLib.pathToUnit scope.paths
    // named "slice" systemdLib.sliceToUnit scope.slices
    // named "target" systemdLib.targetToUnit scope.targets;

  # startAt makes a timer of the same name.
  timersOf =
    services:
    builtins.mapAttrs (_: service: {
      wantedBy = [ "timers.target" ];
      timerConfig.OnCalendar = service.startAt;
    }) (lib.filterAttrs (_: s: s.enable && s.startAt != [ ]) services);

  settingsFile = sections: systemdLib.sectionsToText (
    lib.mapAttrsToList (name: attrs: { inherit name attrs; }) sections
  );

  # Configuration of systemd-tmpfiles that comes with the service manager and is wanted here.
  upstreamTmpfiles = [
    "home.conf"
    "journal-nocow.conf"
    "static-nodes-permissions.conf"
    "systemd.conf"
    "systemd-network.conf"
    "systemd-nologin.conf"
    "systemd-nspawn.conf"
    "systemd-tmp.conf"
    "var.conf"
    "x11.conf"
  ];
  # These make parts of /etc, which is made otherwise here.
  maskedTmpfiles = [
    "dbus.conf"
    "debian.conf"
    "etc.conf"
    "legacy.conf"
    "provision.conf"
    "systemd-pstore.conf"
  ];

  tmpfileLine =
    path: type: entry:
    "${type} ${lib.strings.escapeC [ " " "\t" "\\" ] path} ${entry.mode} ${entry.user} ${entry.group} ${entry.age} ${entry.argument}";

  tmpfilesText =
    settings:
    lib.concatStringsSep "\n" (
      lib.concatLists (
        lib.mapAttrsToList (
          path: byType: lib.mapAttrsToList (type: entry: tmpfileLine path type entry) byType
        ) settings
      )
    )
    + "\n";

  textFile =
    name: text: if builtins.hasContext text then pkgs.writeText name text else builtins.toFile name text;

  tmpfiles = pkgs.runCommand "tmpfiles.d" { preferLocalBuild = true; } ''
    mkdir "$out"
    for name in ${toString upstreamTmpfiles}; do
      [ ! -e ${cfg.package}/lib/tmpfiles.d/$name ] || ln -s ${cfg.package}/lib/tmpfiles.d/$name "$out/$name"
    done
    for name in ${toString maskedTmpfiles}; do ln -s /dev/null "$out/$name"; done
    for package in ${toString cfg.tmpfiles.packages}; do
      for file in "$package"/lib/tmpfiles.d/*.conf; do ln -sfn "$file" "$out/"; done
    done
    ${lib.concatStrings (
      lib.mapAttrsToList (name: settings: ''
        ln -s ${textFile "${name}.conf" (tmpfilesText settings)} "$out/${name}.conf"
      '') cfg.tmpfiles.settings
    )}
    ln -s ${textFile "00-nixos.conf" tmpfilesRules} "$out/00-nixos.conf"
  '';
  tmpfilesRules = ''
    # Made from the option systemd.tmpfiles.rules.

    ${lib.concatStringsSep "\n" cfg.tmpfiles.rules}
  '';
in
{
  options.systemd = {
    package = mkOption {
      type = types.package;
      default = pkgs.systemd;
      defaultText = lib.literalExpression "pkgs.systemd";
      description = "The systemd package.";
    };

    enableEmergencyMode = mkOption {
      type = types.bool;
      default = true;
      description = "Whether a boot that fails offers a shell for `root` on the console.";
    };

    units = mkOption {
      type = types.attrsOf (types.submodule unitOptions.concreteOptions);
      default = { };
      description = "Units as texts, by their full name. The options for each kind of unit make them.";
    };

    packages = mkOption {
      type = types.listOf types.package;
      default = [ ];
      example = lib.literalExpression "[ pkgs.dbus ]";
      description = "Packages whose units are offered.";
    };

    suppressedSystemUnits = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "systemd-backlight@.service" ];
      description = "Units of packages that are masked.";
    };

    services = unitsOf unitOptions.service "Services: processes, and commands that run once.";
    sockets = unitsOf unitOptions.socket "Sockets whose use starts a service.";
    timers = unitsOf unitOptions.timer "Times at which services start.";
    paths = unitsOf unitOptions.path "Files whose change starts a service.";
    slices = unitsOf unitOptions.slice "Groups of processes with common limits.";
    targets = unitsOf unitOptions.target "Groups of units, and points that the start of others is ordered by.";
    mounts = listOfUnits unitOptions.mount "File systems that are mounted.";
    automounts = listOfUnits unitOptions.automount "File systems that are mounted when they are used.";

    user = {
      services = unitsOf unitOptions.service "Services of every user's own service manager.";
      sockets = unitsOf unitOptions.socket "Sockets of every user's own service manager.";
      timers = unitsOf unitOptions.timer "Timers of every user's own service manager.";
      paths = unitsOf unitOptions.path "Paths of every user's own service manager.";
      slices = unitsOf unitOptions.slice "Slices of every user's own service manager.";
      targets = unitsOf unitOptions.target "Targets of every user's own service manager.";
      units = mkOption {
        type = types.attrsOf (types.submodule unitOptions.concreteOptions);
        default = { };
        description = "Units as texts of every user's own service manager.";
      };
      extraConfig = mkOption {
        type = types.lines;
        default = "";
        example = "DefaultCPUAccounting=yes";
        description = "Further lines of `user.conf`.";
      };
    };

    defaultUnit = mkOption {
      type = types.str;
      default = "multi-user.target";
      description = "The unit that a boot starts.";
    };

    ctrlAltDelUnit = mkOption {
      type = types.str;
      default = "reboot.target";
      description = "The unit that Ctrl-Alt-Del on the console starts.";
    };

    globalEnvironment = mkOption {
      type =
        with types;
        attrsOf (
          nullOr (oneOf [
            str
            path
            package
          ])
        );
      default = { };
      example = {
        TZ = "CET";
      };
      description = "Variables of the environment of all services.";
    };

    extraConfig = mkOption {
      type = types.lines;
      default = "";
      example = "DefaultLimitCORE=infinity";
      description = "Further lines of `system.conf`.";
    };

    settings.Manager = mkOption {
      type = types.attrsOf unitOptions.unitOption;
      default = { };
      example = {
        DefaultTimeoutStartSec = "60s";
      };
      description = "Settings of the service manager itself, as in systemd-system.conf(5).";
    };

    tmpfiles = {
      rules = mkOption {
        type = types.listOf types.str;
        default = [ ];
        example = [ "d /tmp 1777 root root 10d" ];
        description = "Lines of tmpfiles.d(5): directories and files that are made, changed and cleaned at boot and in a switch.";
      };
      packages = mkOption {
        type = types.listOf types.package;
        default = [ ];
        description = "Packages whose `lib/tmpfiles.d` counts.";
      };
      settings = mkOption {
        type = types.attrsOf (
          types.attrsOf (
            types.attrsOf (
              types.submodule {
                options = lib.mapAttrs (
                  _: description:
                  mkOption {
                    type = types.str;
                    default = "-";
                    inherit description;
                  }
                ) {
                  mode = "Mode of the file.";
                  user = "Owner of the file.";
                  group = "Group of the file.";
                  age = "Age after which content is removed.";
                  argument = "What the kind of line wants besides.";
                };
              }
            )
          )
        );
        default = { };
        example = {
          "10-mypackage"."/var/lib/my-service/statefolder".d.mode = "0755";
        };
        description = "Entries of tmpfiles.d(5): by file, by path, by kind of line.";
      };
    };

    generators = mkOption {
      type = types.attrsOf types.path;
      default = { };
      description = "Programs that make units at boot, by name; `/dev/null` turns one off.";
    };

    shutdown = mkOption {
      type = types.attrsOf types.path;
      default = { };
      description = "Programs that run last when the system goes down, by name.";
    };
  };

  config = {
    systemd = {
      # There are no scripts of System V here to make units of, and each generator runs at every reload.
      generators = {
        systemd-rc-local-generator = mkDefault "/dev/null";
        systemd-sysv-generator = mkDefault "/dev/null";
      };

      timers = timersOf cfg.services;
      user.timers = timersOf cfg.user.services;

      units =
        allUnits cfg
        // lib.listToAttrs (
          map (
            m: nameValuePair "${utils.escapeSystemdPath m.where}.mount" (systemdLib.mountToUnit m)
          ) cfg.mounts
          ++ map (
            m: nameValuePair "${utils.escapeSystemdPath m.where}.automount" (systemdLib.automountToUnit m)
          ) cfg.automounts
        );
      user.units = allUnits cfg.user;

      # It would ask on the console for what the configuration says already.
      suppressedSystemUnits = [
        "systemd-firstboot.service"
        "systemd-machine-id-commit.service"
        "systemd-update-done.service"
        "systemd-pcrphase.service"
        "systemd-pcrphase-initrd.service"
        "systemd-pcrphase-sysinit.service"
        # Users and groups are made by the activation.
        "systemd-sysusers.service"
        # Consoles beyond the first start when they are switched to.
        "getty-static.service"
        "ldconfig.service"
      ]
      ++ lib.optionals (!cfg.enableEmergencyMode) [
        "emergency.service"
        "emergency.target"
      ];

      globalEnvironment.TZDIR = "/etc/zoneinfo";

      settings.Manager = {
        # The paths of a service are its own; this one is for what names a program without one.
        ManagerEnvironment = mkDefault (
          lib.concatStringsSep " " (
            lib.mapAttrsToList (n: v: "${n}=${lib.escapeShellArg (toString v)}") (
              lib.filterAttrs (_: v: v != null) cfg.globalEnvironment
            )
          )
        );
        DefaultIOAccounting = mkDefault true;
        DefaultIPAccounting = mkDefault true;
      };

      targets = {
        # Units of packages refer to these; here they have something to be wanted by.
        local-fs.unitConfig.X-StopOnReconfiguration = true;
        remote-fs.unitConfig.X-StopOnReconfiguration = true;
      };

      services = {
        # A switch must not take the ground from under itself.
        "user@".restartIfChanged = false;
        "user-runtime-dir@".restartIfChanged = false;
        systemd-remount-fs.restartIfChanged = false;
        systemd-update-utmp.restartIfChanged = false;
        systemd-random-seed.restartIfChanged = false;
        systemd-tmpfiles-setup.restartIfChanged = false;
        systemd-journal-flush.serviceConfig.TimeoutStartSec = mkDefault "infinity";
        systemd-logind = {
          restartIfChanged = false;
          stopIfChanged = false;
        };
        systemd-udevd = {
          restartIfChanged = false;
          stopIfChanged = false;
        };
      };
    };

    system.build.units = config.environment.etc."systemd/system".source;

    environment.systemPackages = [ cfg.package ];

    environment.etc = {
      "systemd/system".source = systemdLib.generateUnits {
        type = "system";
        inherit (cfg) units defaultUnit ctrlAltDelUnit;
        packages = [ cfg.package ] ++ cfg.packages;
        suppressed = cfg.suppressedSystemUnits;
      };

      "systemd/user".source = systemdLib.generateUnits {
        type = "user";
        inherit (cfg.user) units;
        packages = [ cfg.package ] ++ cfg.packages;
      };

      "systemd/system.conf".text = settingsFile { inherit (cfg.settings) Manager; } + cfg.extraConfig;
      "systemd/user.conf".text = ''
        [Manager]
        ${cfg.user.extraConfig}
      '';

      "tmpfiles.d".source = tmpfiles;
    }
    // mapAttrs' (
      name: program: nameValuePair "systemd/system-generators/${name}" { source = program; }
    ) cfg.generators
    // mapAttrs' (
      name: program: nameValuePair "systemd/system-shutdown/${name}" { source = program; }
    ) cfg.shutdown;

    users = {
      users.systemd-network = {
        uid = config.ids.uids.systemd-network;
        group = "systemd-network";
        isSystemUser = true;
      };
      groups = {
        systemd-journal.gid = config.ids.gids.systemd-journal;
        systemd-network.gid = config.ids.gids.systemd-network;
      };
    };
  };
}

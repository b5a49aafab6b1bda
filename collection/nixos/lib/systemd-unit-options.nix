# Options of units, by kind of unit: modules for `systemd.services.<name>` and its kin.
{ lib, systemdLib }:

let
  inherit (lib) mkOption types;

  names =
    description:
    mkOption {
      type = types.listOf types.str;
      default = [ ];
      inherit description;
    };

  # A value, or several for a key that may be repeated.
  unitValue = types.nullOr (
    types.oneOf [
      types.bool
      types.int
      types.float
      types.str
      types.path
      types.package
    ]
  );

  # Lists join; a plain value is there once.
  sectionValue = lib.mkOptionType {
    name = "systemd option";
    description = "systemd option";
    descriptionClass = "noun";
    check =
      v:
      if builtins.isList v then
        builtins.all unitValue.check v
      else
        unitValue.check v;
    merge =
      loc: defs:
      let
        values = lib.options.getValues defs;
      in
      if builtins.any builtins.isList values then
        builtins.concatLists (map lib.toList values)
      else
        lib.mergeEqualOption loc defs;
  };
in
rec {
  unitOption = sectionValue;

  section =
    example: description:
    mkOption {
      type = types.attrsOf unitOption;
      default = { };
      inherit example description;
    };

  sharedOptions = {
    enable = mkOption {
      type = types.bool;
      default = true;
      description = "Whether the unit is there. A unit that is not is masked: nothing can start it.";
    };
    overrideStrategy = mkOption {
      type = types.enum [
        "asDropinIfExists"
        "asDropin"
      ];
      default = "asDropinIfExists";
      description = ''
        How the unit stands to one of a package with the same name: with `asDropinIfExists` it adds to that
        unit, and is a whole unit where there is none; with `asDropin` it always adds, as for an instance of
        a template.
      '';
    };
    requiredBy = names "Units that require this one.";
    upheldBy = names "Units that start this one again whenever it is found stopped.";
    wantedBy = names "Units that start this one when they start. Without any, the unit is started by hand or by others.";
    aliases = names "Other names of the unit.";
  };

  concreteOptions = {
    options = sharedOptions // {
      text = mkOption {
        type = types.nullOr types.lines;
        default = null;
        description = "Text of the unit file.";
      };
    };
  };

  commonUnitOptions = sharedOptions // {
    description = mkOption {
      type = types.singleLineStr;
      default = "";
      description = "What the unit is, for status displays and the journal.";
    };
    documentation = names "URIs of documentation.";
    requires = names "Units that are started with this one; when one of them fails or stops, this one stops.";
    wants = names "Units that are started with this one, whether they succeed or not.";
    upholds = names "Units that are kept running while this one runs.";
    after = names "Units that this one starts after, where both start.";
    before = names "Units that this one starts before, where both start.";
    bindsTo = names "Like `requires`, and this unit also stops when one of them disappears.";
    partOf = names "Units whose stop and restart this one follows.";
    conflicts = names "Units that stop when this one starts, and the other way round.";
    requisite = names "Units that must run already, or this one fails at once.";
    unitConfig = section { RequiresMountsFor = "/data"; } "Further settings of the `[Unit]` section.";
    onFailure = names "Units that are started when this one fails.";
    onSuccess = names "Units that are started when this one ends well.";
    startLimitBurst = mkOption {
      type = types.nullOr types.int;
      default = null;
      description = "How many starts are allowed within `startLimitIntervalSec`.";
    };
    startLimitIntervalSec = mkOption {
      type = types.nullOr types.int;
      default = null;
      description = "Seconds over which starts are counted; 0 turns the limit off.";
    };
    restartTriggers = mkOption {
      type = types.listOf types.unspecified;
      default = [ ];
      description = "Anything whose change restarts the unit in a switch, such as files that it reads.";
    };
    reloadTriggers = mkOption {
      type = types.listOf types.unspecified;
      default = [ ];
      description = "Anything whose change reloads the unit in a switch.";
    };
  };

  unit = { options = commonUnitOptions; };

  service =
    { name, config, ... }:
    {
      options = commonUnitOptions // {
        environment = mkOption {
          type = types.attrsOf (
            types.nullOr (
              types.oneOf [
                types.str
                types.path
                types.package
              ]
            )
          );
          default = { };
          example = {
            LANG = "C.UTF-8";
          };
          description = "Variables of the service's environment.";
        };
        path = mkOption {
          type = types.listOf (types.oneOf [ types.package types.str ]);
          default = [ ];
          description = "Packages whose `bin` and `sbin` are in the service's `PATH`.";
        };
        enableDefaultPath = mkOption {
          type = types.bool;
          default = true;
          description = "Whether coreutils, findutils, grep, sed and systemd are in the service's `PATH`.";
        };
        serviceConfig = section { RestartSec = 5; } "Settings of the `[Service]` section.";
        script = mkOption {
          type = types.lines;
          default = "";
          description = "Commands of bash that are the main process. They stop at the first failure.";
        };
        scriptArgs = mkOption {
          type = types.str;
          default = "";
          example = "%i";
          description = "Arguments of `script`.";
        };
        preStart = mkOption {
          type = types.lines;
          default = "";
          description = "Commands of bash that run before the main process.";
        };
        postStart = mkOption {
          type = types.lines;
          default = "";
          description = "Commands of bash that run after the main process has started.";
        };
        reload = mkOption {
          type = types.lines;
          default = "";
          description = "Commands of bash that make the service read its configuration anew.";
        };
        preStop = mkOption {
          type = types.lines;
          default = "";
          description = "Commands of bash that stop the service.";
        };
        postStop = mkOption {
          type = types.lines;
          default = "";
          description = "Commands of bash that run after the service has stopped.";
        };
        restartIfChanged = mkOption {
          type = types.bool;
          default = true;
          description = "Whether a switch restarts the service when its unit has changed.";
        };
        reloadIfChanged = mkOption {
          type = types.bool;
          default = false;
          description = "Whether a switch reloads the service, instead of restarting it, when its unit has changed.";
        };
        stopIfChanged = mkOption {
          type = types.bool;
          default = true;
          description = ''
            Whether a switch stops the changed service before activation and starts it afterwards. Otherwise
            it is restarted at once after activation, with the new unit.
          '';
        };
        notSocketActivated = mkOption {
          type = types.bool;
          default = false;
          description = "Whether the service is restarted itself even though it has a socket of its own.";
        };
        startAt = mkOption {
          type = types.either types.str (types.listOf types.str);
          default = [ ];
          example = "Sun 14:00:00";
          description = "When to start the service, in the calendar form of systemd.time(7).";
        };
      };
      config = {
        serviceConfig = systemdLib.serviceScripts name config;
      };
    };

  socket = {
    options = commonUnitOptions // {
      listenStreams = names "Stream sockets to listen on: ports, addresses or paths.";
      listenDatagrams = names "Datagram sockets to listen on.";
      socketConfig = section { ListenStream = "/run/my.socket"; } "Settings of the `[Socket]` section.";
    };
  };

  timer = {
    options = commonUnitOptions // {
      timerConfig = section {
        OnCalendar = "Sun 14:00:00";
        Unit = "foo.service";
      } "Settings of the `[Timer]` section.";
    };
  };

  path = {
    options = commonUnitOptions // {
      pathConfig = section { PathChanged = "/some/path"; } "Settings of the `[Path]` section.";
    };
  };

  slice = {
    options = commonUnitOptions // {
      sliceConfig = section { MemoryMax = "2G"; } "Settings of the `[Slice]` section.";
    };
  };

  target = { options = commonUnitOptions; };

  mount = {
    options = commonUnitOptions // {
      what = mkOption {
        type = types.str;
        example = "/dev/sda1";
        description = "Device that is mounted.";
      };
      where = mkOption {
        type = types.str;
        example = "/mnt";
        description = "Directory on which it is mounted.";
      };
      type = mkOption {
        type = types.str;
        default = "";
        example = "ext4";
        description = "Kind of file system.";
      };
      options = mkOption {
        type = types.commas;
        default = "";
        example = "noatime";
        description = "Options of the mount.";
      };
      mountConfig = section { DirectoryMode = "0775"; } "Settings of the `[Mount]` section.";
    };
  };

  automount = {
    options = commonUnitOptions // {
      where = mkOption {
        type = types.str;
        example = "/mnt";
        description = "Directory whose use mounts it.";
      };
      automountConfig = section { DirectoryMode = "0775"; } "Settings of the `[Automount]` section.";
    };
  };
}

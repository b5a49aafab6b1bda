# From options to unit files, and from unit files to the directory that the service manager reads.
{
  lib,
  config,
  pkgs,
}:

let
  inherit (lib)
    concatLists
    concatMapStringsSep
    concatStringsSep
    mapAttrsToList
    mkIf
    mkMerge
    optional
    optionalAttrs
    optionalString
    ;

  toValue =
    v:
    if v == true then
      "true"
    else if v == false then
      "false"
    else
      toString v;
in
rec {
  /**
    Lines of one section; a list gives one line for each element.
  */
  attrsToSection =
    attrs:
    concatStringsSep "" (
      concatLists (
        mapAttrsToList (
          name: value:
          if value == null then
            [ ]
          else if builtins.isList value then
            map (v: "${name}=${toValue v}\n") value
          else
            [ "${name}=${toValue value}\n" ]
        ) attrs
      )
    );

  /**
    Text of a unit of sections in order; empty sections are left out.
  */
  sectionsToText =
    sections:
    concatMapStringsSep "\n" (s: "[${s.name}]\n" + attrsToSection s.attrs) (
      builtins.filter (s: s.attrs != { }) sections
    );

  # The [Unit] section of any kind of unit.
  unitAttrs =
    u:
    let
      list = key: values: optionalAttrs (values != [ ]) { ${key} = toString values; };
    in
    optionalAttrs (u.description != "") { Description = u.description; }
    // list "Documentation" u.documentation
    // list "After" u.after
    // list "Before" u.before
    // list "BindsTo" u.bindsTo
    // list "Conflicts" u.conflicts
    // list "OnFailure" u.onFailure
    // list "OnSuccess" u.onSuccess
    // list "PartOf" u.partOf
    // list "Requires" u.requires
    // list "Requisite" u.requisite
    // list "Upholds" u.upholds
    // list "Wants" u.wants
    // optionalAttrs (u.startLimitIntervalSec != null) {
      StartLimitIntervalSec = toString u.startLimitIntervalSec;
    }
    // optionalAttrs (u.startLimitBurst != null) { StartLimitBurst = toString u.startLimitBurst; }
    // optionalAttrs (u.restartTriggers != [ ]) { X-Restart-Triggers = map toString u.restartTriggers; }
    // optionalAttrs (u.reloadTriggers != [ ]) { X-Reload-Triggers = map toString u.reloadTriggers; }
    // u.unitConfig;

  # What a unit of any kind becomes: `systemd.units.<name>`.
  asUnit = u: text: {
    inherit (u)
      aliases
      enable
      overrideStrategy
      requiredBy
      upheldBy
      wantedBy
      ;
    inherit text;
  };

  simpleUnit =
    section: attrsOf: u:
    asUnit u (sectionsToText [
      {
        name = "Unit";
        attrs = unitAttrs u;
      }
      {
        name = section;
        attrs = attrsOf u;
      }
    ]);

  # Environment=NAME=VALUE lines; % is a specifier of the service manager.
  environmentLines =
    env:
    map (name: builtins.replaceStrings [ "%" ] [ "%%" ] (builtins.toJSON "${name}=${toString env.${name}}")) (
      builtins.filter (name: env.${name} != null) (builtins.attrNames env)
    );

  serviceToUnit =
    name: u:
    let
      path = u.path ++ lib.optionals u.enableDefaultPath defaultPath;
      env =
        config.systemd.globalEnvironment
        // optionalAttrs (path != [ ]) {
          PATH = "${lib.makeBinPath path}:${lib.makeSearchPathOutput "bin" "sbin" path}";
        }
        // u.environment;
      # What only adds to a unit of a package leaves that unit's environment alone.
      hasEnvironment = u.serviceConfig ? ExecStart || u.path != [ ] || u.environment != { };
    in
    asUnit u (sectionsToText [
      {
        name = "Unit";
        attrs = unitAttrs u;
      }
      {
        name = "Service";
        attrs =
          optionalAttrs hasEnvironment { Environment = environmentLines env; }
          // u.serviceConfig
          // optionalAttrs (u.serviceConfig ? Environment) {
            Environment = environmentLines env ++ lib.toList u.serviceConfig.Environment;
          }
          // (
            if u.reloadIfChanged then
              { X-ReloadIfChanged = true; }
            else if !u.restartIfChanged then
              { X-RestartIfChanged = false; }
            else
              { }
          )
          // optionalAttrs (!u.stopIfChanged) { X-StopIfChanged = false; }
          // optionalAttrs u.notSocketActivated { X-NotSocketActivated = true; };
      }
    ]);

  socketToUnit = simpleUnit "Socket" (
    u:
    u.socketConfig
    // optionalAttrs (u.listenStreams != [ ]) { ListenStream = u.listenStreams; }
    // optionalAttrs (u.listenDatagrams != [ ]) { ListenDatagram = u.listenDatagrams; }
  );
  timerToUnit = simpleUnit "Timer" (u: u.timerConfig);
  pathToUnit = simpleUnit "Path" (u: u.pathConfig);
  sliceToUnit = simpleUnit "Slice" (u: u.sliceConfig);
  targetToUnit = u: asUnit u (sectionsToText [ { name = "Unit"; attrs = unitAttrs u; } ]);
  mountToUnit = simpleUnit "Mount" (
    u:
    {
      What = u.what;
      Where = u.where;
    }
    // optionalAttrs (u.type != "") { Type = u.type; }
    // optionalAttrs (u.options != "") { Options = u.options; }
    // u.mountConfig
  );
  automountToUnit = simpleUnit "Automount" (u: { Where = u.where; } // u.automountConfig);

  # Programs that every service finds.
  defaultPath = [
    pkgs.coreutils
    pkgs.findutils
    pkgs.gnugrep
    pkgs.gnused
    config.systemd.package
  ];

  /**
    A script of a service: its own store object, so that the unit changes exactly when the script does.
  */
  makeJobScript =
    {
      name,
      text,
    }:
    let
      # Names of instances have an @, which not every place of a store path name may have.
      scriptName = builtins.replaceStrings [ "\\" "@" ] [ "-" "_" ] "unit-script-${name}";
    in
    "${pkgs.writeShellScriptBin scriptName text}/bin/${scriptName}";

  /**
    serviceConfig out of the scripts of a service.
  */
  serviceScripts =
    name: config:
    let
      job =
        suffix: strict: text:
        makeJobScript {
          name = "${name}-${suffix}";
          text = optionalString strict "set -e\n" + text;
        };
    in
    mkMerge [
      (mkIf (config.preStart != "") { ExecStartPre = [ (job "pre-start" true config.preStart) ]; })
      (mkIf (config.script != "") {
        ExecStart = "${job "start" true config.script}${optionalString (config.scriptArgs != "") " ${config.scriptArgs}"}";
      })
      (mkIf (config.postStart != "") { ExecStartPost = [ (job "post-start" true config.postStart) ]; })
      (mkIf (config.reload != "") { ExecReload = job "reload" true config.reload; })
      (mkIf (config.preStop != "") { ExecStop = job "pre-stop" true config.preStop; })
      (mkIf (config.postStop != "") { ExecStopPost = job "post-stop" true config.postStop; })
    ];

  /**
    The directory of units: those of packages, those of the configuration, and the links that say what
    starts what.

    One derivation for all, since a unit is a text of a few lines; restarts depend on what is in the files
    and not on their names in the store.

    # Inputs

    `type`
    : `system` or `user`.

    `units`
    : Units by name.

    `packages`
    : Packages whose units are offered.

    `suppressed`
    : Units of packages that are masked.
  */
  generateUnits =
    {
      type,
      units,
      packages,
      suppressed ? [ ],
      defaultUnit ? null,
      ctrlAltDelUnit ? null,
    }:
    let
      enabled = lib.filterAttrs (_: u: u.enable) units;
      names = builtins.attrNames enabled;
      disabled = builtins.filter (n: !units.${n}.enable) (builtins.attrNames units);
      # Attribute names of a derivation are variables of the shell.
      texts = builtins.listToAttrs (
        lib.imap0 (i: n: {
          name = "unit${toString i}";
          value = enabled.${n}.text;
        }) names
      );
      # What one line of the table says: kind, then up to two names.
      rows =
        lib.imap0 (i: n: "unit ${toString i} ${enabled.${n}.overrideStrategy} ${n}") names
        ++ concatLists (
          map (
            n:
            map (a: "alias ${n} ${a}") enabled.${n}.aliases
            ++ map (t: "wants ${t} ${n}") enabled.${n}.wantedBy
            ++ map (t: "requires ${t} ${n}") enabled.${n}.requiredBy
            ++ map (t: "upholds ${t} ${n}") enabled.${n}.upheldBy
          ) names
        )
        ++ map (n: "mask ${n}") (lib.unique (disabled ++ suppressed))
        ++ optional (defaultUnit != null) "alias ${defaultUnit} default.target"
        ++ optional (ctrlAltDelUnit != null) "alias ${ctrlAltDelUnit} ctrl-alt-del.target";
    in
    pkgs.runCommand "${type}-units"
      (
        texts
        // {
          preferLocalBuild = true;
          allowSubstitutes = false;
          table = concatStringsSep "\n" rows + "\n";
          passAsFile = [ "table" ] ++ builtins.attrNames texts;
          unitPackages = map toString packages;
          unitType = type;
        }
      )
      (builtins.readFile ./generate-units.sh);
}

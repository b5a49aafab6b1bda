# The package manager on the system itself.
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
    types
    ;

  cfg = config.nix;

  confAtom = types.nullOr (
    types.oneOf [
      types.bool
      types.int
      types.float
      types.str
      types.path
      types.package
    ]
  );

  toText =
    v:
    if v == null then
      ""
    else if builtins.isBool v then
      lib.boolToString v
    else if builtins.isList v then
      lib.concatMapStringsSep " " toText v
    else if builtins.isFloat v then
      lib.strings.floatToString v
    else
      toString v;
in
{
  options.nix = {
    enable = mkOption {
      type = types.bool;
      default = true;
      description = "Whether the package manager is on the system. Without it the system is changed from outside only.";
    };

    package = mkOption {
      type = types.package;
      default = pkgs.firn;
      defaultText = lib.literalExpression "pkgs.firn";
      description = "The package manager.";
    };

    settings = mkOption {
      type = types.submodule {
        freeformType = types.attrsOf (types.either confAtom (types.listOf confAtom));
        options = {
          max-jobs = mkOption {
            type = types.either types.int (types.enum [ "auto" ]);
            default = "auto";
            description = "How many builds run at the same time.";
          };
          cores = mkOption {
            type = types.int;
            default = 0;
            description = "How many processors a build may use; 0 for all.";
          };
          sandbox = mkOption {
            type = types.either types.bool (types.enum [ "relaxed" ]);
            default = true;
            description = "Whether builds see nothing but their inputs.";
          };
          trusted-users = mkOption {
            type = types.listOf types.str;
            description = "Users who may override settings of the system. They are as good as root.";
          };
          allowed-users = mkOption {
            type = types.listOf types.str;
            default = [ "*" ];
            description = "Users who may use the package manager at all.";
          };
          substituters = mkOption {
            type = types.listOf types.str;
            default = [ ];
            description = "Caches that results are fetched from.";
          };
          trusted-public-keys = mkOption {
            type = types.listOf types.str;
            default = [ ];
            description = "Keys of caches whose results are trusted.";
          };
          require-sigs = mkOption {
            type = types.bool;
            default = true;
            description = "Whether fetched results must be signed with a trusted key.";
          };
          experimental-features = mkOption {
            type = types.listOf types.str;
            default = [ ];
            example = [
              "nix-command"
              "flakes"
            ];
            description = "Features that are not on by themselves.";
          };
        };
      };
      default = { };
      example = {
        max-jobs = 4;
        extra-sandbox-paths = [ "/bin/sh" ];
      };
      description = "Settings of `nix.conf`.";
    };

    extraOptions = mkOption {
      type = types.lines;
      default = "";
      example = "keep-outputs = true";
      description = "Further lines of `nix.conf`.";
    };

    nixPath = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "nixpkgs=/home/alice/nixpkgs" ];
      description = ''
        Where names in angle brackets are looked up. Without any it is left to the package manager, which then
        has the channels of root and, as `<nixpkgs>`, the collection that came with it.
      '';
    };

    registry = mkOption {
      type = types.attrsOf types.attrs;
      default = { };
      description = "Short names of flakes.";
    };

    nrBuildUsers = mkOption {
      type = types.ints.unsigned;
      default = 32;
      description = "How many users there are to build as; no more builds than that run at the same time.";
    };

    gc = {
      automatic = mkOption {
        type = types.bool;
        default = false;
        description = "Whether what nothing needs is deleted at `nix.gc.dates`.";
      };
      dates = mkOption {
        type = types.either types.singleLineStr (types.listOf types.str);
        apply = lib.toList;
        default = [ "03:15" ];
        description = "When to delete, in the calendar form of systemd.time(7).";
      };
      options = mkOption {
        type = types.singleLineStr;
        default = "";
        example = "--delete-older-than 30d";
        description = "Arguments of `nix-collect-garbage`.";
      };
    };
  };

  config = mkIf cfg.enable {
    environment.systemPackages = [ cfg.package ];

    nix.settings.trusted-users = [ "root" ];

    environment.etc = {
      "nix/nix.conf".text = ''
        # Made from the options nix.* of the system's configuration: change it there.
        ${lib.concatStrings (
          lib.mapAttrsToList (name: v: "${name} = ${toText v}\n") (
            lib.filterAttrs (_: v: v != null) ({ build-users-group = "nixbld"; } // cfg.settings)
          )
        )}${cfg.extraOptions}
      '';
      "nix/registry.json".text = builtins.toJSON {
        version = 2;
        flakes = lib.mapAttrsToList (
          id: to:
          {
            from = {
              type = "indirect";
              inherit id;
            };
          }
          // (if to ? to then to else { inherit to; })
        ) cfg.registry;
      };
    };

    users.users = builtins.listToAttrs (
      map (n: {
        name = "nixbld${toString n}";
        value = {
          description = "Nix build user ${toString n}";
          uid = 30000 + n;
          group = "nixbld";
          extraGroups = [ "nixbld" ];
          isSystemUser = true;
        };
      }) (lib.range 1 cfg.nrBuildUsers)
    );

    systemd.services.nix-gc = {
      description = "Nix Garbage Collector";
      serviceConfig.Type = "oneshot";
      script = "exec ${cfg.package}/bin/nix-collect-garbage ${cfg.gc.options}";
      startAt = lib.optionals cfg.gc.automatic cfg.gc.dates;
      restartIfChanged = false;
    };
  };
}

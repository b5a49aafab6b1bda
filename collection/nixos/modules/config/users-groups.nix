# Users and groups: what the activation writes to passwd, group and shadow.
{
  config,
  lib,
  pkgs,
  utils,
  ...
}:

let
  inherit (lib)
    concatStringsSep
    filterAttrs
    mkDefault
    mkIf
    mkMerge
    mkOption
    types
    ;

  cfg = config.users;
  inherit (config) ids;

  # Fields of the activation's records end in this byte, which no field may have.
  separator = builtins.fromJSON ''"\u001f"'';
  record =
    fields:
    let
      text = concatStringsSep separator (map field fields);
    in
    if lib.hasInfix "\n" text then throw "a user or group has a line end in one of its fields: ${text}" else text;
  field =
    v:
    if v == null then
      ""
    else if v == true then
      "1"
    else if v == false then
      "0"
    else
      toString v;

  ranges = rs: start: concatStringsSep " " (map (r: "${toString r.${start}}:${toString r.count}") rs);

  rangeType =
    start:
    types.listOf (
      types.submodule {
        options = {
          ${start} = mkOption {
            type = types.int;
            description = "First number of the range.";
          };
          count = mkOption {
            type = types.int;
            default = 1;
            description = "How many numbers.";
          };
        };
      }
    );

  secret =
    description:
    mkOption {
      type = types.nullOr types.str;
      default = null;
      inherit description;
    };

  userOptions =
    { name, config, ... }:
    {
      options = {
        enable = mkOption {
          type = types.bool;
          default = true;
          description = "Whether the user is there.";
        };
        name = mkOption {
          type = types.passwdEntry types.str;
          description = "Name of the user; by default that of the attribute.";
        };
        description = mkOption {
          type = types.passwdEntry types.str;
          default = "";
          example = "Alice Q. User";
          description = "Full name of the user.";
        };
        uid = mkOption {
          type = types.nullOr types.int;
          default = null;
          description = "Number of the user. Without one it is chosen at the first activation and kept from then on.";
        };
        isSystemUser = mkOption {
          type = types.bool;
          default = false;
          description = "Whether this is the user of a service: a number below 1000 and no shell to log in with.";
        };
        isNormalUser = mkOption {
          type = types.bool;
          default = false;
          description = "Whether this is a person: with a home directory, a shell to log in with, and in the group `users`.";
        };
        group = mkOption {
          type = types.str;
          default = "";
          apply = x: assert builtins.stringLength x < 33 || throw "group name '${x}' is too long"; x;
          description = "Primary group of the user.";
        };
        extraGroups = mkOption {
          type = types.listOf types.str;
          default = [ ];
          example = [ "wheel" ];
          description = "Further groups of the user.";
        };
        home = mkOption {
          type = types.passwdEntry types.path;
          default = "/var/empty";
          description = "Home directory.";
        };
        homeMode = mkOption {
          type = types.strMatching "[0-7]{1,5}";
          default = "700";
          description = "Mode of the home directory when it is made.";
        };
        createHome = mkOption {
          type = types.bool;
          default = false;
          description = "Whether the home directory is made where there is none.";
        };
        shell = mkOption {
          type = types.nullOr (types.either types.shellPackage (types.passwdEntry types.path));
          default = "/run/current-system/sw/bin/nologin";
          example = lib.literalExpression "pkgs.bash";
          description = "Shell of the user.";
        };
        useDefaultShell = mkOption {
          type = types.bool;
          default = false;
          description = "Whether the shell is `users.defaultUserShell`.";
        };
        ignoreShellProgramCheck = mkOption {
          type = types.bool;
          default = false;
          description = "Whether the shell may be one that is not set up by `programs`.";
        };
        subUidRanges = mkOption {
          type = rangeType "startUid";
          default = [ ];
          description = "Numbers of users that the user may take in containers.";
        };
        subGidRanges = mkOption {
          type = rangeType "startGid";
          default = [ ];
          description = "Numbers of groups that the user may take in containers.";
        };
        autoSubUidGidRange = mkOption {
          type = types.bool;
          default = false;
          description = "Whether ranges for containers are chosen at activation.";
        };
        expires = mkOption {
          type = types.nullOr (types.strMatching "[0-9]{4}-[0-9]{2}-[0-9]{2}");
          default = null;
          example = "2027-01-31";
          description = "Day from which on the user cannot log in any more.";
        };
        hashedPassword = secret "Hash of the password, as `mkpasswd` gives it. `!` lets nobody in by password.";
        password = secret ''
          Password in plain text. It is readable by everybody in the store: for test machines only.
        '';
        hashedPasswordFile = secret "File with the hash of the password, read at activation.";
        initialHashedPassword = secret "Hash of the password that the user begins with; a later change of it by the user stays.";
        initialPassword = secret "Password in plain text that the user begins with. Readable by everybody in the store.";
        packages = mkOption {
          type = types.listOf types.package;
          default = [ ];
          description = "Packages for this user alone.";
        };
        openssh.authorizedKeys = {
          keys = mkOption {
            type = types.listOf types.singleLineStr;
            default = [ ];
            example = [ "ssh-ed25519 AAAAC3Nza..." ];
            description = "Public keys with which the user may log in by ssh.";
          };
          keyFiles = mkOption {
            type = types.listOf types.path;
            default = [ ];
            description = "Files with public keys with which the user may log in by ssh.";
          };
        };
      };

      config = mkMerge [
        { name = mkDefault name; }
        (mkIf config.isNormalUser {
          group = mkDefault "users";
          home = mkDefault "/home/${config.name}";
          createHome = mkDefault true;
          useDefaultShell = mkDefault true;
          autoSubUidGidRange = mkDefault (config.subUidRanges == [ ] && config.subGidRanges == [ ]);
        })
        (mkIf config.useDefaultShell { shell = mkDefault cfg.defaultUserShell; })
      ];
    };

  groupOptions =
    { name, config, ... }:
    {
      options = {
        name = mkOption {
          type = types.passwdEntry types.str;
          description = "Name of the group; by default that of the attribute.";
        };
        gid = mkOption {
          type = types.nullOr types.int;
          default = null;
          description = "Number of the group. Without one it is chosen at the first activation and kept from then on.";
        };
        members = mkOption {
          type = types.listOf (types.passwdEntry types.str);
          default = [ ];
          description = "Names of users in the group, besides those that name it in `extraGroups`.";
        };
      };
      config = {
        name = mkDefault name;
        members = lib.mapAttrsToList (_: u: u.name) (
          filterAttrs (_: u: builtins.elem config.name u.extraGroups) enabledUsers
        );
      };
    };

  enabledUsers = filterAttrs (_: u: u.enable) cfg.users;

  # Days since 1970 of YYYY-MM-DD, by the civil calendar.
  dayOf =
    date:
    if date == null then
      null
    else
      let
        parts = map lib.toIntBase10 (lib.splitString "-" date);
        y0 = builtins.elemAt parts 0;
        m = builtins.elemAt parts 1;
        d = builtins.elemAt parts 2;
        # Years begin in March, so that the leap day is the last one.
        y = if m <= 2 then y0 - 1 else y0;
        era = y / 400;
        yoe = y - era * 400;
        doy = (153 * (if m > 2 then m - 3 else m + 9) + 2) / 5 + d - 1;
        doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
      in
      era * 146097 + doe - 719468;

  shellOf = u: if u.shell == null then null else utils.toShellPath u.shell;

  # The directory that update-users-groups.sh reads.
  settings = builtins.toFile "users-settings" (
    "mutableUsers=${field cfg.mutableUsers}\n"
    + "defaultShell=${utils.toShellPath cfg.defaultUserShell}\n"
  );
  groups = lib.concatMapStrings (
    g:
    record [
      g.name
      g.gid
      (concatStringsSep " " g.members)
    ]
    + "\n"
  ) (lib.attrValues cfg.groups);
  users = lib.concatMapStrings (
    u:
    record [
      u.name
      u.uid
      u.group
      u.home
      u.description
      (shellOf u)
      u.isNormalUser
      u.createHome
      u.homeMode
      u.autoSubUidGidRange
      (dayOf u.expires)
      u.hashedPassword
      u.initialHashedPassword
      u.password
      u.initialPassword
      u.hashedPasswordFile
      (ranges u.subUidRanges "startUid")
      (ranges u.subGidRanges "startGid")
    ]
    + "\n"
  ) (lib.attrValues enabledUsers);

  textFile =
    name: text: if builtins.hasContext text then pkgs.writeText name text else builtins.toFile name text;

  spec = pkgs.runCommand "users-groups" { preferLocalBuild = true; } ''
    mkdir "$out"
    ln -s ${settings} "$out/settings"
    ln -s ${textFile "groups" groups} "$out/groups"
    ln -s ${textFile "users" users} "$out/users"
  '';

  duplicates =
    what: xs:
    let
      counted = lib.groupBy (x: toString x.${what}) (builtins.filter (x: x.${what} != null) xs);
    in
    filterAttrs (_: v: builtins.length v > 1) counted;

  perUser = filterAttrs (_: u: u.packages != [ ]) enabledUsers;
in
{
  options.users = {
    mutableUsers = mkOption {
      type = types.bool;
      default = true;
      description = ''
        Whether users and groups may also be added and changed by commands such as `passwd`. Otherwise
        `/etc/passwd` and its kin always are what the configuration says.
      '';
    };

    enforceIdUniqueness = mkOption {
      type = types.bool;
      default = true;
      description = "Whether no two users and no two groups may have the same number.";
    };

    allowNoPasswordLogin = mkOption {
      type = types.bool;
      default = false;
      description = "Whether a configuration in which nobody can log in as an administrator is accepted.";
    };

    defaultUserShell = mkOption {
      type = types.either types.path types.shellPackage;
      default = pkgs.bash;
      defaultText = lib.literalExpression "pkgs.bash";
      description = "Shell of users that do not have one of their own.";
    };

    users = mkOption {
      type = types.attrsOf (types.submodule userOptions);
      default = { };
      example = {
        alice = {
          isNormalUser = true;
          extraGroups = [ "wheel" ];
        };
      };
      description = "Users of the system, by name.";
    };

    groups = mkOption {
      type = types.attrsOf (types.submodule groupOptions);
      default = { };
      example = {
        students.gid = 1001;
      };
      description = "Groups of the system, by name.";
    };

    extraUsers = mkOption {
      type = types.attrsOf types.unspecified;
      default = { };
      visible = false;
      description = "Older name of `users.users`.";
    };

    extraGroups = mkOption {
      type = types.attrsOf types.unspecified;
      default = { };
      visible = false;
      description = "Older name of `users.groups`.";
    };
  };

  config = {
    users = {
      users = mkMerge [
        cfg.extraUsers
        {
          root = {
            uid = ids.uids.root;
            description = "System administrator";
            home = mkDefault "/root";
            shell = mkDefault cfg.defaultUserShell;
            group = "root";
            initialHashedPassword = mkDefault "!";
          };
          nobody = {
            uid = ids.uids.nobody;
            isSystemUser = true;
            description = "Unprivileged user, for nothing";
            group = "nogroup";
          };
        }
      ];

      groups = mkMerge [
        cfg.extraGroups
        (lib.genAttrs
          [
            "root"
            "wheel"
            "disk"
            "kmem"
            "tty"
            "floppy"
            "uucp"
            "lp"
            "cdrom"
            "tape"
            "audio"
            "video"
            "dialout"
            "nogroup"
            "users"
            "nixbld"
            "utmp"
            "adm"
            "input"
            "kvm"
            "render"
            "sgx"
            "shadow"
            "keys"
          ]
          (name: {
            gid = ids.gids.${name};
          })
        )
      ];
    };

    system.activationScripts = {
      users = {
        deps = [ "var" ];
        supportsDryActivation = true;
        text = ''
          ${pkgs.bash}/bin/bash ${../system/activation/update-users-groups.sh} ${spec}
        '';
      };
      # Snippets that want groups are served by the same step.
      groups = {
        deps = [ "users" ];
        text = "";
      };
    };

    environment.etc = lib.mapAttrs' (
      _: u:
      lib.nameValuePair "profiles/per-user/${u.name}" {
        source = pkgs.buildEnv {
          name = "user-environment";
          paths = u.packages;
          inherit (config.environment) pathsToLink extraOutputsToInstall;
          ignoreCollisions = true;
        };
      }
    ) perUser;

    assertions = [
      {
        assertion = !cfg.enforceIdUniqueness || duplicates "uid" (lib.attrValues enabledUsers) == { };
        message = "UIDs must be unique! Several of users.users have the same number: ${
          concatStringsSep ", " (
            map (us: concatStringsSep " and " (map (u: u.name) us)) (
              lib.attrValues (duplicates "uid" (lib.attrValues enabledUsers))
            )
          )
        }";
      }
      {
        assertion = !cfg.enforceIdUniqueness || duplicates "gid" (lib.attrValues cfg.groups) == { };
        message = "GIDs must be unique! Several of users.groups have the same number: ${
          concatStringsSep ", " (
            map (gs: concatStringsSep " and " (map (g: g.name) gs)) (
              lib.attrValues (duplicates "gid" (lib.attrValues cfg.groups))
            )
          )
        }";
      }
      {
        # Somebody must be able to get in, by password or by key.
        assertion =
          cfg.mutableUsers
          || cfg.allowNoPasswordLogin
          || builtins.any (
            u:
            (u.name == "root" || builtins.elem "wheel" u.extraGroups)
            && (
              u.password != null
              || u.hashedPasswordFile != null
              || u.initialPassword != null
              || (u.hashedPassword != null && !lib.hasPrefix "!" u.hashedPassword)
              || (u.initialHashedPassword != null && !lib.hasPrefix "!" u.initialHashedPassword)
              || u.openssh.authorizedKeys.keys != [ ]
              || u.openssh.authorizedKeys.keyFiles != [ ]
            )
          ) (lib.attrValues enabledUsers);
        message = ''
          Nobody could administer this system: neither root nor any user in the group wheel has a password or a key for ssh.
          Give one of them either, or say that it is meant so with users.allowNoPasswordLogin = true;'';
      }
    ]
    ++ lib.concatMap (
      u:
      lib.optionals (u.name != "root") [
        {
          assertion = u.isNormalUser != u.isSystemUser || (u.uid != null && u.isNormalUser == false && u.isSystemUser == false && u.uid < 1000);
          message = "Exactly one of users.users.${u.name}.isSystemUser and users.users.${u.name}.isNormalUser must be set.";
        }
        {
          assertion = u.group != "";
          message = "users.users.${u.name}.group is unset. A group of its own is: users.users.${u.name}.group = \"${u.name}\"; users.groups.${u.name} = {};";
        }
        {
          assertion = u.group == "" || cfg.groups ? ${u.group} || builtins.any (g: g.name == u.group) (lib.attrValues cfg.groups);
          message = "users.users.${u.name}.group is ${u.group}, which is not one of users.groups.";
        }
      ]
    ) (lib.attrValues enabledUsers);
  };
}

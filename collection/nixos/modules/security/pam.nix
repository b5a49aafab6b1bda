# Who may log in, by service: the files of /etc/pam.d.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  cfg = config.security.pam;

  pam = module: "${pkgs.linux-pam}/lib/security/${module}.so";
  systemdModule = "${config.systemd.package}/lib/security/pam_systemd.so";

  bool = default: description: mkOption {
    type = types.bool;
    inherit default description;
  };

  serviceModule =
    { name, config, ... }:
    {
      options = {
        name = mkOption {
          type = types.str;
          default = name;
          description = "Name of the service.";
        };
        enable = bool true "Whether the service has a file of its own.";
        unixAuth = bool true "Whether a password of the system lets in.";
        rootOK = bool false "Whether root is let in without being asked.";
        allowNullPassword = bool false "Whether an empty password lets in.";
        nodelay = bool false "Whether a wrong password is answered without delay.";
        startSession = bool false "Whether a session of the service manager is started.";
        setEnvironment = bool true "Whether the variables of `environment.sessionVariables` are set.";
        setLoginUid = mkOption {
          type = types.bool;
          default = config.startSession;
          defaultText = lib.literalExpression "startSession";
          description = "Whether the kernel is told who logged in.";
        };
        requireWheel = bool false "Whether only members of the group `wheel` are let in.";
        updateWtmp = bool false "Whether logins are recorded.";
        showMotd = bool false "Whether the message of the day is shown.";
        limits = mkOption {
          type = types.listOf types.attrs;
          default = [ ];
          description = "Limits of the session, besides `security.pam.loginLimits`.";
        };
        text = mkOption {
          type = types.nullOr types.lines;
          default = null;
          description = "Content of the file, in place of the one that the other options make.";
        };
      };

      config.text =
        let
          line = cond: s: lib.optionalString cond (s + "\n");
        in
        lib.mkDefault (
          "# May the user log in at all?\n"
          + line true "account required ${pam "pam_unix"}"
          + "\n# Is it the user?\n"
          + line config.rootOK "auth sufficient ${pam "pam_rootok"}"
          + line config.requireWheel "auth required ${pam "pam_wheel"} use_uid"
          + line config.unixAuth (
            "auth sufficient ${pam "pam_unix"}"
            + lib.optionalString config.allowNullPassword " nullok"
            + lib.optionalString config.nodelay " nodelay"
            + " likeauth try_first_pass"
          )
          + line true "auth required ${pam "pam_deny"}"
          + "\n# A new password.\n"
          + line true "password sufficient ${pam "pam_unix"} nullok yescrypt"
          + "\n# What belongs to a session.\n"
          + line config.setEnvironment "session required ${pam "pam_env"} conffile=/etc/pam/environment readenv=0"
          + line true "session required ${pam "pam_unix"}"
          + line config.setLoginUid "session optional ${pam "pam_loginuid"}"
          + line config.updateWtmp "session required ${pam "pam_lastlog"} silent"
          + line config.startSession "session optional ${systemdModule}"
          + line (
            cfg.loginLimits != [ ] || config.limits != [ ]
          ) "session required ${pam "pam_limits"} conf=${limitsFile config.limits}"
          + line (config.showMotd && cfg.motdFile != null) "session optional ${pam "pam_motd"} motd=${cfg.motdFile}"
        );
    };

  limitsFile =
    more:
    builtins.toFile "limits.conf" (
      lib.concatMapStrings (
        l:
        "${l.domain} ${l.type} ${l.item} ${toString l.value}\n"
      ) (cfg.loginLimits ++ more)
    );

  motd = builtins.toFile "motd" config.users.motd;
in
{
  options = {
    security.pam = {
      services = mkOption {
        type = types.attrsOf (types.submodule serviceModule);
        default = { };
        description = "Programs that ask PAM, by name.";
      };

      loginLimits = mkOption {
        type = types.listOf types.attrs;
        default = [ ];
        example = [
          {
            domain = "@student";
            type = "hard";
            item = "nproc";
            value = "20";
          }
        ];
        description = "Limits of sessions, as in limits.conf(5).";
      };

      motdFile = mkOption {
        type = types.nullOr types.str;
        default = null;
        internal = true;
        description = "File with the message of the day.";
      };
    };

    users.motd = mkOption {
      type = types.lines;
      default = "";
      example = "Today is Sweetmorn, the 4th day of The Aftermath in the YOLD 3178.";
      description = "Message that is shown after a login.";
    };
  };

  config = {
    security.pam.motdFile = lib.mkIf (config.users.motd != "") (lib.mkDefault motd);

    security.pam.services = {
      # What no other file is for is refused.
      other.text = ''
        auth     required ${pam "pam_warn"}
        auth     required ${pam "pam_deny"}
        account  required ${pam "pam_warn"}
        account  required ${pam "pam_deny"}
        password required ${pam "pam_warn"}
        password required ${pam "pam_deny"}
        session  required ${pam "pam_warn"}
        session  required ${pam "pam_deny"}
      '';
      login = {
        startSession = true;
        allowNullPassword = true;
        showMotd = true;
        updateWtmp = true;
      };
      passwd = { };
      su.rootOK = true;
      # `su -`, a login of its own.
      su-l.rootOK = true;
      runuser = {
        rootOK = true;
        unixAuth = false;
        setEnvironment = false;
      };
      runuser-l = {
        rootOK = true;
        unixAuth = false;
      };
      chsh.rootOK = true;
      chfn.rootOK = true;
      chpasswd.rootOK = true;
      useradd.rootOK = true;
      userdel.rootOK = true;
      usermod.rootOK = true;
      groupadd.rootOK = true;
      groupdel.rootOK = true;
      groupmod.rootOK = true;
      vlock = { };
      # The user's own service manager.
      systemd-user = {
        startSession = true;
        setEnvironment = true;
      };
    };

    environment.etc = lib.mapAttrs' (
      _: s: lib.nameValuePair "pam.d/${s.name}" { inherit (s) text; }
    ) (lib.filterAttrs (_: s: s.enable) cfg.services)
    // {
      # Search paths beginning with the user's home cannot be given here: shells add them.
      "pam/environment".text =
        lib.concatStrings (
          lib.mapAttrsToList (
            name: value:
            let
              text = if builtins.isList value then lib.concatStringsSep ":" value else value;
            in
            lib.optionalString (!lib.hasInfix "$" text) "${name} DEFAULT=\"${text}\"\n"
          ) config.environment.sessionVariables
        )
        + ''
          PATH DEFAULT="${config.security.wrapperDir}:/nix/var/nix/profiles/default/bin:/run/current-system/sw/bin"
        '';

      "login.defs".text = ''
        DEFAULT_HOME yes

        SYS_UID_MIN 400
        SYS_UID_MAX 999
        UID_MIN 1000
        UID_MAX 29999

        SYS_GID_MIN 400
        SYS_GID_MAX 999
        GID_MIN 1000
        GID_MAX 29999

        TTYGROUP tty
        TTYPERM 0620
        UMASK 077
        HOME_MODE 0700
        MAIL_DIR /var/mail
        ENV_PATH PATH=${config.security.wrapperDir}:/nix/var/nix/profiles/default/bin:/run/current-system/sw/bin
        ENV_SUPATH PATH=${config.security.wrapperDir}:/nix/var/nix/profiles/default/bin:/run/current-system/sw/bin
        ENCRYPT_METHOD YESCRYPT
        CHFN_RESTRICT
        HUSHLOGIN_FILE .hushlogin
      '';
    };

    security.wrappers =
      let
        asRoot = source: {
          setuid = true;
          owner = "root";
          group = "root";
          inherit source;
        };
      in
      {
        su = asRoot "${pkgs.util-linux}/bin/su";
        passwd = asRoot "${pkgs.shadow}/bin/passwd";
        newgrp = asRoot "${pkgs.shadow}/bin/newgrp";
        chsh = asRoot "${pkgs.shadow}/bin/chsh";
        # Modules of the user's own programs ask this one about passwords.
        unix_chkpwd = asRoot "${pkgs.linux-pam}/bin/unix_chkpwd";
        mount = asRoot "${pkgs.util-linux}/bin/mount";
        umount = asRoot "${pkgs.util-linux}/bin/umount";
        ping = {
          owner = "root";
          group = "root";
          capabilities = "cap_net_raw+ep";
          source = "${pkgs.iputils}/bin/ping";
        };
      };
  };
}

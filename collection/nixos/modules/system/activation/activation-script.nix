# Activation: what makes the running machine be a configuration (links, users, directories), before and apart
# from the service manager. Snippets are idempotent and may be interrupted at any point.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib)
    concatMapStringsSep
    filterAttrs
    isString
    mapAttrs
    mkOption
    types
    ;

  snippetModule = types.submodule {
    options = {
      text = mkOption {
        type = types.lines;
        description = "Commands of bash. They must be idempotent, and an interrupted run must do no harm.";
      };
      deps = mkOption {
        type = types.listOf types.str;
        default = [ ];
        description = "Names of the snippets that must run before this one.";
      };
      supportsDryActivation = mkOption {
        type = types.bool;
        default = false;
        description = ''
          Whether the snippet also runs in a dry activation. It then finds `dry-activate` in `$NIXOS_ACTION` and
          must change nothing.
        '';
      };
    };
  };

  scriptType = types.attrsOf (types.coercedTo types.str (text: { inherit text; }) snippetModule);

  # Names in an order in which each comes after what it depends on. Ties are by name, so the script is stable.
  orderOf =
    scripts:
    let
      visit =
        state: path: name:
        if builtins.elem name path then
          throw "the activation snippets depend on each other in a circle: ${
            builtins.concatStringsSep " -> " (path ++ [ name ])
          }"
        else if state.seen ? ${name} then
          state
        else if !(scripts ? ${name}) then
          throw "the activation snippet '${
            if path == [ ] then name else lib.last path
          }' depends on '${name}', which is not defined"
        else
          let
            after = builtins.foldl' (s: dep: visit s (path ++ [ name ]) dep) state scripts.${name}.deps;
          in
          {
            seen = after.seen // {
              ${name} = true;
            };
            order = after.order ++ [ name ];
          };
    in
    (builtins.foldl' (s: name: visit s [ ] name) {
      seen = { };
      order = [ ];
    } (builtins.attrNames scripts)).order;

  scriptOf =
    {
      scripts,
      onlyDry,
    }:
    let
      # A snippet that changes things is emptied, not left out: others may depend on its name.
      effective = mapAttrs (
        name: snippet: if onlyDry && !snippet.supportsDryActivation then snippet // { text = ""; } else snippet
      ) scripts;
      withText = builtins.filter (name: effective.${name}.text != "") (orderOf effective);
    in
    ''
      #!${pkgs.bash}/bin/bash

      systemConfig=@out@

      export PATH=${lib.makeBinPath config.system.activationPath}:${
        lib.makeSearchPath "sbin" config.system.activationPath
      }

      # The first failure decides the status of the whole, but the rest still runs: half a system that can be
      # logged in to is better than less.
      _status=0
      trap "_status=1 _localstatus=\$?" ERR

      # Activation must give the same modes whoever calls it.
      umask 0022

      # For NixOS's own snippets: a program without libraries to be linked with starts in a fifth of the time.
      export STATIC_TOOLS=${config.system.activationStaticTools}/bin/busybox

      ${concatMapStringsSep "\n" (name: ''
        #### Activation script snippet ${name}:
        _localstatus=0
        ${effective.${name}.text}

        if (( _localstatus > 0 )); then
          printf "Activation script snippet '%s' failed (%s)\n" "${name}" "$_localstatus"
        fi
      '') withText}
      ${
        if onlyDry then
          ""
        else
          ''
            # Last, so that an interrupted activation is seen as not done. Renaming is atomic.
            "$STATIC_TOOLS" ln -sfn "$systemConfig" /run/current-system.new
            "$STATIC_TOOLS" mv -Tf /run/current-system.new /run/current-system

            # The collector keeps what runs.
            [ -d /nix/var/nix/gcroots ] || mkdir -p /nix/var/nix/gcroots
            [ -L /nix/var/nix/gcroots/current-system ] || ln -sfn /run/current-system /nix/var/nix/gcroots/current-system
            [ -L /nix/var/nix/gcroots/booted-system ] || ln -sfn /run/booted-system /nix/var/nix/gcroots/booted-system
          ''
      }
      exit $_status
    '';
in
{
  options = {
    system.activationScripts = mkOption {
      type = scriptType;
      default = { };
      example = {
        motd.text = "echo hello > /run/motd";
        greet = {
          text = "cat /run/motd";
          deps = [ "motd" ];
        };
      };
      description = ''
        Snippets that run at every boot and every switch, before services are touched. A snippet must be
        idempotent and quick, and it may be interrupted.
      '';
      apply =
        scripts:
        scripts
        // {
          script = scriptOf {
            inherit scripts;
            onlyDry = false;
          };
        };
    };

    system.dryActivationScript = mkOption {
      type = types.str;
      readOnly = true;
      internal = true;
      default = scriptOf {
        scripts = builtins.removeAttrs config.system.activationScripts [ "script" ];
        onlyDry = true;
      };
      defaultText = "the snippets that support a dry activation";
      description = "The script that shows what an activation would do.";
    };

    system.activationPath = mkOption {
      type = types.listOf types.package;
      internal = true;
      default = [
        pkgs.coreutils
        pkgs.bash
        pkgs.util-linux
      ];
      defaultText = "coreutils, bash and util-linux";
      description = "Packages whose commands the snippets find.";
    };

    system.activationStaticTools = mkOption {
      type = types.package;
      internal = true;
      default = pkgs.busybox-static or pkgs.busybox;
      defaultText = "busybox, statically linked";
      description = "The package with the `busybox` that NixOS's own snippets use (`$STATIC_TOOLS`).";
    };

    environment.usrbinenv = mkOption {
      type = types.nullOr types.path;
      default = "${pkgs.coreutils}/bin/env";
      defaultText = "env of coreutils";
      example = null;
      description = "The program that `/usr/bin/env` links to. With `null` the link is removed.";
    };

    environment.binsh = mkOption {
      type = types.path;
      default = "${config.system.build.binsh}/bin/sh";
      defaultText = "sh of bash";
      description = "The program that `/bin/sh` links to.";
    };
  };

  config = {
    system.build.binsh = lib.mkDefault pkgs.bash;

    system.activationScripts = {
      # A root for those who want their snippet to be early without caring about anything else.
      stdio.text = "";

      binsh = {
        deps = [ "stdio" ];
        text = ''
          "$STATIC_TOOLS" mkdir -m 0755 -p /bin
          "$STATIC_TOOLS" ln -sfn "${config.environment.binsh}" /bin/.sh.tmp
          "$STATIC_TOOLS" mv -Tf /bin/.sh.tmp /bin/sh
        '';
      };

      usrbinenv = {
        deps = [ "stdio" ];
        text =
          if config.environment.usrbinenv != null then
            ''
              "$STATIC_TOOLS" mkdir -m 0755 -p /usr/bin
              "$STATIC_TOOLS" ln -sfn ${config.environment.usrbinenv} /usr/bin/.env.tmp
              "$STATIC_TOOLS" mv -Tf /usr/bin/.env.tmp /usr/bin/env
            ''
          else
            ''
              rm -f /usr/bin/env
              rmdir --ignore-fail-on-non-empty /usr/bin /usr 2>/dev/null || true
            '';
      };

      var = {
        deps = [ "stdio" ];
        text = ''
          "$STATIC_TOOLS" mkdir -m 0755 -p /var /var/log /var/lib /var/cache /var/lib/nixos /home
          "$STATIC_TOOLS" mkdir -m 0555 -p /var/empty
          "$STATIC_TOOLS" mkdir -m 1777 -p /tmp /var/tmp
          "$STATIC_TOOLS" mkdir -m 0700 -p /root
        '';
      };

      # Per-user state of the package manager.
      nix = {
        deps = [ "var" ];
        text = ''
          # One by one, parents first: -m speaks of the last part of a name only.
          "$STATIC_TOOLS" mkdir -m 0755 -p /nix/var/nix/{gcroots,profiles,temproots,userpool,daemon-socket,db} \
            /nix/var/nix/{gcroots,profiles}/per-user /nix/var/nix/{gcroots,profiles}/per-user/root
        '';
      };

      hostname = {
        deps = [ "etc" ];
        text = lib.optionalString (config.networking.hostName or "" != "") ''
          printf %s ${lib.escapeShellArg config.networking.hostName} > /proc/sys/kernel/hostname || true
        '';
      };
    };
  };
}

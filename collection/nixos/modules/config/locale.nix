# Time zone, language and the keyboard of the console.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  tzdir = "${pkgs.tzdata}/share/zoneinfo";

  cfg = config.i18n;

  # As the C library looks for them: the character set in small letters, without hyphen.
  normal =
    name:
    let
      parts = lib.splitString "." name;
    in
    if builtins.length parts < 2 then
      name
    else
      "${builtins.head parts}.${
        lib.toLower (builtins.replaceStrings [ "-" ] [ "" ] (builtins.elemAt parts 1))
      }";

  wanted = lib.unique (
    map normal (
      [ cfg.defaultLocale ]
      ++ lib.attrValues cfg.extraLocaleSettings
      ++ map (s: builtins.head (lib.splitString "/" s)) (lib.remove "all" cfg.supportedLocales)
    )
  );

  # The C library comes with one locale. Others get its character set under their name: texts are right then,
  # only dates and the like look as in C.
  locales = pkgs.runCommand "locales" { preferLocalBuild = true; } ''
    mkdir -p "$out/lib/locale"
    for locale in ${pkgs.glibc}/lib/locale/*/; do
      ln -s "''${locale%/}" "$out/lib/locale/"
    done
    for name in ${lib.escapeShellArgs wanted}; do
      case $name in
        C | POSIX) continue ;;
      esac
      [ -e "$out/lib/locale/$name" ] || ln -s ${pkgs.glibc}/lib/locale/C.utf8 "$out/lib/locale/$name"
    done
  '';
in
{
  options = {
    time = {
      timeZone = mkOption {
        type = types.nullOr (
          lib.types.addCheck types.str (s: !lib.hasInfix " " s) // { description = "string without spaces"; }
        );
        default = null;
        example = "Europe/Berlin";
        description = "Time zone, by its name in the tz database. `null` is UTC until somebody sets one with `timedatectl`.";
      };
      hardwareClockInLocalTime = mkOption {
        type = types.bool;
        default = false;
        description = "Whether the clock of the hardware has local time instead of UTC.";
      };
    };

    i18n = {
      defaultLocale = mkOption {
        type = types.str;
        default = "C.UTF-8";
        example = "en_US.UTF-8";
        description = "Language, character set and formats of the system.";
      };
      supportedLocales = mkOption {
        type = types.listOf types.str;
        default = [ ];
        example = [ "en_US.UTF-8/UTF-8" ];
        description = "Further locales that programs may be run in.";
      };
      extraLocaleSettings = mkOption {
        type = types.attrsOf types.str;
        default = { };
        example = {
          LC_TIME = "de_DE.UTF-8";
        };
        description = "Single aspects that differ from `i18n.defaultLocale`.";
      };
    };

    console = {
      keyMap = mkOption {
        type = types.either types.str types.path;
        default = "us";
        example = "de";
        description = "Layout of the keyboard on the console.";
      };
      font = mkOption {
        type = types.nullOr (types.either types.str types.path);
        default = null;
        example = "LatArCyrHeb-16";
        description = "Font of the console. `null` leaves that of the kernel.";
      };
    };
  };

  config = {
    environment.sessionVariables = {
      LANG = config.i18n.defaultLocale;
      TZDIR = "/etc/zoneinfo";
      LOCPATH = "/run/current-system/sw/lib/locale";
    }
    // config.i18n.extraLocaleSettings;

    environment.systemPackages = [ locales ];

    systemd.globalEnvironment = {
      LANG = lib.mkDefault config.i18n.defaultLocale;
      LOCPATH = lib.mkDefault "${locales}/lib/locale";
    };

    environment.etc = {
      zoneinfo.source = tzdir;
      "locale.conf".text = ''
        LANG=${config.i18n.defaultLocale}
        ${lib.concatStringsSep "\n" (
          lib.mapAttrsToList (n: v: "${n}=${v}") config.i18n.extraLocaleSettings
        )}
      '';
      "vconsole.conf".text = ''
        KEYMAP=${toString config.console.keyMap}
        ${lib.optionalString (config.console.font != null) "FONT=${config.console.font}"}
      '';
    }
    // lib.optionalAttrs (config.time.timeZone != null) {
      localtime = {
        source = "/etc/zoneinfo/${config.time.timeZone}";
        # Programs read the name of the zone off the link.
        mode = "direct-symlink";
      };
    }
    // lib.optionalAttrs config.time.hardwareClockInLocalTime {
      adjtime.text = ''
        0.0 0 0.0
        0
        LOCAL
      '';
    };
  };
}

# What the system is called, and with which version of its state it began.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  cfg = config.system.nixos;

  # As os-release(5) wants it.
  osRelease = {
    NAME = cfg.distroName;
    ID = cfg.distroId;
    VERSION = "${cfg.release} (${cfg.codeName})";
    VERSION_CODENAME = lib.toLower cfg.codeName;
    VERSION_ID = cfg.release;
    BUILD_ID = cfg.version;
    PRETTY_NAME = "${cfg.distroName} ${cfg.release} (${cfg.codeName})";
    VENDOR_NAME = cfg.vendorName;
    VARIANT_ID = cfg.variant_id;
  }
  // cfg.extraOSReleaseArgs;

  toText = attrs: lib.concatStrings (
    lib.mapAttrsToList (name: value: "${name}=${lib.escapeShellArg value}\n") (
      lib.filterAttrs (_: v: v != null) attrs
    )
  );

  text = default: description: mkOption {
    type = types.str;
    inherit default description;
  };
in
{
  options.system = {
    stateVersion = mkOption {
      type = types.strMatching "[0-9]{2}\\.[0-9]{2}";
      default = cfg.release;
      defaultText = lib.literalExpression "config.system.nixos.release";
      example = "26.11";
      description = ''
        The release with which the machine was installed. Defaults of services that keep data follow it, so
        that an update of the system does not misread older data. Leave it as it is when you update.
      '';
    };

    nixos = {
      release = mkOption {
        type = types.str;
        readOnly = true;
        default = lib.trivial.release;
        description = "Release of the collection, such as `26.11`.";
      };
      version = mkOption {
        type = types.str;
        internal = true;
        default = cfg.release + cfg.versionSuffix;
        defaultText = "release and suffix";
        description = "Full version of the collection.";
      };
      versionSuffix = mkOption {
        type = types.str;
        internal = true;
        default = lib.trivial.versionSuffix;
        description = "What follows the release in the version.";
      };
      revision = mkOption {
        type = types.nullOr types.str;
        internal = true;
        default = lib.trivial.revisionWithDefault null;
        defaultText = "the revision of the collection";
        description = "Revision of the collection where it is known.";
      };
      codeName = mkOption {
        type = types.str;
        readOnly = true;
        default = lib.trivial.codeName;
        description = "Name of the release.";
      };
      label = mkOption {
        type = types.strMatching "[a-zA-Z0-9:_.-]*";
        default = lib.concatStringsSep "-" (lib.sort (a: b: a < b) config.system.nixos.tags ++ [ cfg.version ]);
        defaultText = "tags and version";
        description = "What the boot menu shows of the version.";
      };
      tags = mkOption {
        type = types.listOf types.str;
        default = [ ];
        example = [ "with-xen" ];
        description = "Words before the version in the label.";
      };
      distroId = text "nixos" "Identifier of the distribution, as programs ask for it.";
      distroName = text "Firn" "Name of the distribution.";
      vendorName = text "Firn" "Name of who makes the distribution.";
      variant_id = mkOption {
        type = types.nullOr (types.strMatching "[a-z0-9._-]+");
        default = null;
        example = "installer";
        description = "Identifier of a variant of the distribution.";
      };
      extraOSReleaseArgs = mkOption {
        type = types.attrsOf types.str;
        internal = true;
        default = { };
        description = "Further entries of os-release.";
      };
    };

    configurationRevision = mkOption {
      type = types.nullOr types.str;
      default = null;
      description = "Revision of the repository that holds the configuration, shown by `nixos-version --json`.";
    };
  };

  config = {
    environment.etc = {
      "os-release".text = toText osRelease;
      "lsb-release".text = toText {
        LSB_VERSION = cfg.release;
        DISTRIB_ID = cfg.distroId;
        DISTRIB_RELEASE = cfg.release;
        DISTRIB_CODENAME = lib.toLower cfg.codeName;
        DISTRIB_DESCRIPTION = osRelease.PRETTY_NAME;
      };
      # Programs tell a system of this kind by this file.
      "NIXOS".text = "";
    };
  };
}

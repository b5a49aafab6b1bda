# boot.json in the toplevel: bootspec version 1 (RFC 125), what a boot loader's installer reads.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  kernel = config.boot.kernelPackages.kernel;

  # @toplevel@ becomes the toplevel when that is built: it cannot be known here.
  document = {
    "org.nixos.bootspec.v1" = {
      system = pkgs.stdenv.hostPlatform.system;
      kernel = "${kernel}/${config.system.boot.loader.kernelFile}";
      kernelParams = config.boot.kernelParams;
      label = "NixOS ${config.system.nixos.codeName or ""} ${config.system.nixos.label} (Linux ${kernel.modDirVersion})";
      init = "@toplevel@/init";
      toplevel = "@toplevel@";
    }
    // lib.optionalAttrs config.boot.initrd.enable {
      initrd = "${config.system.build.initialRamdisk}/${config.system.boot.loader.initrdFile}";
    };
    "org.nixos.specialisation.v1" = { };
  }
  // config.boot.bootspec.extensions;
in
{
  options.boot.bootspec = {
    enable = mkOption {
      type = types.bool;
      default = true;
      description = "Whether the toplevel describes how to boot it in `boot.json`.";
    };

    extensions = mkOption {
      type = types.attrsOf types.unspecified;
      default = { };
      description = "Further top-level members of `boot.json`, each under a name of its own namespace.";
    };

    json = mkOption {
      type = types.str;
      internal = true;
      readOnly = true;
      default = builtins.toJSON document;
      defaultText = "the bootspec";
      description = "The document, with @toplevel@ for the toplevel.";
    };

    writer = mkOption {
      type = types.lines;
      internal = true;
      readOnly = true;
      default = lib.optionalString (config.boot.bootspec.enable && config.boot.kernel.enable) ''
        substitute "$bootspecJsonPath" "$out/boot.json" --replace-fail @toplevel@ "$out"
      '';
      defaultText = "writes boot.json";
      description = "Commands of bash that write `boot.json` into the toplevel.";
    };
  };
}

# The toplevel: one store object from which a machine boots and to which it is switched.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib)
    concatStringsSep
    mkOption
    optionalString
    types
    ;

  kernelPath = "${config.boot.kernelPackages.kernel}/${config.system.boot.loader.kernelFile}";
  initrdPath = "${config.system.build.initialRamdisk}/${config.system.boot.loader.initrdFile}";

  failedAssertions = map (x: x.message) (builtins.filter (x: !x.assertion) (config.assertions or [ ]));

  checked =
    if failedAssertions != [ ] then
      throw "\nFailed assertions:\n${concatStringsSep "\n" (map (x: "- ${x}") failedAssertions)}"
    else
      lib.showWarnings (config.warnings or [ ]) system;

  system =
    pkgs.runCommand "nixos-system-${config.system.name}-${config.system.nixos.label}"
      (
        {
          # Only links and a few small texts: nothing that a cache would save.
          preferLocalBuild = true;
          allowSubstitutes = false;

          activationScript = config.system.activationScripts.script;
          inherit (config.system) dryActivationScript;
          passAsFile = [
            "activationScript"
            "dryActivationScript"
            "bootspecJson"
          ];
          nixosLabel = config.system.nixos.label;
          kernelParams = concatStringsSep " " config.boot.kernelParams;
          bootspecJson = config.boot.bootspec.json;
          inherit (config.system) extraDependencies;
        }
        // config.system.systemBuilderArgs
      )
      ''
        mkdir "$out"

        substitute "$activationScriptPath" "$out/activate" --replace-fail @out@ "$out"
        substitute "$dryActivationScriptPath" "$out/dry-activate" --replace-fail @out@ "$out"
        chmod +x "$out/activate" "$out/dry-activate"
        ${pkgs.bash}/bin/bash -n "$out/activate"

        substitute ${config.system.build.bootStage2} "$out/init" --replace-fail @systemConfig@ "$out"
        chmod +x "$out/init"

        ${optionalString config.boot.kernel.enable ''
          if [ ! -f ${kernelPath} ]; then
            echo "The boot loader cannot find the kernel: ${kernelPath}"
            exit 1
          fi
          ln -s ${kernelPath} "$out/kernel"
          ln -s ${config.system.modulesTree} "$out/kernel-modules"
          ln -s ${config.hardware.firmware}/lib/firmware "$out/firmware"
          echo -n "$kernelParams" > "$out/kernel-params"
        ''}
        ${optionalString (config.boot.kernel.enable && config.boot.initrd.enable) ''
          ln -s ${initrdPath} "$out/initrd"
        ''}

        ln -s ${config.system.build.etc}/etc "$out/etc"
        ln -s ${config.system.path} "$out/sw"
        ln -s ${config.systemd.package} "$out/systemd"

        echo -n "systemd ${toString config.systemd.package.interfaceVersion or 2}" > "$out/init-interface-version"
        echo -n "$nixosLabel" > "$out/nixos-version"
        echo -n ${pkgs.stdenv.hostPlatform.system} > "$out/system"
        echo -n "$extraDependencies" > "$out/extra-dependencies"

        mkdir "$out/bin"
        ${config.boot.bootspec.writer}
        ${config.system.systemBuilderCommands}
        ${config.system.extraSystemBuilderCmds}
      '';
in
{
  options = {
    system.build = mkOption {
      # Free in form, so that images, installers and tests can hang their results here.
      type = types.submodule { freeformType = types.lazyAttrsOf (types.uniq types.unspecified); };
      default = { };
      description = "Derivations that can be built from this configuration, such as `toplevel` and `vm`.";
    };

    system.boot.loader.id = mkOption {
      internal = true;
      type = types.str;
      default = "";
      description = "Name of the boot loader in use.";
    };

    system.boot.loader.kernelFile = mkOption {
      internal = true;
      type = types.str;
      default = pkgs.stdenv.hostPlatform.linux-kernel.target or "bzImage";
      defaultText = "bzImage";
      description = "Name of the kernel image in the kernel package.";
    };

    system.boot.loader.initrdFile = mkOption {
      internal = true;
      type = types.str;
      default = "initrd";
      description = "Name of the initial ramdisk in its derivation.";
    };

    system.systemBuilderCommands = mkOption {
      type = types.lines;
      internal = true;
      default = "";
      description = "Commands of bash that complete the toplevel in `$out`.";
    };

    system.extraSystemBuilderCmds = mkOption {
      type = types.lines;
      internal = true;
      default = "";
      description = "Further commands of bash that complete the toplevel in `$out`.";
    };

    system.systemBuilderArgs = mkOption {
      type = types.attrsOf types.unspecified;
      internal = true;
      default = { };
      description = "Attributes of the toplevel's derivation.";
    };

    system.extraDependencies = mkOption {
      type = types.listOf types.pathInStore;
      default = [ ];
      description = ''
        Store objects that are kept with the system although nothing in it uses them, such as what is needed to
        build packages on a machine without network.
      '';
    };

    system.name = mkOption {
      type = types.str;
      default = if config.networking.hostName == "" then "unnamed" else config.networking.hostName;
      defaultText = lib.literalExpression ''if config.networking.hostName == "" then "unnamed" else config.networking.hostName'';
      description = "Name of the system in the name of its toplevel, for a reader of the store.";
    };

    system.checks = mkOption {
      type = types.listOf types.package;
      default = [ ];
      description = "Derivations that must build before the toplevel does. Their results are not kept.";
    };
  };

  config = {
    system.build.toplevel = checked;

    # The results are build inputs, never part of the closure.
    system.systemBuilderArgs.passedChecks = concatStringsSep " " (map toString config.system.checks);

    system.activationScripts.currentSystemDirectory.text = "[ -d /run/nixos ] || mkdir -m 0755 -p /run/nixos";
  };
}

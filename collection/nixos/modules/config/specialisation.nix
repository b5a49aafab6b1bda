# Variants of a system that come along with it, to switch to and to boot.
{
  config,
  lib,
  extendModules,
  noUserModules,
  ...
}:

let
  inherit (lib) mkOption types;

  toplevels = lib.mapAttrs (
    _: s: s.configuration.system.build.toplevel
  ) config.specialisation;

  # A variant has no variants of its own.
  childModule = {
    _file = ./specialisation.nix;
    config.specialisation = lib.mkOverride 0 { };
  };
in
{
  options.specialisation = mkOption {
    default = { };
    example = lib.literalExpression "{ debug.configuration = { boot.consoleLogLevel = 7; }; }";
    description = ''
      Variants of the system, by name. Each is in `specialisation/<name>` of the toplevel, whose
      `bin/switch-to-configuration` switches to it.
    '';
    type = types.attrsOf (
      types.submodule (
        local:
        let
          extend = if local.config.inheritParentConfig then extendModules else noUserModules.extendModules;
        in
        {
          options = {
            inheritParentConfig = mkOption {
              type = types.bool;
              default = true;
              description = "Whether the variant is this system with changes, or one of its own.";
            };
            configuration = mkOption {
              default = { };
              visible = "shallow";
              inherit (extend { modules = [ childModule ]; }) type;
              description = "What the variant adds and changes.";
            };
          };
        }
      )
    );
  };

  config = {
    assertions = lib.mapAttrsToList (name: _: {
      assertion = !lib.hasInfix "/" name;
      message = "Specialisation names must not contain forward slashes: ${name}";
    }) config.specialisation;

    system.systemBuilderCommands = lib.mkIf (config.specialisation != { }) ''
      mkdir "$out/specialisation"
      ${lib.concatStringsSep "\n" (
        lib.mapAttrsToList (
          name: toplevel: ''ln -s ${toplevel} "$out/specialisation/"${lib.escapeShellArg name}''
        ) toplevels
      )}
    '';
  };
}

# Options as data for documentation and tools.
{
  lib,
  options,
  pkgs,
  # Changes an option before it is written, or hides it.
  transformOptions ? lib.id,
}:

let
  all = map transformOptions (
    builtins.filter (o: o.visible && !o.internal) (lib.optionAttrSetToDocList options)
  );

  # By name, as `options.json` has them.
  optionsNix = builtins.listToAttrs (
    map (o: {
      inherit (o) name;
      value = removeAttrs o [
        "name"
        "visible"
        "internal"
      ];
    }) all
  );
in
{
  inherit optionsNix;

  # A directory with share/doc/nixos/options.json. Values are texts, so nothing has to be built for it.
  optionsJSON = pkgs.runCommand "options.json" { preferLocalBuild = true; } ''
    mkdir -p "$out/share/doc/nixos"
    cp ${
      builtins.toFile "options.json" (builtins.unsafeDiscardStringContext (builtins.toJSON optionsNix))
    } "$out/share/doc/nixos/options.json"
  '';
}

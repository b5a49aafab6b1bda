# Formats of configuration files, for modules with a `settings` option: each is `{ type; generate; }`, where
# `generate name value` is a file.
{ lib, pkgs }:

let
  inherit (lib) types;
  inherit (lib.generators)
    mkKeyValueDefault
    mkValueStringDefault
    toINI
    toINIWithGlobalSection
    toKeyValue
    ;

  # Values that JSON has.
  jsonType =
    let
      value =
        types.nullOr (
          types.oneOf [
            types.bool
            types.int
            types.float
            types.str
            types.path
            (types.attrsOf value)
            (types.listOf value)
          ]
        )
        // {
          description = "JSON value";
        };
    in
    value;

  # Values of one line.
  atomOf =
    withList:
    let
      atom = types.nullOr (
        types.oneOf [
          types.bool
          types.int
          types.float
          types.str
        ]
      );
    in
    if withList then types.either atom (types.listOf atom) else atom;

  keyValueOf =
    listsAsDuplicateKeys:
    types.attrsOf (atomOf listsAsDuplicateKeys);

  # TOML in one pass: the plain values of a table, then its tables.
  tomlString = builtins.toJSON;
  tomlKey = key: if builtins.match "[A-Za-z0-9_-]+" key != null then key else tomlString key;
  tomlValue =
    value:
    if builtins.isAttrs value && !(lib.isDerivation value) then
      "{ ${
        lib.concatStringsSep ", " (
          lib.mapAttrsToList (key: element: "${tomlKey key} = ${tomlValue element}") (
            lib.filterAttrs (_: element: element != null) value
          )
        )
      } }"
    else if builtins.isList value then
      "[${lib.concatMapStringsSep ", " tomlValue value}]"
    else if builtins.isFloat value || builtins.isInt value || builtins.isBool value then
      builtins.toJSON value
    else
      tomlString "${value}";
  isTable = value: builtins.isAttrs value && !(lib.isDerivation value);
  isTables = value: builtins.isList value && value != [ ] && lib.all isTable value;
  tomlTable =
    path: table:
    let
      present = lib.filterAttrs (_: value: value != null) table;
      plain = lib.filterAttrs (_: value: !(isTable value || isTables value)) present;
      tables = lib.filterAttrs (_: isTable) present;
      arrays = lib.filterAttrs (_: isTables) present;
      header = key: lib.concatMapStringsSep "." tomlKey (path ++ [ key ]);
    in
    lib.concatStrings (
      lib.mapAttrsToList (key: value: "${tomlKey key} = ${tomlValue value}\n") plain
      ++ lib.mapAttrsToList (key: value: "\n[${header key}]\n${tomlTable (path ++ [ key ]) value}") tables
      ++ lib.mapAttrsToList (
        key: values:
        lib.concatMapStrings (value: "\n[[${header key}]]\n${tomlTable (path ++ [ key ]) value}") values
      ) arrays
    );
in
rec {
  json =
    { }:
    {
      type = jsonType;
      generate = name: value: pkgs.writeText name (builtins.toJSON value + "\n");
    };

  # JSON is YAML.
  yaml =
    { }:
    json { }
    // {
      type = jsonType // {
        description = "YAML value";
      };
    };

  keyValue =
    {
      # A list is its key repeated; without this a list is no value.
      listsAsDuplicateKeys ? false,
      listToValue ? null,
      ...
    }@args:
    {
      type = keyValueOf (listsAsDuplicateKeys || listToValue != null);
      generate =
        name: value:
        let
          joined =
            if listToValue == null then
              value
            else
              lib.mapAttrs (_: element: if lib.isList element then listToValue element else element) value;
        in
        pkgs.writeText name (toKeyValue (removeAttrs args [ "listToValue" ]) joined);
    };

  ini =
    {
      listsAsDuplicateKeys ? false,
      listToValue ? null,
      ...
    }@args:
    {
      type = types.attrsOf (keyValueOf (listsAsDuplicateKeys || listToValue != null));
      generate =
        name: value:
        let
          joined =
            if listToValue == null then
              value
            else
              lib.mapAttrs (
                _: lib.mapAttrs (_: element: if lib.isList element then listToValue element else element)
              ) value;
        in
        pkgs.writeText name (toINI (removeAttrs args [ "listToValue" ]) joined);
    };

  iniWithGlobalSection =
    {
      listsAsDuplicateKeys ? false,
      ...
    }@args:
    {
      type = types.submodule {
        options = {
          sections = lib.mkOption {
            type = types.attrsOf (keyValueOf listsAsDuplicateKeys);
            default = { };
            description = "Sections and their settings.";
          };
          globalSection = lib.mkOption {
            type = keyValueOf listsAsDuplicateKeys;
            default = { };
            description = "Settings above the first section.";
          };
        };
      };
      generate = name: value: pkgs.writeText name (toINIWithGlobalSection args value);
    };

  toml =
    { }:
    {
      type = jsonType // {
        description = "TOML value";
      };
      generate = name: value: pkgs.writeText name (tomlTable [ ] value);
    };

  systemd = {
    type = types.attrsOf (types.attrsOf (atomOf true));
    generate =
      name: value:
      pkgs.writeText name (
        toINI {
          listsAsDuplicateKeys = true;
          mkKeyValue = mkKeyValueDefault {
            mkValueString =
              element:
              if element == true then
                "true"
              else if element == false then
                "false"
              else
                mkValueStringDefault { } element;
          } "=";
        } value
      );
  };

  # Lines of another program's own, from a function.
  pythonVars =
    { }:
    {
      type = types.attrsOf jsonType;
      generate =
        name: value:
        pkgs.writeText name (
          lib.concatStrings (
            lib.mapAttrsToList (
              key: element:
              let
                literal =
                  x:
                  if x == null then
                    "None"
                  else if x == true then
                    "True"
                  else if x == false then
                    "False"
                  else if builtins.isList x then
                    "[${lib.concatMapStringsSep ", " literal x}]"
                  else if builtins.isAttrs x && !(lib.isDerivation x) then
                    "{${lib.concatStringsSep ", " (lib.mapAttrsToList (k: v: "${builtins.toJSON k}: ${literal v}") x)}}"
                  else
                    builtins.toJSON x;
              in
              "${key} = ${literal element}\n"
            ) value
          )
        );
    };
}

# Options of commands from sets.
{ lib }:

rec {
  /**
    A command line of a set of options, quoted for a shell.

    # Examples

    ```nix
    toGNUCommandLineShell { } { X = "PUT"; retry = 3; verbose = true; }
    => "-X PUT --retry 3 --verbose"
    ```
  */
  toGNUCommandLineShell = options: attrs: lib.escapeShellArgs (toGNUCommandLine options attrs);

  /**
    A list of arguments of a set of options.

    # Inputs

    `mkOptionName`
    : Option of a name: one dash for one letter, else two.

    `mkBool`, `mkList`, `mkOption`
    : Arguments of a boolean, a list, any other value.

    `optionValueSeparator`
    : What joins option and value to one argument; `null` for two arguments.
  */
  toGNUCommandLine =
    {
      mkOptionName ? k: if builtins.stringLength k == 1 then "-${k}" else "--${k}",
      mkBool ? k: v: lib.optional v (mkOptionName k),
      mkList ? k: v: lib.concatMap (mkOption k) v,
      mkOption ?
        k: v:
        if v == null then
          [ ]
        else if optionValueSeparator == null then
          [
            (mkOptionName k)
            (lib.generators.mkValueStringDefault { } v)
          ]
        else
          [ "${mkOptionName k}${optionValueSeparator}${lib.generators.mkValueStringDefault { } v}" ],
      optionValueSeparator ? null,
    }:
    options:
    let
      render =
        k: v:
        if builtins.isBool v then
          mkBool k v
        else if builtins.isList v then
          mkList k v
        else
          mkOption k v;
    in
    builtins.concatLists (lib.mapAttrsToList render options);

  /**
    `toCommandLine`, quoted for a shell.
  */
  toCommandLineShell = optionFormat: attrs: lib.escapeShellArgs (toCommandLine optionFormat attrs);

  /**
    A list of arguments of a set of options, each in the format that a function of its name gives.

    # Inputs

    `optionFormat`
    : Function of a name to `{ option; sep; explicitBool; formatArg; }`: the option, what joins it to a
      value (`null` for two arguments), whether booleans are values, and the text of a value.
  */
  toCommandLine =
    optionFormat: attrs:
    let
      render =
        k: v:
        let
          format = optionFormat k;
          inherit (format) option;
          sep = format.sep or null;
          explicitBool = format.explicitBool or false;
          formatArg = format.formatArg or (lib.generators.mkValueStringDefault { });
          withValue =
            if sep == null then
              [
                option
                (formatArg v)
              ]
            else
              [ "${option}${sep}${formatArg v}" ];
        in
        if builtins.isList v then
          lib.concatMap (render k) v
        else if v == null || (!explicitBool && v == false) then
          [ ]
        else if !explicitBool && v == true then
          [ option ]
        else
          withValue;
    in
    builtins.concatLists (lib.mapAttrsToList render attrs);

  /**
    `toCommandLine` in the usual GNU format: `-x value`, `--name=value`.
  */
  toCommandLineGNU =
    {
      isLong ? optionName: builtins.stringLength optionName > 1,
      explicitBool ? false,
      formatArg ? lib.generators.mkValueStringDefault { },
    }:
    toCommandLine (optionName: {
      option = if isLong optionName then "--${optionName}" else "-${optionName}";
      sep = if isLong optionName then "=" else "";
      inherit explicitBool formatArg;
    });

  /**
    `toCommandLineGNU`, quoted for a shell.
  */
  toCommandLineShellGNU = options: attrs: lib.escapeShellArgs (toCommandLineGNU options attrs);
}

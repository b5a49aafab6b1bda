# Functions that modules get as the argument `utils`.
{ lib, config, pkgs }:

let
  inherit (lib)
    concatStrings
    concatStringsSep
    stringToCharacters
    ;

  isPlain = c: builtins.match "[a-zA-Z0-9:_.]" c != null;
  escapeByte = c: "\\x${lib.toLower (lib.fixedWidthString 2 "0" (lib.toHexString (lib.strings.charToInt c)))}";
in
rec {
  /**
    Name of the unit of a path, as `systemd-escape --path` gives it.

    # Examples

    ```nix
    escapeSystemdPath "/dev/disk-a"
    => "dev-disk\\x2da"
    ```
  */
  escapeSystemdPath =
    s:
    let
      trimmed = concatStringsSep "/" (builtins.filter (x: x != "") (lib.splitString "/" s));
      escapeFirst = chars: lib.imap0 (i: c: if c == "." && i == 0 then escapeByte c else c) chars;
      escape =
        c:
        if c == "/" then
          "-"
        else if builtins.stringLength c == 1 && !isPlain c then
          escapeByte c
        else
          c;
    in
    if trimmed == "" then "-" else concatStrings (map escape (escapeFirst (stringToCharacters trimmed)));

  /**
    An argument of ExecStart quoted so that the service manager expands nothing in it.
  */
  escapeSystemdExecArg =
    arg:
    let
      s =
        if builtins.isPath arg then
          "${arg}"
        else if builtins.isString arg then
          arg
        else if builtins.isInt arg || builtins.isFloat arg || lib.isDerivation arg then
          toString arg
        else
          throw "escapeSystemdExecArg only allows strings, paths, numbers and derivations";
    in
    builtins.replaceStrings [ "%" "$" ] [ "%%" "$$" ] (builtins.toJSON s);

  /**
    Several arguments of ExecStart.
  */
  escapeSystemdExecArgs = lib.concatMapStringsSep " " escapeSystemdExecArg;

  /**
    Path of the shell of a user: a package with `shellPath`, or a path.
  */
  toShellPath =
    shell:
    if lib.types.shellPackage.check shell then
      "/run/current-system/sw${shell.shellPath}"
    else
      shell;
}

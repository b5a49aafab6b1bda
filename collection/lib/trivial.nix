# Functions on plain values: booleans, numbers, functions, warnings and facts about this collection.
{ lib }:

let
  inherit (builtins)
    bitXor
    concatStringsSep
    elem
    elemAt
    filter
    foldl'
    fromJSON
    fromTOML
    functionArgs
    getEnv
    isFunction
    isInt
    pathExists
    readFile
    substring
    trace
    ;

  # `builtins.warn` came late; older evaluators print the same line by `trace`.
  builtinWarn = builtins.warn or (message: value: trace "evaluation warning: ${message}" value);
in
{
  inherit (builtins)
    add
    bitAnd
    bitOr
    bitXor
    ceil
    deepSeq
    div
    floor
    genericClosure
    isBool
    isFloat
    isInt
    lessThan
    mul
    pathExists
    readFile
    seq
    sub
    ;

  /**
    Return the argument.

    # Type

    ```
    id :: a -> a
    ```
  */
  id = x: x;

  /**
    Return the first argument whatever the second is.

    # Type

    ```
    const :: a -> b -> a
    ```
  */
  const = x: _: x;

  /**
    Hand a value through a list of functions, first to last.

    # Type

    ```
    pipe :: a -> [(a -> b), ..., (y -> z)] -> z
    ```

    # Examples

    ```nix
    pipe 2 [ (x: x + 2) (x: x * 2) ]
    => 8
    ```
  */
  pipe = foldl' (value: f: f value);

  /**
    Concatenate two lists (or strings): `++` as a function.
  */
  concat = x: y: x ++ y;

  /**
    Boolean "or" as a function.
  */
  or = x: y: x || y;

  /**
    Boolean "and" as a function.
  */
  and = x: y: x && y;

  /**
    True if exactly one of two booleans is.
  */
  xor = x: y: x != y;

  /**
    Complement of all bits of an integer.
  */
  bitNot = bitXor (-1);

  /**
    A boolean as the text `true` or `false` (`toString` gives `1` or nothing).
  */
  boolToString = b: if b then "true" else "false";

  /**
    A boolean as the text `yes` or `no`.
  */
  boolToYesNo = b: if b then "yes" else "no";

  /**
    `//` as a function.
  */
  mergeAttrs = x: y: x // y;

  /**
    Swap the first two arguments of a function.

    # Type

    ```
    flip :: (a -> b -> c) -> b -> a -> c
    ```
  */
  flip =
    f: a: b:
    f b a;

  /**
    The second argument where it is not `null`, else the first.
  */
  defaultTo = default: value: if value == null then default else value;

  /**
    Apply a function to anything but `null`.

    # Type

    ```
    mapNullable :: (a -> b) -> a | null -> b | null
    ```
  */
  mapNullable = f: a: if a == null then null else f a;

  /**
    The smaller of two numbers.
  */
  min = x: y: if x < y then x else y;

  /**
    The larger of two numbers.
  */
  max = x: y: if x > y then x else y;

  /**
    Remainder of the integer division; it has the sign of the dividend.

    # Examples

    ```nix
    mod 11 10
    => 1
    ```
  */
  mod = base: int: base - (int * (base / int));

  /**
    Order of two comparable values as -1, 0 or 1.
  */
  compare =
    a: b:
    if a < b then
      -1
    else if a > b then
      1
    else
      0;

  /**
    Compare by a predicate first, then by one of two comparators: values with the predicate come first.

    # Type

    ```
    splitByAndCompare :: (a -> bool) -> (a -> a -> int) -> (a -> a -> int) -> a -> a -> int
    ```
  */
  splitByAndCompare =
    p: yes: no: a: b:
    if p a then
      if p b then yes a b else -1
    else if p b then
      1
    else
      no a b;

  /**
    Value of a JSON file.
  */
  importJSON = path: fromJSON (readFile path);

  /**
    Value of a TOML file.
  */
  importTOML = path: fromTOML (readFile path);

  /**
    Release of this collection, `YY.MM`.
  */
  release = lib.strings.fileContents ../.version;

  /**
    Version of this collection: release and suffix.
  */
  version = lib.trivial.release + lib.trivial.versionSuffix;

  /**
    What follows the release in the version.
  */
  versionSuffix = "";

  /**
    Name of the release.
  */
  codeName = "Firn";

  /**
    Oldest release still looked after.
  */
  oldestSupportedRelease = 2605;

  /**
    True if features deprecated in the given release (as `YYMM`) may be removed.
  */
  oldestSupportedReleaseIsAtLeast = release: release <= lib.trivial.oldestSupportedRelease;

  isInOldestRelease = lib.trivial.oldestSupportedReleaseIsAtLeast;

  nixpkgsVersion = lib.trivial.version;

  /**
    Revision of this collection, or the default where it is not known.
  */
  revisionWithDefault =
    default: if pathExists ../.revision then lib.strings.fileContents ../.revision else default;

  /**
    True inside a nix-shell.
  */
  inNixShell = getEnv "IN_NIX_SHELL" != "";

  /**
    True where the evaluator hides the surroundings (no `builtins.currentSystem`).
  */
  inPureEvalMode = !(builtins ? currentSystem);

  /**
    Print a warning, then return the second argument.

    # Type

    ```
    warn :: string -> a -> a
    ```
  */
  warn =
    # A failing message must fail even where it is dropped by the evaluator's settings.
    if elem (getEnv "NIX_ABORT_ON_WARN") [
      "1"
      "true"
      "yes"
    ] then
      message:
      trace "evaluation warning: ${message}" (
        abort "NIX_ABORT_ON_WARN=true; warnings are treated as unrecoverable errors."
      )
    else
      builtinWarn;

  /**
    Warn if the condition holds.
  */
  warnIf = condition: message: if condition then lib.trivial.warn message else x: x;

  /**
    Warn unless the condition holds.
  */
  warnIfNot = condition: message: if condition then x: x else lib.trivial.warn message;

  /**
    Throw unless the condition holds; usable where `assert` has no message.

    # Examples

    ```nix
    throwIfNot (isList packages) "packages must be a list" packages
    ```
  */
  throwIfNot = condition: message: if condition then x: x else throw message;

  /**
    Throw if the condition holds.
  */
  throwIf = condition: message: if condition then throw message else x: x;

  /**
    Fail unless every element of a list is among the valid ones; else return the last argument.
  */
  checkListOfEnum =
    message: valid: given:
    let
      invalid = filter (x: !elem x valid) given;
    in
    if invalid == [ ] then
      x: x
    else
      throw "${message}: ${
        concatStringsSep ", " (map toString invalid)
      } unexpected; valid ones: ${concatStringsSep ", " (map toString valid)}";

  /**
    Print a message for each reason in the list, then return the second argument.
  */
  showWarnings = warnings: value: foldl' (x: message: lib.trivial.warn message x) value warnings;

  info = message: trace "INFO: ${message}";

  /**
    Give a function a declared set of arguments, as `functionArgs` shows them.

    # Inputs

    `f`
    : The function.

    `args`
    : Names, each with whether it has a default.
  */
  setFunctionArgs = f: args: {
    __functor = self: f;
    __functionArgs = args;
  };

  /**
    Arguments of a function with a set pattern, or of a functor made by `setFunctionArgs`.

    # Type

    ```
    functionArgs :: (a -> b) -> { [name] :: bool }
    ```
  */
  functionArgs =
    f:
    if f ? __functor then
      f.__functionArgs or (lib.trivial.functionArgs (f.__functor f))
    else
      functionArgs f;

  /**
    True for functions and for sets with `__functor`.
  */
  isFunction = f: isFunction f || (f ? __functor && lib.trivial.isFunction (f.__functor f));

  /**
    Give a function the declared arguments of another.
  */
  mirrorFunctionArgs =
    f:
    let
      args = lib.trivial.functionArgs f;
    in
    g: lib.trivial.setFunctionArgs g args;

  /**
    A function as it is; anything else as a constant function.
  */
  toFunction = v: if lib.trivial.isFunction v then v else _: v;

  /**
    Integer of hexadecimal digits, with or without `0x`.

    # Examples

    ```nix
    fromHexString "FF"
    => 255
    ```
  */
  fromHexString =
    str:
    let
      found = builtins.match "(0x)?([0-7]?[0-9A-Fa-f]{1,15})" str;
    in
    if found == null then
      throw "lib.fromHexString: ${builtins.toJSON str} is not a hexadecimal number that fits 64 bits"
    else
      (fromTOML "v=0x${elemAt found 1}").v;

  /**
    Hexadecimal digits of a non-negative integer, in capitals.

    # Examples

    ```nix
    toHexString 250
    => "FA"
    ```
  */
  toHexString =
    i:
    concatStringsSep "" (map (d: substring d 1 "0123456789ABCDEF") (lib.trivial.toBaseDigits 16 i));

  /**
    Digits of a non-negative integer in a base, most significant first.

    # Examples

    ```nix
    toBaseDigits 2 6
    => [ 1 1 0 ]
    ```
  */
  toBaseDigits =
    base: i:
    let
      go =
        n: digits:
        if n < base then
          [ n ] ++ digits
        else
          go (n / base) ([ (n - base * (n / base)) ] ++ digits);
    in
    assert isInt base;
    assert isInt i;
    assert base >= 2;
    assert i >= 0;
    go i [ ];
}

# Functions on strings.
{ lib }:

let
  inherit (builtins)
    attrNames
    compareVersions
    concatMap
    concatStringsSep
    elem
    elemAt
    filter
    foldl'
    genList
    head
    isAttrs
    isInt
    isList
    isPath
    isString
    length
    map
    match
    parseDrvName
    readFile
    replaceStrings
    split
    storeDir
    stringLength
    substring
    tail
    toJSON
    typeOf
    unsafeDiscardStringContext
    ;

  asciiTable = import ./ascii-table.nix;
in
rec {
  inherit (builtins)
    appendContext
    compareVersions
    concatStringsSep
    elem
    elemAt
    filter
    fromJSON
    genList
    head
    isAttrs
    isInt
    isList
    isPath
    isString
    match
    parseDrvName
    readFile
    replaceStrings
    split
    storeDir
    stringLength
    substring
    tail
    toJSON
    typeOf
    unsafeDiscardStringContext
    ;

  /**
    Concatenate strings, with a separator between them.
  */
  join = concatStringsSep;

  /**
    Concatenate a list of strings.
  */
  concatStrings = concatStringsSep "";

  /**
    Map a list to strings and concatenate them.
  */
  concatMapStrings = f: list: concatStringsSep "" (map f list);

  /**
    As `concatMapStrings`; the function also gets the index, from 1.
  */
  concatImapStrings = f: list: concatStringsSep "" (lib.imap1 f list);

  /**
    Map a list to strings and concatenate them with a separator.

    # Type

    ```
    concatMapStringsSep :: string -> (a -> string) -> [a] -> string
    ```
  */
  concatMapStringsSep =
    sep: f: list:
    concatStringsSep sep (map f list);

  /**
    As `concatMapStringsSep`; the function also gets the index, from 1.
  */
  concatImapStringsSep =
    sep: f: list:
    concatStringsSep sep (lib.imap1 f list);

  /**
    Map a set to strings and concatenate them with a separator.
  */
  concatMapAttrsStringSep =
    sep: f: attrs:
    concatStringsSep sep (lib.mapAttrsToList f attrs);

  /**
    Concatenate strings, each followed by a line end.
  */
  concatLines = concatMapStrings (s: s + "\n");

  /**
    A list with a separator between its elements.
  */
  intersperse =
    separator: list:
    if length list < 2 then
      list
    else
      tail (
        concatMap (x: [
          separator
          x
        ]) list
      );

  /**
    A string `n` times.
  */
  replicate = n: s: concatStringsSep "" (lib.lists.replicate n s);

  /**
    Remove space, tab and line ends from both sides.
  */
  trim = trimWith {
    start = true;
    end = true;
  };

  /**
    Remove space, tab and line ends from the start, the end or both.
  */
  trimWith =
    {
      start ? false,
      end ? false,
    }:
    let
      # The blanks are ESC-free: a class of the four characters themselves.
      blank = " \t\r\n";
      regex =
        if start && end then
          "[${blank}]*(.*[^${blank}])[${blank}]*"
        else if start then
          "[${blank}]*(.*)"
        else
          "(.*[^${blank}])[${blank}]*";
    in
    s:
    if !start && !end then
      s
    else
      let
        found = match regex s;
      in
      if found == null then "" else head found;

  /**
    A search path: each directory followed by a subdirectory, with colons between.

    # Examples

    ```nix
    makeSearchPath "bin" [ "/usr" "/usr/local" ]
    => "/usr/bin:/usr/local/bin"
    ```
  */
  makeSearchPath =
    subDir: paths: concatStringsSep ":" (map (p: p + "/" + subDir) (filter (p: p != null) paths));

  /**
    As `makeSearchPath`, of one output of each package.
  */
  makeSearchPathOutput =
    output: subDir: pkgs:
    makeSearchPath subDir (map (lib.getOutput output) pkgs);

  /**
    Search path of libraries.
  */
  makeLibraryPath = packages: makeSearchPath "lib" (map lib.getLib packages);

  /**
    Search path of headers.
  */
  makeIncludePath = packages: makeSearchPath "include" (map lib.getInclude packages);

  /**
    Search path of programs.
  */
  makeBinPath = makeSearchPathOutput "bin" "bin";

  /**
    A path without doubled slashes.
  */
  normalizePath =
    s:
    lib.warnIf (isPath s)
      "lib.strings.normalizePath: The argument (${toString s}) is a path value, but only strings are supported."
      (
        foldl' (acc: c: if c == "/" && hasSuffix "/" acc then acc else acc + c) "" (stringToCharacters s)
      );

  /**
    The string where the condition holds, else the empty one.
  */
  optionalString = cond: string: if cond then string else "";

  /**
    True if a string starts with another.
  */
  hasPrefix =
    prefix: str:
    noPath "hasPrefix" prefix (substring 0 (stringLength prefix) str == prefix);

  /**
    True if a string ends with another.
  */
  hasSuffix =
    suffix: content:
    let
      n = stringLength suffix;
      len = stringLength content;
    in
    noPath "hasSuffix" suffix (n == 0 || len >= n && substring (len - n) n content == suffix);

  /**
    True if a string is within another.
  */
  hasInfix =
    infix: content:
    noPath "hasInfix" infix (
      # Context would make the two texts differ though they show the same characters.
      match ".*${escapeRegex (unsafeDiscardStringContext infix)}.*" "${unsafeDiscardStringContext content}"
      != null
    );

  # A path where a string is meant would be copied to the store and never match.
  noPath =
    function: value: result:
    if isPath value then
      lib.warn "lib.strings.${function}: The first argument (${toString value}) is a path value, but only strings are supported." result
    else
      result;

  /**
    A list of the characters (bytes) of a string.
  */
  stringToCharacters = s: genList (p: substring p 1 s) (stringLength s);

  /**
    Map the characters of a string to strings and concatenate them.
  */
  stringAsChars = f: s: concatStringsSep "" (map f (stringToCharacters s));

  /**
    Code of a character.
  */
  charToInt = c: asciiTable.${c};

  /**
    Put a backslash before each of the given characters.

    # Examples

    ```nix
    escape [ "(" ")" ] "(foo)"
    => "\\(foo\\)"
    ```
  */
  escape = list: replaceStrings list (map (c: "\\${c}") list);

  /**
    Replace each of the given characters by its hexadecimal escape of C.
  */
  escapeC =
    list:
    replaceStrings list (
      map (c: "\\x${fixedWidthString 2 "0" (toLower (lib.toHexString (charToInt c)))}") list
    );

  /**
    Percent-encode all but the unreserved characters of RFC 3986.
  */
  escapeURL =
    let
      unreserved = stringToCharacters "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
      escaped = filter (c: !elem c unreserved) (attrNames asciiTable);
    in
    replaceStrings escaped (
      map (c: "%${fixedWidthString 2 "0" (lib.toHexString asciiTable.${c})}") escaped
    );

  /**
    Quote a string for a shell where it needs quoting.

    # Examples

    ```nix
    escapeShellArg "so([<>])me"
    => "'so([<>])me'"
    ```
  */
  escapeShellArg =
    arg:
    let
      string = toString arg;
    in
    if match "[[:alnum:],._+:@%/-]+" string == null then
      "'${replaceStrings [ "'" ] [ "'\\''" ] string}'"
    else
      string;

  /**
    Quote several strings for a shell, with spaces between.
  */
  escapeShellArgs = concatMapStringsSep " " escapeShellArg;

  /**
    True if a string can be the name of a shell variable.
  */
  isValidPosixName = name: match "[a-zA-Z_][a-zA-Z0-9_]*" name != null;

  /**
    A shell assignment of a string, a list (array) or a set (associative array).
  */
  toShellVar =
    name: value:
    lib.throwIfNot (isValidPosixName name) "toShellVar: ${name} is not a valid shell variable name" (
      if isAttrs value && !isStringLike value then
        "declare -A ${name}=(${
          concatStringsSep " " (lib.mapAttrsToList (n: v: "[${escapeShellArg n}]=${escapeShellArg v}") value)
        })"
      else if isList value then
        "declare -a ${name}=(${escapeShellArgs value})"
      else
        "${name}=${escapeShellArg value}"
    );

  /**
    Shell assignments of a set, one a line.
  */
  toShellVars = vars: concatStringsSep "\n" (lib.mapAttrsToList toShellVar vars);

  /**
    A string literal of the Nix language.
  */
  escapeNixString = s: escape [ "$" ] (toJSON s);

  /**
    An attribute name of the Nix language, quoted where needed.
  */
  escapeNixIdentifier =
    s: if match "[a-zA-Z_][a-zA-Z0-9_'-]*" s != null && !elem s keywords then s else escapeNixString s;

  keywords = [
    "assert"
    "else"
    "if"
    "in"
    "inherit"
    "let"
    "or"
    "rec"
    "then"
    "with"
  ];

  /**
    Put a backslash before each character with a meaning in regular expressions.
  */
  escapeRegex = escape (stringToCharacters "\\[{()^$?*+|.");

  /**
    Escape the five characters with a meaning in XML.
  */
  escapeXML =
    replaceStrings
      [
        "\""
        "'"
        "<"
        ">"
        "&"
      ]
      [
        "&quot;"
        "&apos;"
        "&lt;"
        "&gt;"
        "&amp;"
      ];

  lowerChars = stringToCharacters "abcdefghijklmnopqrstuvwxyz";
  upperChars = stringToCharacters "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

  /**
    A string with small letters for capitals (ASCII).
  */
  toLower = replaceStrings upperChars lowerChars;

  /**
    A string with capitals for small letters (ASCII).
  */
  toUpper = replaceStrings lowerChars upperChars;

  /**
    First letter as a capital, the rest small.
  */
  toSentenceCase =
    str:
    lib.throwIfNot (isString str)
      "toSentenceCase does only accepts string values, but got ${typeOf str}"
      (toUpper (substring 0 1 str) + toLower (substring 1 (-1) str));

  /**
    Camel case of words separated by spaces, `-`, `_` and the like.

    # Examples

    ```nix
    toCamelCase "hello-world"
    => "helloWorld"
    ```
  */
  toCamelCase =
    str:
    lib.throwIfNot (isString str) "toCamelCase does only accepts string values, but got ${typeOf str}" (
      let
        words = filter (x: isString x && x != "") (split "[^a-zA-Z0-9]+" str);
        # A capital after a small letter starts a word of its own.
        parts = concatMap (
          w: filter (x: x != "") (map (x: if isList x then head x else x) (split "([A-Z][a-z0-9]*)" w))
        ) words;
      in
      if parts == [ ] then
        ""
      else
        toLower (head parts) + concatMapStrings toSentenceCase (tail parts)
    );

  /**
    A string with the context of another.
  */
  addContextFrom = src: target: substring 0 0 src + target;

  /**
    Parts of a string between separators.

    # Examples

    ```nix
    splitString "." "foo.bar.baz"
    => [ "foo" "bar" "baz" ]
    ```
  */
  splitString =
    sep: s:
    let
      parts = filter isString (split (escapeRegex (toString sep)) (toString s));
    in
    # `split` drops the context.
    map (addContextFrom s) parts;

  /**
    Split a string between those adjacent characters for which a predicate holds.

    # Inputs

    `predicate`
    : Function of the previous and the current character.

    `keepSplit`
    : Whether the current character stays, as the start of the next part.

    `str`
    : The string.
  */
  splitStringBy =
    predicate: keepSplit: str:
    let
      n = stringLength str;
      charAt = i: substring i 1 str;
      cuts = filter (i: predicate (if i == 0 then "" else charAt (i - 1)) (charAt i)) (genList (i: i) n);
      starts = [ 0 ] ++ map (i: if keepSplit then i else i + 1) cuts;
      ends = cuts ++ [ n ];
    in
    if n == 0 then
      [ "" ]
    else
      lib.zipListsWith (start: end: substring start (end - start) str) starts ends;

  /**
    The string without a prefix; the string itself where it has none.
  */
  removePrefix =
    prefix: str:
    noPath "removePrefix" prefix (
      let
        n = stringLength prefix;
      in
      if substring 0 n str == prefix then substring n (-1) str else str
    );

  /**
    The string without a suffix; the string itself where it has none.
  */
  removeSuffix =
    suffix: str:
    noPath "removeSuffix" suffix (
      let
        n = stringLength suffix;
        len = stringLength str;
      in
      if n <= len && suffix == substring (len - n) n str then substring 0 (len - n) str else str
    );

  /**
    Replace every occurrence of one string by another.
  */
  replaceString = from: to: replaceStrings [ from ] [ to ];

  /**
    True if the first version is older than the second.

    # Examples

    ```nix
    versionOlder "1.1" "1.2"
    => true
    ```
  */
  versionOlder = v1: v2: compareVersions v2 v1 == 1;

  /**
    True if the first version is the second or newer.
  */
  versionAtLeast = v1: v2: !versionOlder v1 v2;

  /**
    Name of a package without its version.
  */
  getName = x: if isString x then (parseDrvName x).name else x.pname or (parseDrvName x.name).name;

  /**
    Version of a package.
  */
  getVersion =
    x: if isString x then (parseDrvName x).version else x.version or (parseDrvName x.name).version;

  /**
    Name of what a URL points at, up to the last separator.

    # Examples

    ```nix
    nameFromURL "https://example.org/tool-1.2.tar.gz" "-"
    => "tool"
    ```
  */
  nameFromURL =
    url: sep:
    let
      filename = lib.last (splitString "/" url);
      name = head (splitString sep filename);
    in
    assert name != filename;
    name;

  /**
    A definition for CMake: `-Dfeature:TYPE=value`.
  */
  cmakeOptionType =
    let
      types = [
        "BOOL"
        "FILEPATH"
        "PATH"
        "STRING"
        "INTERNAL"
        "LIST"
      ];
    in
    type: feature: value:
    assert elem (toUpper type) types;
    assert isString feature;
    assert isString value;
    "-D${feature}:${toUpper type}=${value}";

  cmakeBool =
    condition: flag:
    assert isString condition;
    assert builtins.isBool flag;
    cmakeOptionType "bool" condition (toUpper (lib.boolToString flag));

  cmakeFeature =
    feature: value:
    assert isString feature;
    assert isString value;
    cmakeOptionType "string" feature value;

  /**
    An option for Meson: `-Dfeature=value`.
  */
  mesonOption =
    feature: value:
    assert isString feature;
    assert isString value;
    "-D${feature}=${value}";

  mesonBool =
    condition: flag:
    assert isString condition;
    assert builtins.isBool flag;
    mesonOption condition (lib.boolToString flag);

  mesonEnable =
    feature: flag:
    assert isString feature;
    assert builtins.isBool flag;
    mesonOption feature (if flag then "enabled" else "disabled");

  /**
    `--enable-feature` or `--disable-feature`.
  */
  enableFeature =
    flag: feature:
    assert builtins.isBool flag;
    assert isString feature;
    "--${if flag then "enable" else "disable"}-${feature}";

  enableFeatureAs =
    flag: feature: value:
    enableFeature flag feature + optionalString flag "=${value}";

  /**
    `--with-feature` or `--without-feature`.
  */
  withFeature =
    flag: feature:
    assert isString feature;
    "--${if flag then "with" else "without"}-${feature}";

  withFeatureAs =
    flag: feature: value:
    withFeature flag feature + optionalString flag "=${value}";

  /**
    Fill a string up on the left to a width; an error where it is longer.

    # Examples

    ```nix
    fixedWidthString 5 "0" (toString 15)
    => "00015"
    ```
  */
  fixedWidthString =
    width: filler: str:
    let
      n = stringLength str;
      fill = stringLength filler;
    in
    assert lib.assertMsg (n <= width)
      "fixedWidthString: requested string length (${toString width}) must not be shorter than actual length (${toString n})";
    if n == width then str else filler + fixedWidthString (width - fill) filler str;

  /**
    A number with zeros on the left up to a width.
  */
  fixedWidthNumber = width: n: fixedWidthString width "0" (toString n);

  /**
    Text of a float; warns where digits are lost.
  */
  floatToString =
    float:
    let
      result = toString float;
      precise = float == builtins.fromJSON result;
    in
    lib.warnIf (!precise) "Imprecise conversion from float to string ${result}" result;

  /**
    True if string interpolation accepts a value.
  */
  isStringLike = x: isString x || isPath x || x ? outPath || x ? __toString;

  /**
    True if `toString` accepts a value.
  */
  isConvertibleWithToString =
    let
      plain = [
        "null"
        "int"
        "float"
        "bool"
      ];
    in
    x: isStringLike x || elem (typeOf x) plain || (isList x && builtins.all isConvertibleWithToString x);

  isCoercibleToString = isConvertibleWithToString;

  /**
    True if a value is a path directly in the store.
  */
  isStorePath =
    x:
    isStringLike x
    && (
      let
        str = toString x;
      in
      substring 0 1 str == "/"
      && (
        # dirOf drops one component; content-addressed names are the other form of a store path.
        dirOf str == storeDir
        || match "/[0-9a-z]{52}" (unsafeDiscardStringContext str) != null
      )
    );

  /**
    Integer of decimal digits; leading zeros are refused as ambiguous.

    # Examples

    ```nix
    toInt "1337"
    => 1337
    ```
  */
  toInt =
    str:
    let
      digits = match "[[:space:]]*(-?[[:digit:]]+)[[:space:]]*" str;
      zeros = match "[[:space:]]*-?0[[:digit:]]+[[:space:]]*" str != null;
    in
    if digits == null then
      throw "toInt: Could not convert ${escapeNixString str} to int."
    else if zeros then
      throw "toInt: Ambiguity in interpretation of ${escapeNixString str} between octal and zero padded integer."
    else
      parseInt "toInt" str (head digits);

  /**
    Integer of decimal digits, leading zeros allowed.
  */
  toIntBase10 =
    str:
    let
      found = match "[[:space:]]*(-?)0*([[:digit:]]+)[[:space:]]*" str;
    in
    if found == null then
      throw "toIntBase10: Could not convert ${escapeNixString str} to int."
    else
      parseInt "toIntBase10" str (head found + elemAt found 1);

  parseInt =
    function: str: digits:
    let
      n = builtins.fromJSON digits;
    in
    # Beyond 64 bits the JSON reader gives a float.
    if isInt n then n else throw "${function}: Could not convert ${escapeNixString str} to int.";

  /**
    Content of a file without the line end at its end.
  */
  fileContents = file: removeSuffix "\n" (readFile file);

  /**
    A string that can be the name of a derivation.
  */
  sanitizeDerivationName =
    string:
    let
      str = toString string;
      good = match "[[:alnum:]+_?=-][[:alnum:]+._?=-]*" str != null && stringLength str <= 207;
      cleaned = concatMapStrings (s: if isList s then "-" else s) (
        split "[^[:alnum:]+._?=-]+" (head (match "\\.*(.*)" (unsafeDiscardStringContext str)))
      );
      n = stringLength cleaned;
      # The length a store path name can have, less ".drv".
      shortened = substring (lib.max (n - 207) 0) (-1) cleaned;
    in
    if good then
      unsafeDiscardStringContext str
    else if shortened == "" then
      "unknown"
    else
      shortened;

  /**
    Levenshtein distance of two strings: single-character edits between them.
  */
  levenshtein =
    a: b:
    let
      la = stringLength a;
      lb = stringLength b;
      bs = genList (j: substring j 1 b) lb;
      # One row of the edit table at a time; each row is a list built by a strict fold.
      step =
        row: i:
        let
          ca = substring i 1 a;
        in
        (foldl'
          (
            acc: j:
            let
              left = acc.last;
              up = elemAt row (j + 1);
              diagonal = elemAt row j;
              cost = if ca == elemAt bs j then diagonal else 1 + lib.min left (lib.min up diagonal);
            in
            builtins.seq cost {
              last = cost;
              list = acc.list ++ [ cost ];
            }
          )
          {
            last = i + 1;
            list = [ (i + 1) ];
          }
          (genList (j: j) lb)
        ).list;
    in
    elemAt (foldl' step (genList (j: j) (lb + 1)) (genList (i: i) la)) lb;

  /**
    Length of the longest common start of two strings.
  */
  commonPrefixLength =
    a: b:
    let
      n = lib.min (stringLength a) (stringLength b);
      go =
        i:
        if i >= n || substring i 1 a != substring i 1 b then
          i
        else
          go (i + 1);
    in
    go 0;

  /**
    Length of the longest common end of two strings.
  */
  commonSuffixLength =
    a: b:
    let
      la = stringLength a;
      lb = stringLength b;
      n = lib.min la lb;
      go =
        i:
        if i >= n || substring (la - i - 1) 1 a != substring (lb - i - 1) 1 b then
          i
        else
          go (i + 1);
    in
    go 0;

  /**
    True if the Levenshtein distance of two strings is at most `k`.
  */
  levenshteinAtMost =
    k: a: b:
    let
      difference = stringLength a - stringLength b;
      distance = if difference < 0 then -difference else difference;
      prefix = commonPrefixLength a b;
      a' = substring prefix (-1) a;
      b' = substring prefix (-1) b;
      suffix = commonSuffixLength a' b';
      cut = s: substring 0 (stringLength s - suffix) s;
    in
    # What the strings share at both ends costs nothing, and often leaves little to compare.
    if distance > k then
      false
    else if k == 0 then
      a == b
    else
      levenshtein (cut a') (cut b') <= k;
}

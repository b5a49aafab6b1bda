# Values of the language as texts in the formats of configuration files.
#
# A generator takes a set of settings first and the value second, so a format of one's own is a partial
# application.
{ lib }:

let
  inherit (builtins)
    attrNames
    concatLists
    concatStringsSep
    isAttrs
    isBool
    isFloat
    isFunction
    isInt
    isList
    isPath
    isString
    length
    map
    mapAttrs
    match
    replaceStrings
    split
    toString
    typeOf
    ;
  inherit (lib)
    concatMapStringsSep
    escape
    filter
    flatten
    last
    mapAttrsToList
    ;
in
rec {
  /**
    Default text of a plain value: strings as they are, `true` and `false` for booleans.

    # Examples

    ```nix
    mkValueStringDefault { } true
    => "true"
    ```
  */
  mkValueStringDefault =
    { }:
    v:
    let
      err = t: v: abort ("generators.mkValueStringDefault: " + "${t} not supported: ${toPretty { } v}");
    in
    if isInt v then
      toString v
    else if lib.isDerivation v then
      toString v
    else if isString v then
      v
    else if v == true then
      "true"
    else if v == false then
      "false"
    else if v == null then
      "null"
    else if isList v then
      err "lists" v
    else if isAttrs v then
      err "attrsets" v
    else if isFunction v then
      err "functions" v
    else if isFloat v then
      lib.strings.floatToString v
    else
      err "this value is" (toString v);

  /**
    One line `key<sep>value`.

    # Inputs

    `mkValueString`
    : Text of a value.

    `sep`
    : What stands between; it is escaped in the key.
  */
  mkKeyValueDefault =
    {
      mkValueString ? mkValueStringDefault { },
    }:
    sep: k: v:
    "${escape [ sep ] k}${sep}${mkValueString v}";

  /**
    Lines `key=value` of a set.

    # Inputs

    `mkKeyValue`
    : Makes a line.

    `listsAsDuplicateKeys`
    : Whether a list becomes one line for each element.

    `indent`
    : What stands before each line.
  */
  toKeyValue =
    {
      mkKeyValue ? mkKeyValueDefault { } "=",
      listsAsDuplicateKeys ? false,
      indent ? "",
    }:
    let
      mkLine = k: v: indent + mkKeyValue k v + "\n";
      mkLines =
        if listsAsDuplicateKeys then
          k: v: map (mkLine k) (if isList v then v else [ v ])
        else
          k: v: [ (mkLine k v) ];
    in
    attrs: lib.concatStrings (concatLists (mapAttrsToList mkLines attrs));

  /**
    An INI file of a set of sections.

    # Examples

    ```nix
    toINI { } { foo = { hi = "you"; }; }
    => "[foo]\nhi=you\n"
    ```
  */
  toINI =
    {
      mkSectionName ? (name: escape [ "[" "]" ] name),
      mkKeyValue ? mkKeyValueDefault { } "=",
      listsAsDuplicateKeys ? false,
    }:
    attrsOfAttrs:
    concatStringsSep "\n" (
      mapAttrsToList (
        name: values:
        "[${mkSectionName name}]\n" + toKeyValue { inherit mkKeyValue listsAsDuplicateKeys; } values
      ) attrsOfAttrs
    );

  /**
    As `toINI`, of `{ globalSection; sections; }`, with keys before the first section.
  */
  toINIWithGlobalSection =
    {
      mkSectionName ? (name: escape [ "[" "]" ] name),
      mkKeyValue ? mkKeyValueDefault { } "=",
      listsAsDuplicateKeys ? false,
    }:
    {
      globalSection,
      sections ? { },
    }:
    (
      if globalSection == { } then
        ""
      else
        toKeyValue { inherit mkKeyValue listsAsDuplicateKeys; } globalSection + "\n"
    )
    + toINI { inherit mkSectionName mkKeyValue listsAsDuplicateKeys; } sections;

  /**
    A git configuration; nested sets become `[section "subsection"]`.
  */
  toGitINI =
    attrs:
    let
      mkSectionName =
        name:
        let
          containsQuote = lib.hasInfix ''"'' name;
          sections = lib.splitString "." name;
          section = lib.head sections;
          subsection = concatStringsSep "." (lib.tail sections);
        in
        if containsQuote || subsection == "" then name else ''${section} "${subsection}"'';

      mkValueString =
        v:
        let
          escaped = ''"${
            replaceStrings
              [
                "\n"
                "\t"
                ''"''
                "\\"
              ]
              [
                "\\n"
                "\\t"
                ''\"''
                "\\\\"
              ]
              v
          }"'';
        in
        mkValueStringDefault { } (if isString v then escaped else v);

      mkKeyValue = k: v: concatStringsSep "\n" (map (mkKeyValueDefault { inherit mkValueString; } " = " ("\t" + k)) (lib.toList v));

      # Leaves of the tree as sections: all but the last name of the path, joined by dots.
      flat =
        let
          go =
            path: value:
            if isAttrs value && !lib.isDerivation value then
              lib.concatMap (name: go (path ++ [ name ]) value.${name}) (attrNames value)
            else if length path > 1 then
              [ { ${concatStringsSep "." (lib.init path)}.${last path} = value; } ]
            else
              [ { ${lib.head path} = value; } ];
        in
        lib.foldl lib.recursiveUpdate { } (go [ ] attrs);
    in
    toINI { inherit mkKeyValue mkSectionName; } flat;

  /**
    Key and value as GVariant texts, for dconf.
  */
  mkDconfKeyValue = mkKeyValueDefault { mkValueString = v: toString (lib.gvariant.mkValue v); } "=";

  toDconfINI = toINI { mkKeyValue = mkDconfKeyValue; };

  /**
    Limit how deep a value is evaluated; beyond it the value is an error or `<unevaluated>`.
  */
  withRecursion =
    {
      depthLimit,
      throwOnDepthLimit ? true,
    }:
    assert isInt depthLimit;
    let
      special = [
        "__functor"
        "__functionArgs"
        "__toString"
        "__pretty"
      ];
      tooDeep =
        if throwOnDepthLimit then
          throw "Exceeded maximum eval-depth limit of ${toString depthLimit} while trying to evaluate with `generators.withRecursion'!"
        else
          "<unevaluated>";
      # Functions under these names stay functions, or what uses the value would fail otherwise.
      inner =
        depth: v:
        if isAttrs v && !lib.isDerivation v then
          mapAttrs (name: value: if builtins.elem name special then value else cut (depth + 1) value) v
        else if isList v then
          map (cut (depth + 1)) v
        else if depth + 1 > depthLimit then
          tooDeep
        else
          v;
      cut = depth: v: if depth > depthLimit then tooDeep else inner depth v;
    in
    inner 0;

  /**
    A value as an expression of the language, for people to read.

    # Inputs

    `multiline`
    : Whether lists and sets take several lines.

    `indent`
    : What stands before each line but the first.

    `allowPrettyValues`
    : Whether `{ __pretty; val; }` is shown by its own function.

    # Type

    ```
    toPretty :: { multiline :: bool ? true; indent :: string ? ""; allowPrettyValues :: bool ? false; } -> any -> string
    ```
  */
  toPretty =
    {
      allowPrettyValues ? false,
      multiline ? true,
      indent ? "",
    }:
    let
      go =
        indent: v:
        let
          introSpace = if multiline then "\n${indent}  " else " ";
          outroSpace = if multiline then "\n${indent}" else " ";
        in
        if isInt v then
          toString v
        else if isFloat v then
          builtins.toJSON v
        else if isString v then
          let
            lines = filter isString (split "\n" v);
            escapeSingleline = escape [
              "\\"
              "\""
              "\${"
            ];
            escapeMultiline = replaceStrings [ "\${" "''" ] [ "''\${" "'''" ];
            singlelineResult = "\"" + concatMapStringsSep "\\n" escapeSingleline lines + "\"";
            multilineResult =
              let
                escapedLines = map escapeMultiline lines;
                # The last line is empty where the text ends in a line end; it would otherwise get indentation.
                lastLine = last escapedLines;
              in
              "''"
              + introSpace
              + concatStringsSep introSpace (lib.init escapedLines)
              + (if lastLine == "" then outroSpace else introSpace + lastLine)
              + "''";
          in
          if multiline && length lines > 1 then multilineResult else singlelineResult
        else if true == v then
          "true"
        else if false == v then
          "false"
        else if null == v then
          "null"
        else if isPath v then
          toString v
        else if isList v then
          if v == [ ] then
            "[ ]"
          else
            "[" + introSpace + concatMapStringsSep introSpace (go (indent + "  ")) v + outroSpace + "]"
        else if lib.isFunction v then
          let
            fna = lib.functionArgs v;
            showArgs = concatStringsSep ", " (mapAttrsToList (name: opt: if opt then name + "?" else name) fna);
          in
          if fna == { } then "<function>" else "<function, args: {${showArgs}}>"
        else if isAttrs v then
          if allowPrettyValues && v ? __pretty && v ? val then
            v.__pretty v.val
          else if v == { } then
            "{ }"
          else if v ? type && v.type == "derivation" then
            "<derivation ${v.name or "???"}>"
          else
            "{"
            + introSpace
            + concatStringsSep introSpace (
              mapAttrsToList (
                name: value:
                "${lib.strings.escapeNixIdentifier name} = ${
                  builtins.addErrorContext "while evaluating an attribute `${name}`" (go (indent + "  ") value)
                };"
              ) v
            )
            + outroSpace
            + "}"
        else
          abort "generators.toPretty: should never happen (v = ${v})";
    in
    go indent;

  /**
    JSON.
  */
  toJSON = { }: lib.strings.toJSON;

  /**
    YAML; JSON is a subset of it.
  */
  toYAML = toJSON;

  /**
    A property list in XML.
  */
  toPlist =
    {
      escape ? true,
    }:
    v:
    let
      text = if escape then lib.escapeXML else x: x;
      literal = ind: x: ind + x;
      expr =
        ind: x:
        if x == null then
          ""
        else if isBool x then
          literal ind (if x then "<true/>" else "<false/>")
        else if isInt x then
          literal ind "<integer>${toString x}</integer>"
        else if isString x then
          literal ind "<string>${text x}</string>"
        else if isPath x then
          literal ind "<string>${text (toString x)}</string>"
        else if isFloat x then
          literal ind "<real>${toString x}</real>"
        else if isList x then
          concatStringsSep "\n" [
            (literal ind "<array>")
            (concatMapStringsSep "\n" (expr ("\t" + ind)) x)
            (literal ind "</array>")
          ]
        else if isAttrs x then
          concatStringsSep "\n" [
            (literal ind "<dict>")
            (concatStringsSep "\n" (
              flatten (
                mapAttrsToList (
                  name: value:
                  lib.optionals (value != null) [
                    (literal ("\t" + ind) "<key>${text name}</key>")
                    (expr ("\t" + ind) value)
                  ]
                ) x
              )
            ))
            (literal ind "</dict>")
          ]
        else
          abort "generators.toPlist: ${typeOf x} not supported: ${toPretty { } x}";
    in
    ''
      <?xml version="1.0" encoding="UTF-8"?>
      <!DOCTYPE plist PUBLIC "-//Apple Computer//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
      <plist version="1.0">
      ${expr "" v}
      </plist>'';

  /**
    An expression of Dhall; sets are records.
  */
  toDhall =
    { }@args:
    v:
    let
      concatItems = concatStringsSep ", ";
    in
    if isAttrs v then
      "{ ${concatItems (mapAttrsToList (k: value: "${k} = ${toDhall args value}") v)} }"
    else if isList v then
      "[ ${concatItems (map (toDhall args) v)} ]"
    else if isInt v then
      "${if v < 0 then "" else "+"}${toString v}"
    else if isBool v then
      if v then "True" else "False"
    else if isFunction v then
      abort "generators.toDhall: cannot convert a function to Dhall"
    else if v == null then
      abort "generators.toDhall: cannot convert a null to Dhall"
    else
      toJSON { } v;

  /**
    An expression of Lua.

    # Inputs

    `multiline`
    : Whether tables take several lines.

    `indent`
    : What stands before each line but the first.

    `asBindings`
    : Whether a set becomes assignments instead of a table.
  */
  toLua =
    {
      multiline ? true,
      indent ? "",
      asBindings ? false,
    }@args:
    v:
    let
      innerIndent = "${indent}  ";
      introSpace = if multiline then "\n${innerIndent}" else " ";
      outroSpace = if multiline then "\n${indent}" else " ";
      innerArgs = args // {
        indent = if asBindings then indent else innerIndent;
        asBindings = false;
      };
      concatItems = concatStringsSep ",${introSpace}";
      isLuaInline = { _type ? null, ... }: _type == "lua-inline";
      bindings = lib.concatStrings (
        mapAttrsToList (
          key: value:
          if match "[a-zA-Z_][a-zA-Z0-9_]*(\\.[a-zA-Z_][a-zA-Z0-9_]*)*" key == null then
            throw "attribute ${toJSON { } key} is not a valid Lua binding name"
          else
            "${indent}${key} = ${toLua innerArgs value}\n"
        ) v
      );
    in
    if asBindings then
      bindings
    else if v == null then
      "nil"
    else if isInt v || isFloat v || isString v || isBool v then
      toJSON { } v
    else if isPath v || lib.isDerivation v then
      toJSON { } "${v}"
    else if isList v then
      if v == [ ] then
        "{}"
      else
        "{${introSpace}${concatItems (map (toLua innerArgs) v)}${outroSpace}}"
    else if isAttrs v then
      if isLuaInline v then
        "(${v.expr})"
      else if v == { } then
        "{}"
      else
        "{${introSpace}${
          concatItems (mapAttrsToList (key: value: "[${toJSON { } key}] = ${toLua innerArgs value}") v)
        }${outroSpace}}"
    else
      abort "generators.toLua: type ${typeOf v} is unsupported";

  /**
    Text that `toLua` takes as an expression.
  */
  mkLuaInline = expr: {
    _type = "lua-inline";
    inherit expr;
  };
}

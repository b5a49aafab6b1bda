# Declaring options, merging their definitions, and listing them for documentation.
{ lib }:

let
  inherit (lib)
    all
    collect
    concatLists
    concatMap
    concatMapStringsSep
    concatStringsSep
    filter
    head
    isAttrs
    isBool
    isDerivation
    isFunction
    isInt
    isList
    isString
    length
    mapAttrs
    optional
    optionalAttrs
    optionals
    tail
    take
    toList
    ;
  inherit (lib.attrsets) attrByPath;
  inherit (lib.lists) last;
  inherit (lib.types) mkOptionType;
in
rec {
  /**
    True for declared options.
  */
  isOption = lib.isType "option";

  /**
    Declare an option.

    # Inputs

    `default`
    : Value where there is no definition.

    `defaultText`
    : How the documentation shows the default.

    `example`
    : A value, for the documentation.

    `description`
    : What the option does, in Markdown.

    `type`
    : One of `lib.types`; checks and merges definitions.

    `apply`
    : Function of the merged value to the one that `config` shows.

    `internal`, `visible`
    : Whether the documentation shows the option.

    `readOnly`
    : Whether there may be but one definition.
  */
  mkOption =
    {
      default ? null,
      defaultText ? null,
      example ? null,
      description ? null,
      relatedPackages ? null,
      type ? null,
      apply ? null,
      internal ? null,
      visible ? null,
      readOnly ? null,
    }@attrs:
    attrs // { _type = "option"; };

  /**
    Declare a boolean option, false by default, that turns something on.

    # Examples

    ```nix
    mkEnableOption "the web server"
    => option with the description "Whether to enable the web server."
    ```
  */
  mkEnableOption =
    name:
    mkOption {
      default = false;
      example = true;
      description = "Whether to enable ${name}.";
      type = lib.types.bool;
    };

  /**
    Declare an option for the package that a module uses.

    # Inputs

    `pkgs`
    : The packages.

    `name`
    : Name of the package, or its path of names, in `pkgs`; also for the description.

    `options`
    : `nullable`, `default` (path of names, or `null` for none), `example`, `extraDescription`, `pkgsText`.
  */
  mkPackageOption =
    pkgs: name:
    {
      nullable ? false,
      default ? name,
      example ? null,
      extraDescription ? "",
      pkgsText ? "pkgs",
    }:
    let
      name' = if isList name then last name else name;
      default' = toList default;
      defaultText = concatMapStringsSep "." lib.strings.escapeNixIdentifier default';
      defaultValue = attrByPath default' (throw "${concatStringsSep "." default'} cannot be found in ${pkgsText}") pkgs;
      defaults =
        if default != null then
          {
            default = defaultValue;
            defaultText = literalExpression "${pkgsText}.${defaultText}";
          }
        else
          optionalAttrs nullable { default = null; };
    in
    mkOption (
      defaults
      // {
        description = "The ${name'} package to use." + (if extraDescription == "" then "" else " ") + extraDescription;
        type = with lib.types; (if nullable then nullOr else lib.id) package;
      }
      // optionalAttrs (example != null) {
        example = literalExpression (
          if isList example then "${pkgsText}.${concatMapStringsSep "." lib.strings.escapeNixIdentifier example}" else example
        );
      }
    );

  /**
    An option that takes any definitions and shows nothing: for `_module.args`-like places.
  */
  mkSinkUndeclaredOptions =
    attrs:
    mkOption (
      {
        internal = true;
        visible = false;
        default = false;
        description = "Sink for option definitions.";
        type = mkOptionType {
          name = "sink";
          check = x: true;
          merge = loc: defs: false;
        };
        apply = x: throw "Option value is not readable because the option is not declared.";
      }
      // attrs
    );

  /**
    Merge by the kind of the values: lists join, sets join, booleans are or-ed.
  */
  mergeDefaultOption =
    loc: defs:
    let
      list = getValues defs;
    in
    if length list == 1 then
      head list
    else if all isFunction list then
      x: mergeDefaultOption loc (map (f: f x) list)
    else if all isList list then
      concatLists list
    else if all isAttrs list then
      lib.foldl' lib.mergeAttrs { } list
    else if all isBool list then
      lib.foldl' lib.or false list
    else if all isString list then
      lib.concatStrings list
    else if all isInt list && all (x: x == head list) list then
      head list
    else
      throw "Cannot merge definitions of `${showOption loc}'. Definition values:${showDefs defs}";

  /**
    The only definition; an error where there are several.
  */
  mergeOneOption = mergeUniqueOption { message = ""; };

  /**
    The only definition; the message is added to the error where there are several.
  */
  mergeUniqueOption =
    args@{
      message,
      merge ? null,
    }:
    loc: defs:
    if length defs == 1 then
      if merge == null then (head defs).value else merge loc defs
    else
      assert length defs > 1;
      throw "The option `${showOption loc}' is defined multiple times while it's expected to be unique.\n${message}\nDefinition values:${showDefs defs}\n${prioritySuggestion}";

  /**
    The definitions' common value; an error where they differ.
  */
  mergeEqualOption =
    loc: defs:
    if defs == [ ] then
      abort "This case should never happen."
    else if length defs == 1 then
      (head defs).value
    else
      (lib.foldl' (
        first: def:
        if def.value != first.value then
          throw "The option `${showOption loc}' has conflicting definition values:${
            showDefs [
              first
              def
            ]
          }\n${prioritySuggestion}"
        else
          first
      ) (head defs) (tail defs)).value;

  prioritySuggestion = "Use `lib.mkForce value` or `lib.mkDefault value` to change the priority on any of these definitions.";

  /**
    Values of a list of definitions.
  */
  getValues = map (x: x.value);

  /**
    Files of a list of definitions.
  */
  getFiles = map (x: x.file);

  /**
    A list that describes all options of a tree, each with its sub-options, for documentation.
  */
  optionAttrSetToDocList = optionAttrSetToDocList' [ ];

  optionAttrSetToDocList' =
    _: options:
    concatMap (
      opt:
      let
        name = showOption opt.loc;
        docOption = {
          loc = opt.loc;
          inherit name;
          description = opt.description or null;
          declarations = filter (x: x != unknownModule) opt.declarations;
          internal = opt.internal or false;
          visible =
            let
              v = opt.visible or true;
            in
            if isBool v then v else v == "shallow";
          readOnly = opt.readOnly or false;
          type = opt.type.description or "unspecified";
        }
        // optionalAttrs (opt ? example) {
          example = builtins.addErrorContext "while evaluating the example of option `${name}`" (
            renderOptionValue opt.example
          );
        }
        // optionalAttrs (opt ? defaultText || opt ? default) {
          default = builtins.addErrorContext "while evaluating the ${
            if opt ? defaultText then "defaultText" else "default value"
          } of option `${name}`" (renderOptionValue (opt.defaultText or opt.default));
        }
        # A submodule's empty value is documented by its options.
        //
          optionalAttrs
            (
              !(opt ? defaultText || opt ? default)
              && opt.type.emptyValue or { } ? value
              && opt.type.getSubModules or null == null
            )
            {
              default = renderOptionValue opt.type.emptyValue.value;
            }
        // optionalAttrs (opt ? relatedPackages && opt.relatedPackages != null) {
          inherit (opt) relatedPackages;
        };

        subOptions =
          let
            ss = opt.type.getSubOptions opt.loc;
          in
          if ss != { } then optionAttrSetToDocList' opt.loc ss else [ ];
        visibility = opt.visible or true;
        # "shallow" hides what is below, "transparent" the option itself.
        subOptionsVisible =
          if builtins.isString visibility then visibility == "transparent" else visibility;
      in
      # Sub-options are shown where the option itself is.
      [ docOption ] ++ optionals subOptionsVisible subOptions
    ) (collect isOption options);

  /**
    A value with its derivations and functions replaced by texts that stand for them.
  */
  scrubOptionValue =
    x:
    if isDerivation x then
      {
        type = "derivation";
        drvPath = x.name;
        outPath = x.name;
        name = x.name;
      }
    else if isList x then
      map scrubOptionValue x
    else if isAttrs x then
      mapAttrs (n: v: scrubOptionValue v) (removeAttrs x [ "_args" ])
    else
      x;

  /**
    A value as `literalExpression`, unless it is such a text already.
  */
  renderOptionValue =
    v:
    if v ? _type && v ? text then
      v
    else
      literalExpression (
        lib.generators.toPretty {
          multiline = true;
          allowPrettyValues = true;
        } v
      );

  /**
    Text that the documentation shows as an expression.
  */
  literalExpression =
    text:
    if !isString text then
      throw "literalExpression expects a string."
    else
      {
        _type = "literalExpression";
        inherit text;
      };

  literalCode =
    languageTag: text:
    lib.warn "literalCode is deprecated, use literalMD with a code block instead" (literalMD ''
      ```${languageTag}
      ${text}
      ```
    '');

  /**
    Text that the documentation shows as Markdown.
  */
  literalMD =
    text:
    if !isString text then
      throw "literalMD expects a string."
    else
      {
        _type = "literalMD";
        inherit text;
      };

  /**
    Path of an option as it is written in a configuration.

    # Examples

    ```nix
    showOption [ "foo" "bar baz" "tux" ]
    => "foo.\"bar baz\".tux"
    ```
  */
  showOption =
    parts:
    let
      # The names that types give to their elements stay unquoted.
      isPlaceholder = part: part == "*" || builtins.match "<[^<>]*>" part != null;
      escapeOptionPart =
        part: if isPlaceholder part then part else lib.strings.escapeNixIdentifier part;
    in
    concatStringsSep "." (map escapeOptionPart parts);

  /**
    Quoted files, joined by "and".
  */
  showFiles = files: concatStringsSep " and " (map (f: "`${f}'") files);

  /**
    Definitions as lines with file and value, for error messages.
  */
  showDefs =
    defs:
    lib.concatMapStrings (
      def:
      let
        prettyEval = builtins.tryEval (
          lib.generators.toPretty { } (
            lib.generators.withRecursion {
              depthLimit = 10;
              throwOnDepthLimit = false;
            } def.value
          )
        );
        lines = lib.splitString "\n" prettyEval.value;
        value =
          if prettyEval.success then
            # A long value is cut after five lines.
            concatStringsSep "\n    " (take 5 lines ++ optional (length lines > 5) "...")
          else
            "";
        result = if prettyEval.success && value != "" then ": ${value}" else "";
        place =
          if def ? pos && def.pos != null then
            "${def.file}:${toString def.pos.line}:${toString def.pos.column}"
          else
            def.file;
      in
      "\n- In `${place}'${result}"
    ) defs;

  /**
    The files of an option's definitions with their lines, for people to read.
  */
  showOptionWithDefLocs = opt: ''
    ${showOption opt.loc}, with values defined in:
    ${concatMapStringsSep "\n" (defFile: "  - ${defFile}") opt.files}
  '';

  unknownModule = "<unknown-file>";
}

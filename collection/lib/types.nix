# Types of options: what a definition may be, and how several become one value.
#
# A type is a set with `check` (is this value one?), `merge` (path of the option and definitions
# `{ file; value; }` to the value), `description` for people, and what is needed to join two declarations of
# one option (`typeMerge`, `functor`) and to document nested options (`getSubOptions`).
{ lib }:

let
  inherit (builtins)
    all
    attrNames
    concatLists
    concatMap
    concatStringsSep
    elem
    filter
    foldl'
    head
    isAttrs
    isBool
    isFloat
    isInt
    isList
    isString
    length
    map
    mapAttrs
    match
    toString
    typeOf
    zipAttrsWith
    ;
  inherit (lib)
    boolToString
    concatMapStringsSep
    functionArgs
    imap1
    isDerivation
    isFunction
    isStorePath
    isStringLike
    last
    setFunctionArgs
    showOption
    ;
  inherit (lib.modules) mergeDefinitions mkOptionDefault setDefaultModuleLocation;
  inherit (lib.options)
    getValues
    mergeDefaultOption
    mergeEqualOption
    mergeOneOption
    mergeUniqueOption
    ;

  # Definitions of an attribute set option by attribute, each with its file.
  byName =
    defs: f:
    zipAttrsWith f (
      map (
        def:
        mapAttrs (_: value: {
          inherit (def) file;
          inherit value;
        }) def.value
      ) defs
    );
in
rec {
  /**
    True for sets with the given `_type`.
  */
  isType = type: x: (x._type or "") == type;

  /**
    Mark a set with a `_type`.
  */
  setType = typeName: value: value // { _type = typeName; };

  isOptionType = isType "option-type";

  /**
    What a type without parameters is joined by: its name alone.
  */
  defaultFunctor = name: {
    inherit name;
    type = lib.types.${name} or null;
    wrapped = null;
    payload = null;
    binOp = a: b: null;
  };

  /**
    Join two types by their functors; `null` where they do not fit.
  */
  defaultTypeMerge =
    f: f':
    let
      mergedWrapped = f.wrapped.typeMerge f'.wrapped.functor;
      mergedPayload = f.binOp f.payload f'.payload;
    in
    if f.name != f'.name then
      null
    else if f.payload != null || f'.payload != null then
      if f.payload == null || f'.payload == null || mergedPayload == null then
        null
      else
        f.type mergedPayload
    else if f.wrapped != null || f'.wrapped != null then
      if f.wrapped == null || f'.wrapped == null || mergedWrapped == null then
        null
      else
        f.type mergedWrapped
    else
      f.type;

  /**
    Join two types; a `merge-error` where they do not fit.
  */
  mergeTypes =
    t1: t2:
    assert isOptionType t1 && isOptionType t2;
    let
      merged = t1.typeMerge t2.functor;
    in
    if merged == null then setType "merge-error" { error = "Cannot merge types"; } else merged;

  /**
    Make a type.

    # Inputs

    `name`
    : Name for the program.

    `description`
    : Noun phrase for people.

    `descriptionClass`
    : `noun`, `conjunction`, `composite` or `nonRestrictiveClause`: when the phrase needs parentheses.

    `check`
    : True for values of the type; looks no deeper than it must.

    `merge`
    : Path and definitions to the value.

    `emptyValue`
    : `{ value; }` of an option without definitions, or `{ }`.
  */
  mkOptionType =
    {
      name,
      description ? null,
      descriptionClass ? null,
      deprecationMessage ? null,
      check ? (x: true),
      merge ? mergeDefaultOption,
      emptyValue ? { },
      getSubOptions ? prefix: { },
      getSubModules ? null,
      substSubModules ? m: null,
      typeMerge ? defaultTypeMerge functor,
      functor ? defaultFunctor name,
      nestedTypes ? { },
      ...
    }@args:
    {
      _type = "option-type";
      description = if description == null then name else description;
      inherit
        name
        descriptionClass
        deprecationMessage
        check
        merge
        emptyValue
        getSubOptions
        getSubModules
        substSubModules
        typeMerge
        functor
        nestedTypes
        ;
    }
    // (if args ? describeError then { inherit (args) describeError; } else { });

  /**
    Description of a type within another's, in parentheses where its kind is not one of those that need none.
  */
  optionDescriptionPhrase =
    unparenthesize: t:
    if unparenthesize (t.descriptionClass or null) then t.description else "(${t.description})";

  raw = mkOptionType {
    name = "raw";
    description = "raw value";
    descriptionClass = "noun";
    merge = mergeOneOption;
  };

  unspecified = mkOptionType {
    name = "unspecified";
    description = "unspecified value";
    descriptionClass = "noun";
  };

  /**
    Anything; sets are joined by attribute, equal values are accepted, functions are joined by result.
  */
  anything = mkOptionType {
    name = "anything";
    description = "anything";
    descriptionClass = "noun";
    check = _: true;
    merge =
      loc: defs:
      let
        kindOf =
          value: if isAttrs value && isStringLike value then "stringCoercibleSet" else typeOf value;
        commonKind =
          let
            first = kindOf (head defs).value;
          in
          foldl' (
            kind: def:
            if kindOf def.value == kind then
              kind
            else
              throw "The option `${showOption loc}' has conflicting option types in ${lib.showFiles (lib.options.getFiles defs)}"
          ) first defs;
        merges = {
          set = (attrsOf anything).merge;
          list = if length defs == 1 then mergeOneOption else mergeConflicting;
          stringCoercibleSet = mergeOneOption;
          lambda =
            loc: defs: arg:
            anything.merge (loc ++ [ "<function body>" ]) (
              map (def: {
                inherit (def) file;
                value = def.value arg;
              }) defs
            );
        };
        mergeConflicting = mergeEqualOption;
      in
      (merges.${commonKind} or mergeEqualOption) loc defs;
  };

  bool = mkOptionType {
    name = "bool";
    description = "boolean";
    descriptionClass = "noun";
    check = isBool;
    merge = mergeEqualOption;
  };

  boolByOr = mkOptionType {
    name = "boolByOr";
    description = "boolean (merged using or)";
    descriptionClass = "noun";
    check = isBool;
    merge = loc: defs: foldl' (acc: def: acc || def.value) false defs;
  };

  int = mkOptionType {
    name = "int";
    description = "signed integer";
    descriptionClass = "noun";
    check = isInt;
    merge = mergeEqualOption;
  };

  /**
    Integers within bounds.
  */
  ints =
    let
      between =
        lowest: highest:
        assert lib.assertMsg (lowest <= highest) "ints.between: lowest must be smaller than highest";
        addCheck int (x: x >= lowest && x <= highest)
        // {
          name = "intBetween";
          description = "integer between ${toString lowest} and ${toString highest} (both inclusive)";
        };
      named =
        lowest: highest: name: description:
        between lowest highest
        // {
          inherit name;
          description = "${description}; between ${toString lowest} and ${toString highest} (both inclusive)";
        };
      unsignedOf = bits: highest: named 0 highest "unsignedInt${toString bits}" "${toString bits} bit unsigned integer";
      signedOf =
        bits: highest:
        named (-highest - 1) highest "signedInt${toString bits}" "${toString bits} bit signed integer";
    in
    {
      inherit between;
      unsigned = addCheck int (x: x >= 0) // {
        name = "unsignedInt";
        description = "unsigned integer, meaning >=0";
        descriptionClass = "nonRestrictiveClause";
      };
      positive = addCheck int (x: x > 0) // {
        name = "positiveInt";
        description = "positive integer, meaning >0";
        descriptionClass = "nonRestrictiveClause";
      };
      u8 = unsignedOf 8 255;
      u16 = unsignedOf 16 65535;
      u32 = unsignedOf 32 4294967295;
      s8 = signedOf 8 127;
      s16 = signedOf 16 32767;
      s32 = signedOf 32 2147483647;
    };

  port = ints.u16;

  float = mkOptionType {
    name = "float";
    description = "floating point number";
    descriptionClass = "noun";
    check = isFloat;
    merge = mergeEqualOption;
  };

  number = either int float;

  /**
    Numbers within bounds.
  */
  numbers = {
    between =
      lowest: highest:
      assert lib.assertMsg (lowest <= highest) "numbers.between: lowest must be smaller than highest";
      addCheck number (x: x >= lowest && x <= highest)
      // {
        name = "numberBetween";
        description = "integer or floating point number between ${builtins.toJSON lowest} and ${builtins.toJSON highest} (both inclusive)";
      };
    nonnegative = addCheck number (x: x >= 0) // {
      name = "numberNonnegative";
      description = "nonnegative integer or floating point number, meaning >=0";
      descriptionClass = "nonRestrictiveClause";
    };
    positive = addCheck number (x: x > 0) // {
      name = "numberPositive";
      description = "positive integer or floating point number, meaning >0";
      descriptionClass = "nonRestrictiveClause";
    };
  };

  str = mkOptionType {
    name = "str";
    description = "string";
    descriptionClass = "noun";
    check = isString;
    merge = mergeEqualOption;
  };

  nonEmptyStr = mkOptionType {
    name = "nonEmptyStr";
    description = "non-empty string";
    descriptionClass = "noun";
    check = x: isString x && match "[ \t\n]*" x == null;
    inherit (str) merge;
  };

  # A line end at the end is dropped, so that the content of a file can be given.
  singleLineStr =
    let
      inherit (strMatching "[^\n\r]*\n?") check merge;
    in
    mkOptionType {
      name = "singleLineStr";
      description = "(optionally newline-terminated) single-line string";
      descriptionClass = "noun";
      inherit check;
      merge = loc: defs: lib.removeSuffix "\n" (merge loc defs);
    };

  strMatching =
    pattern:
    mkOptionType {
      name = "strMatching ${lib.strings.escapeNixString pattern}";
      description = "string matching the pattern ${pattern}";
      descriptionClass = "noun";
      check = x: isString x && match pattern x != null;
      inherit (str) merge;
      functor = defaultFunctor "strMatching" // {
        type = payload: strMatching payload.pattern;
        payload = { inherit pattern; };
        binOp = lhs: rhs: if lhs == rhs then lhs else null;
      };
    };

  /**
    Strings whose definitions are joined with a separator.
  */
  separatedString =
    sep:
    mkOptionType {
      name = "separatedString";
      description = "strings concatenated with ${builtins.toJSON sep}";
      descriptionClass = "noun";
      check = isString;
      merge = loc: defs: concatStringsSep sep (getValues defs);
      functor = defaultFunctor "separatedString" // {
        type = payload: separatedString payload.sep;
        payload = { inherit sep; };
        binOp = lhs: rhs: if lhs.sep == rhs.sep then { inherit (lhs) sep; } else null;
      };
    };

  lines = separatedString "\n";
  commas = separatedString ",";
  envVar = separatedString ":";

  # One field of a line of /etc/passwd.
  passwdEntry =
    entryType:
    addCheck entryType (s: !lib.hasInfix ":" s && !lib.hasInfix "\n" s)
    // {
      name = "passwdEntry ${entryType.name}";
      description = "${
        optionDescriptionPhrase (class: class == "noun") entryType
      }, not containing newlines or colons";
      descriptionClass = "nonRestrictiveClause";
    };

  attrs = mkOptionType {
    name = "attrs";
    description = "attribute set";
    check = isAttrs;
    merge = loc: defs: foldl' (res: def: res // def.value) { } defs;
    emptyValue.value = { };
  };

  /**
    A derivation, or a store path, which becomes one.
  */
  package = mkOptionType {
    name = "package";
    descriptionClass = "noun";
    check = x: isDerivation x || isStorePath x;
    merge =
      loc: defs:
      let
        res = mergeOneOption loc defs;
      in
      if builtins.isPath res || (isString res && !builtins.hasContext res) then
        lib.toDerivation res
      else
        res;
  };

  shellPackage = package // {
    check = x: isDerivation x && x ? shellPath;
  };

  pkgs =
    addCheck
      (
        unique { message = "Two package sets cannot be joined: use overlays."; } attrs
        // {
          name = "pkgs";
          descriptionClass = "noun";
          description = "Nixpkgs package set";
        }
      )
      (x: x._type or null == "pkgs");

  path = pathWith { absolute = true; };

  pathInStore = pathWith { inStore = true; };

  externalPath = pathWith {
    absolute = true;
    inStore = false;
  };

  /**
    Paths, restricted to those in or out of the store, or absolute ones.
  */
  pathWith =
    {
      inStore ? null,
      absolute ? null,
    }:
    lib.throwIf (inStore != null && absolute != null && inStore && !absolute)
      "In pathWith, inStore means the path must be absolute"
      mkOptionType
      {
        name = "path";
        description =
          (if absolute == null then "" else (if absolute then "absolute " else "relative "))
          + "path"
          + (if inStore == null then "" else (if inStore then " in the Nix store" else " not in the Nix store"));
        descriptionClass = "noun";
        check =
          let
            isInStore = x: match "${lib.escapeRegex builtins.storeDir}/[^.].*" (toString x) != null;
            isAbsolute = x: builtins.substring 0 1 (toString x) == "/";
            # A path value is shown by its own name, though a copy of it in the store is what gets used.
            isExpectedType = x: if inStore == null || inStore then isStringLike x else isString x;
          in
          x:
          isExpectedType x
          && (inStore == null || isInStore x == inStore)
          && (absolute == null || isAbsolute x == absolute);
        merge = mergeEqualOption;
        functor = defaultFunctor "path" // {
          type = pathWith;
          payload = { inherit inStore absolute; };
          binOp = lhs: rhs: if lhs == rhs then lhs else null;
        };
      };

  listOf =
    elemType:
    mkOptionType {
      name = "listOf";
      description = "list of ${optionDescriptionPhrase (class: class == "noun" || class == "composite") elemType}";
      descriptionClass = "composite";
      check = isList;
      merge =
        loc: defs:
        let
          element =
            n: m: file: value:
            (mergeDefinitions
              (
                loc
                ++ [ "[definition ${toString n}-entry ${toString m}]" ]
              )
              elemType
              [
                {
                  inherit file value;
                }
              ]
            ).optionalValue;
        in
        map (x: x.value) (
          filter (x: x ? value) (
            concatLists (imap1 (n: def: imap1 (m: element n m def.file) def.value) defs)
          )
        );
      emptyValue.value = [ ];
      getSubOptions = prefix: elemType.getSubOptions (prefix ++ [ "*" ]);
      getSubModules = elemType.getSubModules;
      substSubModules = m: listOf (elemType.substSubModules m);
      functor = elementFunctor "listOf" listOf elemType;
      nestedTypes.elemType = elemType;
    };

  # Functor of a type with one element type.
  elementFunctor =
    name: make: elemType:
    defaultFunctor name
    // {
      type = payload: make payload.elemType;
      payload = { inherit elemType; };
      wrapped = elemType;
      binOp =
        a: b:
        let
          merged = a.elemType.typeMerge b.elemType.functor;
        in
        if merged == null then null else { elemType = merged; };
    };

  nonEmptyListOf =
    elemType:
    let
      list = addCheck (listOf elemType) (l: l != [ ]);
    in
    list
    // {
      description = "non-empty ${optionDescriptionPhrase (class: class == "noun") list}";
      emptyValue = { };
      substSubModules = m: nonEmptyListOf (elemType.substSubModules m);
    };

  /**
    Sets of values of one type. All definitions are looked at before the names are known, so a value that
    `mkIf false` removes is not there.
  */
  attrsOf = elemType: attrsWith { inherit elemType; };

  /**
    As `attrsOf`, but names are known before values: an attribute may refer to another, and one that
    `mkIf false` removes is there but an error.
  */
  lazyAttrsOf =
    elemType:
    attrsWith {
      inherit elemType;
      lazy = true;
    };

  attrsWith =
    {
      elemType,
      lazy ? false,
      placeholder ? "name",
    }:
    mkOptionType {
      name = if lazy then "lazyAttrsOf" else "attrsOf";
      description = "${if lazy then "lazy " else ""}attribute set of ${
        optionDescriptionPhrase (class: class == "noun" || class == "composite") elemType
      }";
      descriptionClass = "composite";
      check = isAttrs;
      merge =
        if lazy then
          loc: defs:
          byName defs (
            name: defs:
            let
              merged = mergeDefinitions (loc ++ [ name ]) elemType defs;
            in
            # `isDefined` of a missing value falls back to the type's empty value.
            merged.optionalValue.value or elemType.emptyValue.value or merged.mergedValue
          )
        else
          loc: defs:
          mapAttrs (_: v: v.value) (
            lib.filterAttrs (_: v: v ? value) (
              byName defs (name: defs: (mergeDefinitions (loc ++ [ name ]) elemType defs).optionalValue)
            )
          );
      emptyValue.value = { };
      getSubOptions = prefix: elemType.getSubOptions (prefix ++ [ "<${placeholder}>" ]);
      getSubModules = elemType.getSubModules;
      substSubModules =
        m:
        attrsWith {
          elemType = elemType.substSubModules m;
          inherit lazy placeholder;
        };
      functor = defaultFunctor "attrsWith" // {
        type = attrsWith;
        payload = { inherit elemType lazy placeholder; };
        wrapped = elemType;
        binOp =
          a: b:
          let
            merged = a.elemType.typeMerge b.elemType.functor;
            # "name" is what nobody chose.
            chosen =
              if a.placeholder == "name" then
                b.placeholder
              else if b.placeholder == "name" || a.placeholder == b.placeholder then
                a.placeholder
              else
                null;
          in
          if merged == null || a.lazy != b.lazy || chosen == null then
            null
          else
            {
              elemType = merged;
              inherit (a) lazy;
              placeholder = chosen;
            };
      };
      nestedTypes.elemType = elemType;
    };

  loaOf =
    elemType:
    attrsOf elemType
    // {
      name = "loaOf";
      deprecationMessage = "Mixing lists with attribute values is no longer possible; please use `types.attrsOf` instead.";
      nestedTypes.elemType = elemType;
    };

  /**
    One of several named alternatives, each with its own option: `{ tag = value; }`.
  */
  attrTag =
    tags:
    let
      tags' = mapAttrs (
        name: opt:
        if lib.isOption opt then
          opt
        else
          throw "In attrTag, each tag value must be an option, but tag ${name} ${
            if opt._type or null == "option-type" then
              "was a bare type, not wrapped in mkOption."
            else if opt ? _type then
              "was of type ${lib.strings.escapeNixString opt._type}."
            else
              "was not."
          }"
      ) tags;
      choices = concatMapStringsSep ", " lib.strings.escapeNixIdentifier (attrNames tags);
    in
    mkOptionType {
      name = "attrTag";
      description = "attribute-tagged union with choices: ${choices}";
      descriptionClass = "noun";
      getSubOptions =
        prefix:
        mapAttrs (
          name: opt:
          let
            pos = builtins.unsafeGetAttrPos name tags;
          in
          {
            declarations = if pos == null then [ ] else [ pos.file ];
            declarationPositions = if pos == null then [ ] else [ pos ];
          }
          // opt
          // {
            loc = prefix ++ [ name ];
          }
        ) tags';
      check = v: isAttrs v && length (attrNames v) == 1 && tags' ? ${head (attrNames v)};
      merge =
        loc: defs:
        let
          choice = head (attrNames (head defs).value);
          checked = concatMap (
            def:
            if def.value ? ${choice} then
              [
                {
                  inherit (def) file;
                  value = def.value.${choice};
                }
              ]
            else
              throw "The option `${showOption loc}` is defined both as `${choice}` and `${head (attrNames def.value)}`, in ${lib.showFiles (lib.options.getFiles defs)}."
          ) defs;
          opt = tags'.${choice};
        in
        {
          ${choice} =
            (lib.modules.evalOptionValue (loc ++ [ choice ]) (
              {
                declarations = [ ];
                type = unspecified;
              }
              // opt
            ) checked).value;
        };
      nestedTypes = mapAttrs (_: opt: opt.type or unspecified) tags';
      functor = defaultFunctor "attrTag" // {
        type = { tags, ... }: attrTag tags;
        payload = { inherit tags; };
        binOp =
          a: b:
          let
            common = builtins.intersectAttrs a.tags b.tags;
          in
          {
            tags =
              a.tags
              // b.tags
              // mapAttrs (
                name: _:
                lib.modules.mergeOptionDecls
                  # No path is known here; the tag's name is what can be shown.
                  [ name ]
                  (
                    map
                      (
                        tags:
                        let
                          pos = builtins.unsafeGetAttrPos name tags;
                        in
                        {
                          options = tags.${name};
                          _file = if pos == null then "<attrTag {...}>" else pos.file;
                          inherit pos;
                        }
                      )
                      [
                        a.tags
                        b.tags
                      ]
                  )
              ) common;
          };
      };
    };

  /**
    A value that may be defined once; the message tells why.
  */
  unique =
    { message }:
    type:
    mkOptionType {
      name = "unique";
      inherit (type) description descriptionClass check;
      merge = mergeUniqueOption {
        inherit message;
        inherit (type) merge;
      };
      emptyValue = type.emptyValue;
      getSubOptions = type.getSubOptions;
      getSubModules = type.getSubModules;
      substSubModules = m: unique { inherit message; } (type.substSubModules m);
      functor = elementFunctor "unique" (unique { inherit message; }) type;
      nestedTypes.elemType = type;
    };

  uniq = unique { message = ""; };

  nullOr =
    elemType:
    mkOptionType {
      name = "nullOr";
      description = "null or ${
        optionDescriptionPhrase (class: class == "noun" || class == "conjunction") elemType
      }";
      descriptionClass = "conjunction";
      check = x: x == null || elemType.check x;
      merge =
        loc: defs:
        let
          nulls = lib.count (def: def.value == null) defs;
        in
        if nulls == length defs then
          null
        else if nulls != 0 then
          throw "The option `${showOption loc}` is defined both null and not null, in ${lib.showFiles (lib.options.getFiles defs)}."
        else
          (mergeDefinitions loc elemType defs).mergedValue;
      emptyValue.value = null;
      getSubOptions = elemType.getSubOptions;
      getSubModules = elemType.getSubModules;
      substSubModules = m: nullOr (elemType.substSubModules m);
      functor = elementFunctor "nullOr" nullOr elemType;
      nestedTypes.elemType = elemType;
    };

  /**
    Functions; the option is a function whose results are merged.
  */
  functionTo =
    elemType:
    mkOptionType {
      name = "functionTo";
      description = "function that evaluates to a(n) ${
        optionDescriptionPhrase (class: class == "noun" || class == "composite") elemType
      }";
      descriptionClass = "composite";
      check = isFunction;
      merge =
        loc: defs:
        setFunctionArgs (
          arg:
          (mergeDefinitions (loc ++ [ "<function body>" ]) elemType (
            map (fn: {
              inherit (fn) file;
              value = fn.value arg;
            }) defs
          )).mergedValue
        ) (
          # An argument is optional only where it is so for all.
          zipAttrsWith (_: all (x: x)) (map (fn: functionArgs fn.value) defs)
        );
      getSubOptions = prefix: elemType.getSubOptions (prefix ++ [ "<function body>" ]);
      getSubModules = elemType.getSubModules;
      substSubModules = m: functionTo (elemType.substSubModules m);
      functor = elementFunctor "functionTo" functionTo elemType;
      nestedTypes.elemType = elemType;
    };

  submodule =
    modules:
    submoduleWith {
      shorthandOnlyDefinesConfig = true;
      modules = lib.toList modules;
    };

  noCheckForDocsModule = {
    # Documentation lists options without any definitions.
    _file = "<built-in module that disables checks for the purpose of documentation generation>";
    config._module.check = lib.mkForce false;
  };

  /**
    Sets that are evaluated as configurations of their own.

    # Inputs

    `modules`
    : Modules of the submodule.

    `specialArgs`
    : Arguments of modules that may be used in `imports`.

    `shorthandOnlyDefinesConfig`
    : Whether a definition that is a set is `config` as a whole, so that it may have attributes such as
      `config` or `options`.
  */
  submoduleWith =
    {
      modules,
      specialArgs ? { },
      shorthandOnlyDefinesConfig ? false,
      description ? null,
      class ? null,
    }@attrs:
    let
      asModule =
        def:
        if shorthandOnlyDefinesConfig && isAttrs def.value then
          {
            _file = def.file;
            config = def.value;
          }
        else
          setDefaultModuleLocation def.file def.value;

      base = lib.evalModules {
        inherit class specialArgs;
        modules = [
          {
            # The name is given where the submodule is used.
            _module.args.name = mkOptionDefault "‹name›";
          }
        ]
        ++ modules;
      };
      inherit (base._module) freeformType;
    in
    mkOptionType {
      name = "submodule";
      description =
        if description != null then
          description
        else if freeformType != null then
          "open submodule of ${
            optionDescriptionPhrase (class: class == "noun" || class == "composite") freeformType
          }"
        else
          "submodule";
      check = x: isAttrs x || isFunction x || path.check x;
      merge =
        loc: defs:
        (base.extendModules {
          modules = [ { _module.args.name = last loc; } ] ++ map asModule defs;
          prefix = loc;
        }).config;
      # Without definitions the defaults of the submodule stand.
      emptyValue.value = base.config;
      getSubOptions =
        prefix:
        let
          docs = (base.extendModules {
            inherit prefix;
            modules = [ noCheckForDocsModule ];
          }).options;
          # The arguments of every submodule would be documented again and again.
          shown = removeAttrs docs [ "_module" ];
        in
        shown
        // (if freeformType == null then { } else { _freeformOptions = freeformType.getSubOptions prefix; });
      getSubModules = modules;
      substSubModules = m: submoduleWith (attrs // { modules = m; });
      nestedTypes = if freeformType == null then { } else { inherit freeformType; };
      functor = defaultFunctor "submodule" // {
        type = submoduleWith;
        payload = {
          inherit
            modules
            class
            specialArgs
            shorthandOnlyDefinesConfig
            description
            ;
        };
        binOp =
          lhs: rhs:
          let
            one =
              what: a: b:
              if a == b || b == null then
                a
              else if a == null then
                b
              else
                throw "A submoduleWith option is declared multiple times with conflicting ${what} values ${
                  lib.generators.toPretty { } a
                } and ${lib.generators.toPretty { } b}.";
            commonArgs = builtins.intersectAttrs lhs.specialArgs rhs.specialArgs;
          in
          {
            class =
              if lhs.class == null then
                rhs.class
              else if rhs.class == null || lhs.class == rhs.class then
                lhs.class
              else
                throw "A submoduleWith option is declared multiple times with conflicting class values \"${toString lhs.class}\" and \"${toString rhs.class}\".";
            modules = lhs.modules ++ rhs.modules;
            specialArgs =
              if commonArgs == { } then
                lhs.specialArgs // rhs.specialArgs
              else
                throw "A submoduleWith option is declared multiple times with the same specialArgs \"${toString (attrNames commonArgs)}\"";
            shorthandOnlyDefinesConfig =
              if lhs.shorthandOnlyDefinesConfig == null then
                rhs.shorthandOnlyDefinesConfig
              else if
                rhs.shorthandOnlyDefinesConfig == null
                || lhs.shorthandOnlyDefinesConfig == rhs.shorthandOnlyDefinesConfig
              then
                lhs.shorthandOnlyDefinesConfig
              else
                throw "A submoduleWith option is declared multiple times with conflicting shorthandOnlyDefinesConfig values";
            description = one "description" lhs.description rhs.description;
          };
      };
    };

  deferredModule = deferredModuleWith { };

  /**
    A module that is kept as such, to be evaluated elsewhere.
  */
  deferredModuleWith =
    attrs@{
      staticModules ? [ ],
    }:
    mkOptionType {
      name = "deferredModule";
      description = "module";
      descriptionClass = "noun";
      check = x: isAttrs x || isFunction x || path.check x;
      merge = loc: defs: {
        imports =
          staticModules
          ++ map (
            def: setDefaultModuleLocation "${def.file}, via option ${showOption loc}" def.value
          ) defs;
      };
      inherit (submoduleWith { modules = staticModules; }) getSubOptions getSubModules;
      substSubModules = m: deferredModuleWith (attrs // { staticModules = m; });
      functor = defaultFunctor "deferredModuleWith" // {
        type = deferredModuleWith;
        payload = { inherit staticModules; };
        binOp = lhs: rhs: { staticModules = lhs.staticModules ++ rhs.staticModules; };
      };
    };

  optionType = mkOptionType {
    name = "optionType";
    description = "optionType";
    descriptionClass = "noun";
    check = value: value._type or null == "option-type";
    merge =
      loc: defs:
      if length defs == 1 then
        (head defs).value
      else
        let
          # Types are joined as declarations of one option are.
          asOption = map (
            { value, file }:
            {
              _file = file;
              options = lib.mkOption { type = value; };
            }
          ) defs;
          merged = lib.modules.fixupOptionType loc (lib.modules.mergeOptionDecls loc asOption);
        in
        merged.type;
  };

  optionDeclaration = mkOptionType {
    name = "optionDeclaration";
    description = "option declaration";
    descriptionClass = "noun";
    # An evaluated option has a path; a declaration has none.
    check = x: lib.isOption x && !(x ? loc);
    merge = mergeOneOption;
  };

  /**
    One of a list of values.
  */
  enum =
    values:
    let
      show =
        v:
        if isString v then
          ''"${v}"''
        else if isInt v then
          toString v
        else if isBool v then
          boolToString v
        else
          ''<${typeOf v}>'';
    in
    mkOptionType {
      name = "enum";
      description =
        if values == [ ] then
          "impossible (empty enum)"
        else if length values == 1 then
          "value ${show (head values)} (singular enum)"
        else
          "one of ${concatMapStringsSep ", " show values}";
      descriptionClass = if length values < 2 then "noun" else "conjunction";
      check = x: elem x values;
      merge = mergeEqualOption;
      functor = defaultFunctor "enum" // {
        type = payload: enum payload.values;
        payload = { inherit values; };
        binOp = a: b: { values = lib.lists.unique (a.values ++ b.values); };
      };
    };

  either =
    t1: t2:
    mkOptionType {
      name = "either";
      description =
        if t1.descriptionClass or null == "nonRestrictiveClause" then
          # A clause after a comma is closed by another.
          "${t1.description}, or ${optionDescriptionPhrase (class: class == "noun" || class == "conjunction") t2}"
        else
          "${optionDescriptionPhrase (class: class == "noun" || class == "conjunction") t1} or ${
            optionDescriptionPhrase (class: class == "noun" || class == "conjunction" || class == "composite") t2
          }";
      descriptionClass = "conjunction";
      check = x: t1.check x || t2.check x;
      merge =
        loc: defs:
        let
          values = map (def: def.value) defs;
        in
        if all t1.check values then
          t1.merge loc defs
        else if all t2.check values then
          t2.merge loc defs
        else if all (v: t1.check v || t2.check v) values then
          mergeOneOption loc defs
        else
          # Reached where a type above does not check; older configurations rely on getting the value.
          lib.warn "One or more definitions did not pass the type-check of the 'either' type of option `${showOption loc}'." (
            mergeOneOption loc defs
          );
      typeMerge =
        f':
        let
          mt1 = t1.typeMerge (builtins.elemAt f'.payload.elemType 0).functor;
          mt2 = t2.typeMerge (builtins.elemAt f'.payload.elemType 1).functor;
        in
        if f'.name == "either" && mt1 != null && mt2 != null then either mt1 mt2 else null;
      functor = defaultFunctor "either" // {
        type = null;
        payload.elemType = [
          t1
          t2
        ];
      };
      nestedTypes.left = t1;
      nestedTypes.right = t2;
    };

  oneOf =
    ts:
    if ts == [ ] then
      throw "types.oneOf needs to get at least one type in its argument"
    else
      foldl' either (head ts) (builtins.tail ts);

  /**
    Values of one type, and values of another that a function makes into such.

    # Inputs

    `coercedType`
    : Type of what is made into the other.

    `coerceFunc`
    : The function.

    `finalType`
    : Type of the result.
  */
  coercedTo =
    coercedType: coerceFunc: finalType:
    assert lib.assertMsg (
      coercedType.getSubModules == null
    ) "coercedTo: coercedType must not have submodules (it’s a ${coercedType.description})";
    mkOptionType {
      name = "coercedTo";
      description = "${optionDescriptionPhrase (class: class == "noun") finalType} or ${
        optionDescriptionPhrase (class: class == "noun") coercedType
      } convertible to it";
      check = x: (coercedType.check x && finalType.check (coerceFunc x)) || finalType.check x;
      merge =
        loc: defs:
        finalType.merge loc (
          map (
            def:
            def
            // {
              value = if coercedType.check def.value then coerceFunc def.value else def.value;
            }
          ) defs
        );
      emptyValue = finalType.emptyValue;
      getSubOptions = finalType.getSubOptions;
      getSubModules = finalType.getSubModules;
      substSubModules = m: coercedTo coercedType coerceFunc (finalType.substSubModules m);
      typeMerge = t: null;
      functor = defaultFunctor "coercedTo" // {
        wrapped = finalType;
      };
      nestedTypes.coercedType = coercedType;
      nestedTypes.finalType = finalType;
    };

  /**
    A type with a further condition.
  */
  addCheck = elemType: check: elemType // { check = x: elemType.check x && check x; };

  /**
    Sets of files; definitions are joined.
  */
  fileset = mkOptionType {
    name = "fileset";
    description = "fileset";
    descriptionClass = "noun";
    check = lib.fileset.isFileset;
    merge = loc: defs: lib.fileset.unions (getValues defs);
    emptyValue.value = lib.fileset.empty;
  };

  luaInline = mkOptionType {
    name = "luaInline";
    description = "inline lua";
    descriptionClass = "noun";
    check = x: x._type or null == "lua-inline";
    merge = mergeEqualOption;
  };

  /**
    Values that a configuration format can hold.

    # Inputs

    `typeName`
    : Name of the format.

    `nullable`
    : Whether `null` is a value.
  */
  serializableValueWith =
    {
      typeName,
      nullable ? true,
    }:
    let
      baseType = oneOf [
        bool
        int
        float
        str
        path
        (attrsOf valueType)
        (listOf valueType)
      ];
      valueType = (if nullable then nullOr baseType else baseType) // {
        description = "${typeName} value";
      };
    in
    valueType;

  json = serializableValueWith { typeName = "JSON"; };

  toml = serializableValueWith {
    typeName = "TOML";
    nullable = false;
  };
}

# The module system: options declared in many files, defined in many files, merged by type and priority.
#
# How an evaluation goes: the modules are loaded and their imports followed (`collectModules`), then the
# tree of option declarations is walked once (`mergeModules`). At each option the definitions of all modules
# meet; conditions, priorities and orders are taken off them (`mergeDefinitions`) and the option's type
# checks and merges what is left. Everything is lazy: an option that nobody reads is never merged.
{ lib }:

let
  inherit (builtins)
    addErrorContext
    all
    any
    attrNames
    concatLists
    concatMap
    concatStringsSep
    elem
    filter
    foldl'
    genericClosure
    head
    isAttrs
    isFunction
    isList
    isString
    length
    mapAttrs
    removeAttrs
    sort
    tail
    toString
    typeOf
    zipAttrsWith
    ;
  inherit (lib)
    imap1
    init
    isOption
    last
    mkOption
    optional
    optionalString
    recursiveUpdate
    reverseList
    setAttrByPath
    showFiles
    showOption
    types
    warn
    ;
  inherit (lib.options) showDefs unknownModule;

  # Quoted as error messages show options: `a.b'.
  quote = loc: "`${showOption loc}'";

  thisFile = "lib/modules.nix";

  # What a value that is not a module most likely was meant to be.
  notAModule =
    {
      fallbackFile,
      value,
      type,
    }:
    "Expected a module, but found a value of type ${builtins.toJSON type}${
      optionalString (fallbackFile != unknownModule) ", while trying to load a module into ${toString fallbackFile}"
    }.${
      {
        option = ''

          Did you put an option declaration where a module is expected? Options belong below `options'.'';
        configuration = ''

          This is a whole evaluated configuration. Modules can't be taken from it again: please only import the modules that make up the configuration, and not the result of evaluating them.'';
        flake = ''

          A flake is not a module. Name one of the modules it offers, such as `inputs.<name>.nixosModules.default'.'';
      }
      .${type} or ""
    }";

  # A module of any form as { _file, _class, key, disabledModules, imports, options, config }.
  unifyModuleSyntax =
    file: key: m:
    if !isAttrs m then
      throw "module ${toString file} (${toString key}) does not look like a module."
    else
      let
        addMeta =
          config:
          if m ? meta then
            mkMerge [
              config
              { inherit (m) meta; }
            ]
          else
            config;
        addFreeform =
          config:
          if m ? freeformType then
            mkMerge [
              config
              { _module.freeformType = m.freeformType; }
            ]
          else
            config;
        common = {
          _file = toString (m._file or file);
          _class = m._class or null;
          key = toString (m.key or key);
          disabledModules = m.disabledModules or [ ];
        };
      in
      if m ? config || m ? options then
        let
          bad = removeAttrs m [
            "_class"
            "_file"
            "key"
            "disabledModules"
            "imports"
            "options"
            "config"
            "meta"
            "freeformType"
          ];
        in
        if bad != { } then
          throw "Module `${toString key}' has an unsupported attribute `${head (attrNames bad)}'. A module with `config' or `options' has all its definitions in `config': move ${toString (attrNames bad)} there, or leave `config' and `options' out."
        else
          common
          // {
            imports = m.imports or [ ];
            options = m.options or { };
            config = addFreeform (addMeta (m.config or { }));
          }
      else
        common
        // {
          imports = m.require or [ ] ++ m.imports or [ ];
          options = { };
          config = addFreeform (
            removeAttrs m [
              "_class"
              "_file"
              "key"
              "disabledModules"
              "require"
              "imports"
              "freeformType"
            ]
          );
        };

  # Arguments of a module that the caller does not give are options of their own (`_module.args`), so they
  # are looked up where they are used.
  applyModuleArgs =
    key: f: args@{ config, ... }:
    let
      context = name: "while evaluating the module argument `${name}' in \"${toString key}\":";
      named = mapAttrs (
        name: _:
        addErrorContext (context name) (
          args.${name} or (addErrorContext
            "noting that argument `${name}` is not externally provided, so querying `_module.args` instead, requiring `config`"
            config._module.args.${name}
          )
        )
      ) (lib.functionArgs f);
    in
    f (args // named);

  applyModuleArgsIfFunction =
    key: f: args:
    if lib.isFunction f then applyModuleArgs key f args else f;

  # Load one module: a function, a set, or a file of either.
  loadModule =
    args: fallbackFile: fallbackKey: m:
    if isFunction m then
      unifyModuleSyntax fallbackFile fallbackKey (applyModuleArgs fallbackKey m args)
    else if isAttrs m then
      if m._type or "module" == "module" then
        unifyModuleSyntax fallbackFile fallbackKey (applyModuleArgsIfFunction fallbackKey m args)
      else if m._type == "if" || m._type == "override" then
        loadModule args fallbackFile fallbackKey { config = m; }
      else
        throw (notAModule {
          inherit fallbackFile;
          value = m;
          type = m._type;
        })
    else if isList m then
      throw "Module imports can't be nested lists. Perhaps you meant to remove one level of lists? Definitions: ${
        showDefs [
          {
            file = fallbackFile;
            value = m;
          }
        ]
      }"
    else
      let
        name = toString m;
      in
      unifyModuleSyntax name name (applyModuleArgsIfFunction name (import m) args);

  # All modules of an evaluation, imports after what imports them, each key once, without disabled ones.
  collectModules =
    class: modulesPath: initialModules: args:
    let
      checkClass =
        m:
        if class != null && m._class != null && m._class != class then
          throw ''
            The module `${m._file}` (class: ${builtins.toJSON m._class}) cannot be imported into a module evaluation that expects class ${builtins.toJSON class}.

            Help: check whether the module comes from the set of modules that was meant, such as `nixosModules'.
          ''
        else
          m;

      load =
        parentFile: parentKey: modules:
        imap1 (
          n: x:
          let
            module = checkClass (loadModule args parentFile "${parentKey}:anon-${toString n}" x);
          in
          {
            inherit (module) key;
            inherit module;
            children = load module._file module.key module.imports;
          }
        ) modules;

      roots = load unknownModule "" initialModules;

      # disabledModules of every module that is reached, disabled ones too.
      disabledOf =
        nodes:
        concatMap (
          n:
          map (toKey n.module._file) n.module.disabledModules ++ disabledOf n.children
        ) nodes;

      toKey =
        file: m:
        if isString m then
          if builtins.substring 0 1 m == "/" then m else toString modulesPath + "/" + m
        else if isAttrs m && m ? outPath && !(m ? key) then
          toString m
        else if isAttrs m then
          if m ? key then
            if m ? outPath && toString m != toString m.key then
              throw "Module `${file}` contains a disabledModules item with two names: it is ${toString m} as a string, but its `key` is ${m.key}. Name the module to disable by one of them."
            else
              toString m.key
          else
            throw "Module `${file}` contains a disabledModules item that is an attribute set, presumably a module, that does not have a `key` attribute. Without one it cannot be told which module is meant. An item is a path, a string relative to modulesPath, or a set with a `key`."
        else if lib.strings.isConvertibleWithToString m then
          toString m
        else
          throw "One of the disabledModules in `${file}` is of type ${typeOf m}. An item is a path, a string relative to modulesPath, or a set with a `key`.";

      disabled = disabledOf roots;
      enabled = if disabled == [ ] then nodes: nodes else filter (n: !elem n.key disabled);
      reached = genericClosure {
        startSet = enabled roots;
        operator = n: enabled n.children;
      };
    in
    {
      modules = map (n: n.module) reached;
      graph = enabledGraph disabled roots;
    };

  # The import tree, for tools that show it.
  enabledGraph =
    disabled:
    map (n: {
      inherit (n) key;
      file = n.module._file;
      imports = enabledGraph disabled n.children;
      disabled = elem n.key disabled;
    });

  # `config` of a module as a list of plain sets, conditions and priorities moved into the attributes.
  pushDownProperties =
    asSet: cfg:
    if !(cfg ? _type) then
      [ (asSet cfg) ]
    else if cfg._type == "merge" then
      concatMap (pushDownProperties asSet) cfg.contents
    else if cfg._type == "if" then
      map (mapAttrs (_: mkIf cfg.condition)) (pushDownProperties asSet cfg.content)
    else if cfg._type == "override" then
      map (mapAttrs (_: mkOverride cfg.priority)) (pushDownProperties asSet cfg.content)
    else
      [ (asSet cfg) ];

  # A definition's values without conditions: those that hold.
  dischargeProperties =
    def:
    if !(isAttrs def && def ? _type) then
      [ def ]
    else if def._type == "merge" then
      concatMap dischargeProperties def.contents
    else if def._type == "if" then
      if builtins.isBool def.condition then
        if def.condition then dischargeProperties def.content else [ ]
      else
        throw "‘mkIf’ called with a non-Boolean condition"
    else
      [ def ];

  defaultOverridePriority = 100;
  defaultOrderPriority = 1000;

  # Definitions with the best (lowest) priority, and that priority.
  filterOverrides' =
    defs:
    let
      priorityOf =
        def: if isAttrs def.value && def.value._type or "" == "override" then def.value.priority else defaultOverridePriority;
      highestPrio = foldl' (prio: def: lib.min (priorityOf def) prio) 9999 defs;
      strip =
        def:
        if isAttrs def.value && def.value._type or "" == "override" then
          def // { value = def.value.content; }
        else
          def;
    in
    {
      values = concatMap (def: if priorityOf def == highestPrio then [ (strip def) ] else [ ]) defs;
      inherit highestPrio;
    };

  filterOverrides = defs: (filterOverrides' defs).values;

  # Definitions in the order that mkBefore, mkAfter and mkOrder ask for.
  sortProperties =
    defs:
    let
      strip =
        def:
        if isAttrs def.value && def.value._type or "" == "order" then
          def
          // {
            value = def.value.content;
            inherit (def.value) priority;
          }
        else
          def;
      order = def: def.priority or defaultOrderPriority;
    in
    sort (a: b: order a < order b) (map strip defs);

  hasOrder = def: isAttrs def.value && def.value._type or "" == "order";

  /**
    Take conditions, priorities and orders off definitions, check and merge them by a type.

    # Inputs

    `loc`
    : Path of the option, for messages.

    `type`
    : The type.

    `defs`
    : List of `{ file; value; }`.

    # Type

    ```
    mergeDefinitions :: [string] -> type -> [{ file; value; }] -> { mergedValue; isDefined; optionalValue; defsFinal; }
    ```
  */
  mergeDefinitions = loc: type: defs: rec {
    defsFinal' =
      let
        discharged = concatMap (
          m:
          map
            (
              value:
              if isAttrs value && value._type or "" == "definition" then
                value
              else
                {
                  inherit (m) file;
                  inherit value;
                }
            )
            (
              addErrorContext "while evaluating definitions from `${toString m.file}':" (
                dischargeProperties m.value
              )
            )
        ) defs;
        best = filterOverrides' discharged;
      in
      {
        values = if any hasOrder best.values then sortProperties best.values else best.values;
        inherit (best) highestPrio;
      };

    defsFinal = defsFinal'.values;

    isDefined = defsFinal != [ ];

    mergedValue =
      if isDefined then
        if all (def: type.check def.value) defsFinal then
          type.merge loc defsFinal
        else
          throw "A definition for option ${quote loc} is not of type `${type.description}'.${
            # A type that can say more about what is wrong does so.
            optionalString (type ? describeError) (type.describeError loc defsFinal)
          } Definition values:${showDefs (filter (def: !type.check def.value) defsFinal)}"
      else if type.emptyValue ? value then
        type.emptyValue.value
      else
        throw "The option ${quote loc} was accessed but has no value defined. Try setting the option.";

    optionalValue = if isDefined then { value = mergedValue; } else { };
  };

  # One option out of its declarations; types are merged where all can be.
  mergeOptionDecls =
    loc: opts:
    let
      first = head opts;
    in
    if tail opts == [ ] then
      declaration loc first
    else
      foldl'
        (
          acc: opt:
          let
            o = opt.options;
            conflict = throw "The option ${quote loc} in `${opt._file}' is already declared in ${showFiles acc.declarations}.";
            merged =
              if acc ? type && o ? type then
                acc.type.typeMerge o.type.functor
              else
                null;
            both =
              a:
              acc ? ${a} && o ? ${a} && !(a == "description" && acc.${a} == o.${a});
          in
          if
            both "default"
            || both "example"
            || both "description"
            || both "apply"
            || (acc ? type && o ? type && merged == null)
          then
            conflict
          else
            acc
            // o
            // {
              inherit loc;
              declarations = acc.declarations ++ [ opt._file ];
              declarationPositions = acc.declarationPositions ++ positionOf opt;
              options = subOptionsOf opt ++ acc.options;
            }
            // (
              if acc ? type && o ? type then
                { type = merged; }
              else
                { }
            )
        )
        {
          inherit loc;
          declarations = [ ];
          declarationPositions = [ ];
          options = [ ];
        }
        opts;

  declaration =
    loc: opt:
    opt.options
    // {
      inherit loc;
      declarations = [ opt._file ];
      declarationPositions = positionOf opt;
      options = subOptionsOf opt;
    };

  positionOf =
    opt:
    let
      pos = opt.pos or null;
    in
    [
      (
        if pos == null then
          {
            file = opt._file;
            line = null;
            column = null;
          }
        else
          pos
      )
    ];

  # Modules that a submodule type brings, marked with where they come from.
  subOptionsOf =
    opt:
    let
      t = opt.options.type or null;
    in
    if t != null && t.getSubModules or null != null then
      map (lib.modules.setDefaultModuleLocation opt._file) t.getSubModules
    else
      [ ];

  # The type of an option as it is used: options without one take anything.
  fixupOptionType =
    loc: opt:
    let
      type = opt.type or types.unspecified;
    in
    if type.getSubModules == null then
      opt // { inherit type; }
    else
      opt
      // {
        type = type.substSubModules opt.options;
        options = [ ];
      };

  # An option with its value.
  evalOptionValue =
    loc: opt: defs:
    let
      withDefault =
        (
          if opt ? default then
            [
              {
                file = head opt.declarations;
                value = mkOptionDefault opt.default;
              }
            ]
          else
            [ ]
        )
        ++ defs;
      res =
        if opt.readOnly or false && length withDefault > 1 then
          let
            # Shown apart, each with its own value.
            separate = map (
              def: def // { value = (mergeDefinitions loc opt.type [ def ]).mergedValue; }
            ) withDefault;
          in
          throw "The option ${quote loc} is read-only, but it's set multiple times. Definition values:${showDefs separate}"
        else
          mergeDefinitions loc opt.type withDefault;
      warnDeprecation =
        if opt.type.deprecationMessage or null == null then
          x: x
        else
          warn "The type `types.${opt.type.name}' of option ${quote loc} defined in ${showFiles opt.declarations} is deprecated. ${opt.type.deprecationMessage}";
      value = if opt ? apply then opt.apply res.mergedValue else res.mergedValue;
    in
    warnDeprecation opt
    // {
      value = addErrorContext "while evaluating the option ${quote loc}:" value;
      inherit (res.defsFinal') highestPrio;
      definitions = map (def: def.value) res.defsFinal;
      files = map (def: def.file) res.defsFinal;
      definitionsWithLocations = res.defsFinal;
      inherit (res) isDefined;
      __toString = _: showOption loc;
    };

  /**
    Merge the options and definitions of unified modules into trees of options.

    Returns `matchedOptions`, and `unmatchedDefns`: definitions of options that nobody declares, each with
    `file`, `value` and the path `prefix`.
  */
  mergeModules' =
    prefix: modules:
    mergeTree prefix
      (map (m: {
        inherit (m) _file options;
        pos = null;
      }) modules)
      (
        map (m: {
          file = m._file;
          inherit (m) config;
        }) modules
      );

  mergeModules =
    prefix: modules:
    let
      merged = mergeModules' prefix modules;
    in
    merged.matchedOptions;

  # decls: list of { _file, pos, options }; configs: list of { file, config }.
  mergeTree =
    prefix: decls: configs:
    let
      declsByName = zipAttrsWith (_: xs: xs) (
        map (
          m:
          if !isAttrs m.options then
            throw ''
              An option declaration for `${concatStringsSep "." prefix}' has type
              `${typeOf m.options}' rather than an attribute set.
              Did you mean to define this outside of `options'?
            ''
          else
            mapAttrs (name: options: {
              inherit (m) _file;
              pos = builtins.unsafeGetAttrPos name m.options;
              inherit options;
            }) m.options
        ) decls
      );

      # What is left after conditions and the like has to be a set.
      asSet =
        file: config:
        if isAttrs config then
          config
        else
          throw ''
            In module `${toString file}', you're trying to define a value of type `${typeOf config}'
            rather than an attribute set for the option
            `${concatStringsSep "." prefix}'!

            There are options below it, so a definition is a set of values for those.
          '';

      pushedConfigs = concatMap (
        c:
        map (mapAttrs (
          _: value: {
            inherit (c) file;
            inherit value;
          }
        )) (pushDownProperties (asSet c.file) c.config)
      ) configs;

      defsByName = zipAttrsWith (_: xs: xs) pushedConfigs;

      resultsByName = mapAttrs (
        name: ds:
        let
          loc = prefix ++ [ name ];
          defs = defsByName.${name} or [ ];
          optionDecls = filter (
            d:
            d.options ? _type
            && (d.options._type == "option" || throwDeclarationTypeError loc d.options._type d._file)
          ) ds;
        in
        if optionDecls == [ ] then
          # A level of the tree without option: definitions are looked at one by one below.
          mergeTree loc ds (
            map (def: {
              inherit (def) file;
              config = def.value;
            }) (concatMap dischargeOuter defs)
          )
        else
          {
            matchedOptions =
              if length optionDecls == length ds then
                let
                  opt = fixupOptionType loc (mergeOptionDecls loc ds);
                in
                evalOptionValue loc opt defs
              else
                nestedInOption loc optionDecls ds defs;
            unmatchedDefns = [ ];
          }
      ) declsByName;

      unmatchedHere = lib.mapAttrsToList (
        name: defs:
        map (def: {
          inherit (def) file value;
          prefix = [ name ];
        }) defs
      ) (removeAttrs defsByName (attrNames declsByName));

      unmatchedBelow = lib.mapAttrsToList (
        name: v: map (def: def // { prefix = [ name ] ++ def.prefix; }) v.unmatchedDefns
      ) (lib.filterAttrs (_: v: v.unmatchedDefns != [ ]) resultsByName);
    in
    {
      matchedOptions = mapAttrs (_: v: v.matchedOptions) resultsByName;
      unmatchedDefns = concatLists unmatchedHere ++ concatLists unmatchedBelow;
    };

  # `mkDefinition` names the file itself.
  dischargeOuter =
    def:
    if isAttrs def.value && def.value._type or "" == "definition" then
      [
        {
          inherit (def.value) file value;
        }
      ]
    else
      [ def ];

  # Some modules declare an option and others declare options below it. That goes where the type is a
  # submodule: those below join it.
  nestedInOption =
    loc: optionDecls: decls: defs:
    let
      first = head optionDecls;
      others = filter (d: !(d.options ? _type)) decls;
      type = first.options.type or null;
    in
    if type != null && type.getSubModules or null != null then
      let
        base = mergeOptionDecls loc optionDecls;
        opt = fixupOptionType loc (
          base
          // {
            declarations = base.declarations ++ map (d: d._file) others;
            options =
              base.options
              ++ map (d: {
                inherit (d) _file options;
              }) (reverseList others);
            declarationPositions = base.declarationPositions ++ concatMap positionOf others;
          }
        );
      in
      evalOptionValue loc opt defs
    else
      let
        below = concatMap (
          d:
          map (path: "- option(s) with prefix `${showOption (loc ++ path)}' in module `${d._file}'") (
            take1 (leafPaths d.options)
          )
        ) others;
      in
      throw "The option ${quote loc} in module `${first._file}' would be a parent of the following options, but its type `${
        if type == null then "<no description>" else type.description or "<no description>"
      }' does not support nested options.\n${concatStringsSep "\n" below}";

  take1 = xs: if xs == [ ] then [ ] else [ (head xs) ];

  leafPaths =
    tree:
    if tree ? _type || !isAttrs tree || tree == { } then
      [ [ ] ]
    else
      concatMap (name: map (p: [ name ] ++ p) (leafPaths tree.${name})) (attrNames tree);

  throwDeclarationTypeError =
    loc: actualTag: file:
    throw "In module ${toString file}: expected an option declaration at option path `${showOption loc}` but got an attribute set with type ${actualTag}${
      optionalString (actualTag == "option-type") (
        "\n\nThe value is an option type by itself. Wrap it: ${lib.strings.escapeNixIdentifier (last loc)} = lib.mkOption { type = ...; };"
      )
    }";

  # Names close to one that does not exist, as full paths.
  suggestions =
    prefix: options: def:
    let
      parent = init def.prefix;
      name = last def.prefix;
      known =
        let
          level = lib.attrByPath parent null options;
        in
        if parent == [ ] then
          removeAttrs options [ "_module" ]
        else if isAttrs level && !isOption level then
          level
        else
          { };
      candidates = attrNames known;
      near = filter (
        c: lib.strings.levenshteinAtMost (lib.max 2 (builtins.stringLength name / 3 + 1)) name c
      ) candidates;
      chosen = lib.take 3 (lib.sortOn (lib.strings.levenshtein name) (if length candidates <= 3 then candidates else near));
      shown = map (c: "`${showOption (prefix ++ parent ++ [ c ])}'") chosen;
    in
    if shown == [ ] then
      ""
    else if length shown == 1 then
      "\n\nDid you mean ${head shown}?"
    else
      "\n\nDid you mean ${concatStringsSep ", " (init shown)} or ${last shown}?";

  throwUnmatched =
    prefix: options: unmatched:
    let
      def = head unmatched;
      loc = prefix ++ def.prefix;
      defText =
        addErrorContext
          "while evaluating the error message for definitions for ${quote loc}, which is an option that does not exist"
          (
            addErrorContext "while evaluating a definition from `${toString def.file}'" (showDefs [ def ])
          );
      base = "The option ${quote loc} does not exist. Definition values:${defText}";
      declared = removeAttrs options [ "_module" ];
      holdsOption =
        v:
        isAttrs v
        && (v._type or "" == "option" || !(v ? _type) && any (n: holdsOption v.${n}) (attrNames v));
      misplaced = builtins.tryEval (holdsOption def.value);
    in
    # The text comes first: a value that cannot be shown fails with its own context.
    builtins.seq defText (
      if declared == { } && prefix != [ ] then
        throw ''
          ${base}

          There are no options in `${showOption prefix}' at all. This can happen if you e.g. declared your options in `types.submodule'
          under `config' rather than `options'.
        ''
      else if misplaced.success && misplaced.value then
        throw ''
          ${base}

          It seems as if you're trying to declare an option by placing it into `config' rather than `options'!
        ''
      else
        throw "${base}${suggestions prefix declared def}"
    );

  /**
    Evaluate modules.

    # Inputs

    `modules`
    : List of modules: files, functions or sets.

    `prefix`
    : Path that options are shown under in messages.

    `specialArgs`
    : Arguments of modules that may be used in `imports`.

    `class`
    : Kind of configuration; modules of another `_class` are refused.

    # Type

    ```
    evalModules :: { modules; prefix ? [ ]; specialArgs ? { }; class ? null; } -> { config; options; extendModules; type; ... }
    ```

    # Examples

    ```nix
    (evalModules { modules = [ { options.a = mkOption { type = types.int; }; } { a = 3; } ]; }).config.a
    => 3
    ```
  */
  evalModules =
    evalModulesArgs@{
      modules,
      prefix ? [ ],
      specialArgs ? { },
      class ? null,
      # Older ways to give arguments and to turn the check off.
      args ? { },
      check ? true,
    }:
    let
      internalModule = {
        _file = thisFile;
        key = thisFile;
        _class = null;
        disabledModules = [ ];
        imports = [ ];
        options._module = {
          args = mkOption {
            type = types.lazyAttrsOf types.raw;
            internal = prefix != [ ];
            visible = prefix == [ ];
            description = ''
              Additional arguments passed to each module. They can be used everywhere but in `imports`,
              for which there is `specialArgs`.

              Besides what is set here, modules get `config`, `options`, `lib`, `name` (in submodules),
              `extendModules` and `moduleType`.
            '';
          };
          check = mkOption {
            type = types.bool;
            internal = true;
            default = check;
            description = "Whether to fail on definitions of options that are not declared.";
          };
          freeformType = mkOption {
            type = types.nullOr types.optionType;
            internal = true;
            default = null;
            description = ''
              Type of all definitions of options that are not declared together; where it is `null`,
              such definitions are errors.
            '';
          };
          specialArgs = mkOption {
            readOnly = true;
            internal = true;
            description = "Arguments that were given from outside.";
          };
        };
        config._module = {
          args = {
            inherit extendModules;
            moduleType = type;
          }
          // args;
          inherit specialArgs;
        };
      };

      collected =
        collectModules class (specialArgs.modulesPath or "") modules (
          {
            inherit
              options
              lib
              specialArgs
              ;
            _class = class;
            _prefix = prefix;
            config = addErrorContext "if you get an infinite recursion here, `imports` probably depend on `config`, which they are needed for. Import always, and let `mkIf` decide about the effect." config;
          }
          // specialArgs
        );

      # What is imported first comes last, so that the importing module's lists come after it.
      merged = mergeModules' prefix (reverseList ([ internalModule ] ++ collected.modules));

      options = merged.matchedOptions;

      config =
        let
          declared = valuesOf options;
          inherit (declared._module) freeformType;
          freeform =
            let
              defs = map (def: {
                inherit (def) file;
                value = setAttrByPath def.prefix def.value;
              }) merged.unmatchedDefns;
            in
            if defs == [ ] then { } else freeformType.merge prefix defs;
        in
        if freeformType == null then declared else recursiveUpdate freeform declared;

      checkUnmatched =
        if config._module.check && config._module.freeformType == null && merged.unmatchedDefns != [ ] then
          throwUnmatched prefix options merged.unmatchedDefns
        else
          null;

      checked = builtins.seq checkUnmatched;

      extendArgs = removeAttrs evalModulesArgs [ "modules" ];

      extendModules =
        extend@{
          modules ? [ ],
          specialArgs ? { },
          prefix ? [ ],
        }:
        evalModules (
          extendArgs
          // {
            inherit class;
            modules = evalModulesArgs.modules ++ modules;
            specialArgs = evalModulesArgs.specialArgs or { } // specialArgs;
            prefix = extend.prefix or evalModulesArgs.prefix or [ ];
          }
        );

      type = types.submoduleWith { inherit modules specialArgs class; };
    in
    {
      _type = "configuration";
      options = checked options;
      config = checked (removeAttrs config [ "_module" ]);
      # Unchecked: documentation asks for the type of undeclared options, and has no definitions.
      inherit (config) _module;
      inherit extendModules type class;
      inherit (collected) graph;
    };

  # Values of a tree of options.
  valuesOf = mapAttrs (_: v: if v._type or "" == "option" then v.value else valuesOf v);

  mkIf = condition: content: {
    _type = "if";
    inherit condition content;
  };

  mkMerge = contents: {
    _type = "merge";
    inherit contents;
  };

  mkOverride = priority: content: {
    _type = "override";
    inherit priority content;
  };

  mkOptionDefault = mkOverride 1500;
in
{
  inherit
    applyModuleArgsIfFunction
    collectModules
    defaultOrderPriority
    defaultOverridePriority
    dischargeProperties
    evalModules
    evalOptionValue
    filterOverrides
    filterOverrides'
    fixupOptionType
    mergeDefinitions
    mergeModules
    mergeModules'
    mergeOptionDecls
    mkIf
    mkMerge
    mkOptionDefault
    mkOverride
    sortProperties
    unifyModuleSyntax
    ;

  pushDownProperties = pushDownProperties (x: x);

  /**
    Definitions of an option whose values are sets, as `{ value; highestPrio; }` for each attribute.

    The value stays unmerged, so that only priorities need be known.
  */
  mergeAttrDefinitionsWithPrio =
    opt:
    mapAttrs
      (
        name: defs:
        let
          merged = mergeDefinitions opt.loc opt.type.nestedTypes.elemType defs;
        in
        {
          value = merged.mergedValue;
          inherit (merged.defsFinal') highestPrio;
        }
      )
      (
        zipAttrsWith (_: xs: xs) (
          concatMap (
            { value, file }:
            map (mapAttrs (_: value: { inherit file value; })) (pushDownProperties (x: x) value)
          ) opt.definitionsWithLocations
        )
      );

  /**
    A module under the name of a file, for messages.
  */
  setDefaultModuleLocation = file: m: {
    _file = file;
    imports = [ m ];
  };

  /**
    Import a file that is a function of values to a module, keeping the file's name.

    # Inputs

    `modulePath`
    : The file.

    `staticArg`
    : First argument of the function in it.
  */
  importApply =
    modulePath: staticArg:
    lib.modules.setDefaultModuleLocation modulePath (import modulePath staticArg);

  /**
    A module that defines what a JSON file holds.
  */
  importJSON = file: {
    _file = file;
    config = lib.importJSON file;
  };

  /**
    A module that defines what a TOML file holds.
  */
  importTOML = file: {
    _file = file;
    config = lib.importTOML file;
  };

  /**
    Priority of a default: any plain definition wins over it.
  */
  mkDefault = mkOverride 1000;

  /**
    Priority over plain definitions.
  */
  mkForce = mkOverride 50;

  /**
    Priority of what disk images want over the user's configuration.
  */
  mkImageMediaOverride = mkOverride 60;

  /**
    Priority of what a test machine wants over all else.
  */
  mkVMOverride = mkOverride 10;

  mkFixStrictness = warn "lib.mkFixStrictness returns its argument as it is: leave it out." (
    x: x
  );

  /**
    Place a definition among others: lower comes first, 1000 is where plain ones are.
  */
  mkOrder = priority: content: {
    _type = "order";
    inherit priority content;
  };

  mkBefore = lib.mkOrder 500;
  mkAfter = lib.mkOrder 1500;

  /**
    A definition that names the file it comes from.
  */
  mkDefinition = args@{ file, value, ... }: args // { _type = "definition"; };

  /**
    Definitions that hold where an assertion does, else an error.
  */
  mkAssert =
    assertion: message: content:
    mkIf (if assertion then true else throw "\nFailed assertion: ${message}") content;

  /**
    Apply a function to the values within `mkIf`, `mkMerge`, `mkOverride`, `mkOrder` and `mkDefinition`.
  */
  mapDefinitionValue =
    f:
    let
      go =
        def:
        if !(isAttrs def && def ? _type) then
          f def
        else if def._type == "merge" then
          def // { contents = map go def.contents; }
        else if def._type == "if" || def._type == "override" || def._type == "order" then
          def // { content = go def.content; }
        else if def._type == "definition" then
          def // { value = go def.value; }
        else
          f def;
    in
    go;

  /**
    Definitions of another option that are those of a given one, with their priority.
  */
  mkAliasDefinitions = lib.mkAliasAndWrapDefinitions (x: x);

  mkAliasAndWrapDefinitions =
    wrap: option: lib.modules.mkAliasIfDef option (wrap (mkMerge option.definitions));

  mkAliasAndWrapDefsWithPriority =
    wrap: option:
    let
      prio = option.highestPrio or defaultOverridePriority;
    in
    lib.modules.mkAliasIfDef option (wrap (mkMerge (map (mkOverride prio) option.definitions)));

  mkAliasIfDef = option: mkIf (isOption option && option.isDefined);

  /**
    A definition that is a function of another option's value, with its priority.
  */
  mkDerivedConfig =
    opt: f: mkOverride (opt.highestPrio or defaultOverridePriority) (f opt.value);

  /**
    Give an option that was removed: who defines it is told what to do instead.

    # Inputs

    `optionName`
    : Path of the option.

    `replacementInstructions`
    : What to do.
  */
  mkRemovedOptionModule =
    optionName: replacementInstructions:
    { options, ... }:
    {
      options = setAttrByPath optionName (mkOption {
        visible = false;
        apply =
          x:
          throw "The option `${showOption optionName}' can no longer be used since it's been removed. ${replacementInstructions}";
      });
      config.assertions =
        let
          opt = lib.getAttrFromPath optionName options;
        in
        [
          {
            assertion = !opt.isDefined;
            message = ''
              The option definition `${showOption optionName}' in ${showFiles opt.files} no longer has any effect; please remove it.
              ${replacementInstructions}
            '';
          }
        ];
    };

  /**
    An old name of an option, with a warning where it is used.

    # Examples

    ```nix
    mkRenamedOptionModule [ "boot" "copyKernels" ] [ "boot" "loader" "grub" "copyKernels" ]
    ```
  */
  mkRenamedOptionModule =
    from: to:
    lib.modules.doRename {
      inherit from to;
      visible = false;
      warn = true;
      use = builtins.trace "Obsolete option `${showOption from}' is used. It was renamed to `${showOption to}'.";
    };

  /**
    As `mkRenamedOptionModule`, with a warning only from a release (`YYMM`) on.
  */
  mkRenamedOptionModuleWith =
    {
      from,
      to,
      sinceRelease,
    }:
    lib.modules.doRename {
      inherit from to;
      visible = false;
      warn = lib.oldestSupportedReleaseIsAtLeast sinceRelease;
      use = lib.warnIf (lib.oldestSupportedReleaseIsAtLeast sinceRelease) "Obsolete option `${showOption from}' is used. It was renamed to `${showOption to}'.";
    };

  /**
    Several old options that one new one replaces.

    # Inputs

    `from`
    : List of paths of the old options.

    `to`
    : Path of the new one.

    `mergeFn`
    : Function of `config` to the new value.
  */
  mkMergedOptionModule =
    from: to: mergeFn:
    { config, options, ... }:
    {
      options = foldl' recursiveUpdate { } (
        map (
          path:
          setAttrByPath path (mkOption {
            visible = false;
            # A value that says the option is not used.
            default = "_mkMergedOptionModule";
          })
        ) from
      );
      config =
        let
          used = path: lib.getAttrFromPath path config != "_mkMergedOptionModule";
        in
        lib.optionalAttrs (options ? warnings) {
          warnings = concatMap (
            path:
            optional (used path)
              "The option `${showOption path}' defined in ${showFiles (lib.getAttrFromPath path options).files} has been changed to `${showOption to}', whose type is another. See its documentation."
          ) from;
        }
        // setAttrByPath to (
          mkMerge (optional (any used from) (mergeFn config))
        );
    };

  /**
    An old option that a new one with another type replaces.
  */
  mkChangedOptionModule =
    from: to: changeFn:
    lib.mkMergedOptionModule [ from ] to changeFn;

  /**
    Another name of an option; both may be used.
  */
  mkAliasOptionModule =
    from: to:
    lib.modules.doRename {
      inherit from to;
      visible = true;
      warn = false;
      use = x: x;
    };

  mkAliasOptionModuleMD = lib.mkAliasOptionModule;

  /**
    The step under `mkRenamedOptionModule` and `mkAliasOptionModule`.
  */
  doRename =
    {
      from,
      to,
      visible,
      warn,
      use,
      withPriority ? true,
      condition ? true,
    }:
    { config, options, ... }:
    let
      fromOpt = lib.getAttrFromPath from options;
      toOf = lib.attrByPath to (abort "Renaming error: option `${showOption to}' does not exist.");
      toType =
        let
          opt = lib.attrByPath to { } options;
        in
        opt.type or (types.submodule { });
    in
    {
      options = setAttrByPath from (
        mkOption {
          inherit visible;
          description = "Alias of {option}`${showOption to}`.";
          apply = x: use (toOf config);
        }
        // lib.optionalAttrs (toType != null) { type = toType; }
      );
      config = mkIf condition (mkMerge [
        (lib.optionalAttrs (options ? warnings) {
          warnings =
            optional (warn && fromOpt.isDefined)
              "The option `${showOption from}' defined in ${showFiles fromOpt.files} has been renamed to `${showOption to}'.";
        })
        (
          if withPriority then
            lib.modules.mkAliasAndWrapDefsWithPriority (setAttrByPath to) fromOpt
          else
            lib.mkAliasAndWrapDefinitions (setAttrByPath to) fromOpt
        )
      ]);
    };

}

# The function library: one sub-library for each kind of value, and their functions under one roof.
#
# `import <nixpkgs/lib>` is this set; `lib.extend` lays an overlay over it.
let
  inherit (import ./fixed-points.nix { inherit lib; }) makeExtensible;

  lib = makeExtensible (
    self:
    let
      callLibs = file: import file { lib = self; };
    in
    {
      trivial = callLibs ./trivial.nix;
      fixedPoints = callLibs ./fixed-points.nix;
      attrsets = callLibs ./attrsets.nix;
      lists = callLibs ./lists.nix;
      strings = callLibs ./strings.nix;
      stringsWithDeps = callLibs ./strings-with-deps.nix;
      cli = callLibs ./cli.nix;
      generators = callLibs ./generators.nix;
      sources = callLibs ./sources.nix;
      filesystem = callLibs ./filesystem.nix;
      customisation = callLibs ./customisation.nix;
      derivations = callLibs ./derivations.nix;
      meta = callLibs ./meta.nix;
      versions = callLibs ./versions.nix;
      asserts = callLibs ./asserts.nix;
      debug = callLibs ./debug.nix;
      options = callLibs ./options.nix;
      modules = callLibs ./modules.nix;
      types = callLibs ./types.nix;
      fileset = callLibs ./fileset;
      gvariant = callLibs ./gvariant.nix;
      path = callLibs ./path;
      licenses = callLibs ./licenses.nix;
      systems = callLibs ./systems;
      platforms = self.systems.doubles;

      sourceTypes = callLibs ./source-types.nix;
      maintainers = { };
      teams = { };
      flakes = {
        inherit (builtins) parseFlakeRef flakeRefToString;
      };

      # Hashes that are never right: what a download wants instead shows in the error.
      fakeHash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
      fakeSha256 = "0000000000000000000000000000000000000000000000000000000000000000";
      fakeSha512 = "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000";

      # The names under the roof are listed, so that one function reads the files it needs and no others.
      inherit (builtins)
        convertHash
        flakeRefToString
        fromJSON
        fromTOML
        getContext
        hasContext
        hashString
        parseFlakeRef
        placeholder
        toFile
        toJSON
        toString
        toXML
        tryEval
        typeOf
        ;
      inherit (self.trivial)
        add
        and
        bitAnd
        bitNot
        bitOr
        bitXor
        boolToString
        boolToYesNo
        ceil
        checkListOfEnum
        compare
        concat
        const
        deepSeq
        defaultTo
        div
        flip
        floor
        fromHexString
        functionArgs
        genericClosure
        id
        importJSON
        importTOML
        inNixShell
        inPureEvalMode
        info
        isBool
        isFloat
        isFunction
        isInOldestRelease
        isInt
        lessThan
        mapNullable
        max
        mergeAttrs
        min
        mirrorFunctionArgs
        mod
        mul
        nixpkgsVersion
        oldestSupportedReleaseIsAtLeast
        or
        pathExists
        pipe
        readFile
        seq
        setFunctionArgs
        showWarnings
        splitByAndCompare
        sub
        throwIf
        throwIfNot
        toBaseDigits
        toFunction
        toHexString
        version
        warn
        warnIf
        warnIfNot
        xor
        ;
      inherit (self.fixedPoints)
        composeExtensions
        composeManyExtensions
        converge
        extends
        fix
        fix'
        makeExtensible
        makeExtensibleWithCustomName
        toExtension
        ;
      inherit (self.attrsets)
        attrByPath
        attrNames
        attrVals
        attrValues
        attrsToList
        cartesianProduct
        catAttrs
        chooseDevOutputs
        collect
        concatMapAttrs
        dontRecurseIntoAttrs
        filterAttrs
        filterAttrsRecursive
        foldAttrs
        foldlAttrs
        genAttrs
        genAttrs'
        getAttr
        getAttrFromPath
        getAttrs
        getBin
        getDev
        getFirstOutput
        getInclude
        getLib
        getMan
        getOutput
        getStatic
        hasAttr
        hasAttrByPath
        intersectAttrs
        isAttrs
        isDerivation
        listToAttrs
        mapAttrs
        mapAttrs'
        mapAttrsRecursive
        mapAttrsRecursiveCond
        mapAttrsToList
        mapAttrsToListRecursive
        mapAttrsToListRecursiveCond
        mapCartesianProduct
        matchAttrs
        mergeAttrsList
        nameValuePair
        optionalAttrs
        overrideExisting
        recurseIntoAttrs
        recursiveUpdate
        recursiveUpdateUntil
        removeAttrs
        setAttrByPath
        showAttrPath
        toDerivation
        updateManyAttrsByPath
        zipAttrs
        zipAttrsWith
        zipAttrsWithNames
        ;
      inherit (self.lists)
        all
        allUnique
        any
        compareLists
        concatAttrValues
        concatLists
        concatMap
        count
        crossLists
        drop
        dropEnd
        elem
        elemAt
        filter
        findFirst
        findSingle
        flatten
        fold
        foldl
        foldl'
        foldr
        forEach
        genList
        groupBy
        groupBy'
        head
        ifilter0
        imap0
        imap1
        init
        intersectLists
        isList
        last
        length
        listDfs
        map
        mutuallyExclusive
        naturalSort
        optional
        optionals
        partition
        range
        remove
        replaceElemAt
        replicate
        reverseList
        singleton
        sort
        sortOn
        sublist
        subtractLists
        tail
        take
        takeEnd
        toList
        toposort
        unique
        uniqueStrings
        zipLists
        zipListsWith
        ;
      inherit (self.strings)
        addContextFrom
        appendContext
        cmakeBool
        cmakeFeature
        cmakeOptionType
        compareVersions
        concatImapStrings
        concatImapStringsSep
        concatLines
        concatMapAttrsStringSep
        concatMapStrings
        concatMapStringsSep
        concatStrings
        concatStringsSep
        enableFeature
        enableFeatureAs
        escape
        escapeRegex
        escapeShellArg
        escapeShellArgs
        escapeURL
        escapeXML
        fileContents
        fixedWidthNumber
        fixedWidthString
        getName
        getVersion
        hasInfix
        hasPrefix
        hasSuffix
        intersperse
        isPath
        isStorePath
        isString
        isStringLike
        isValidPosixName
        join
        lowerChars
        makeBinPath
        makeIncludePath
        makeLibraryPath
        makeSearchPath
        makeSearchPathOutput
        match
        mesonBool
        mesonEnable
        mesonOption
        nameFromURL
        optionalString
        parseDrvName
        removePrefix
        removeSuffix
        replaceString
        replaceStrings
        split
        splitString
        splitStringBy
        stringAsChars
        stringLength
        stringToCharacters
        substring
        toCamelCase
        toInt
        toIntBase10
        toLower
        toSentenceCase
        toShellVar
        toShellVars
        toUpper
        trim
        trimWith
        unsafeDiscardStringContext
        upperChars
        versionAtLeast
        versionOlder
        withFeature
        withFeatureAs
        ;
      inherit (self.stringsWithDeps)
        fullDepEntry
        noDepEntry
        packEntry
        stringAfter
        textClosureList
        textClosureMap
        ;
      inherit (self.generators)
        mkLuaInline
        ;
      inherit (self.sources)
        canCleanSource
        cleanSource
        cleanSourceFilter
        cleanSourceWith
        commitIdFromGitRepo
        filterSource
        pathHasContext
        pathIsGitRepo
        repoRevToName
        revOrTag
        sourceByRegex
        sourceFilesBySuffices
        ;
      inherit (self.filesystem)
        baseNameOf
        dirOf
        hashFile
        packagesFromDirectoryRecursive
        pathIsDirectory
        pathIsRegularFile
        pathType
        readDir
        readFileType
        ;
      inherit (self.customisation)
        callPackageWith
        callPackagesWith
        extendDerivation
        extendMkDerivation
        hydraJob
        makeOverridable
        makeScope
        makeScopeWithSplicing
        makeScopeWithSplicing'
        mapCrossIndex
        overrideDerivation
        renameCrossIndexFrom
        renameCrossIndexTo
        ;
      inherit (self.derivations)
        addDrvOutputDependencies
        lazyDerivation
        optionalDrvAttr
        unsafeDiscardOutputDependency
        warnOnInstantiate
        ;
      inherit (self.meta)
        addMetaAttrs
        appendToName
        dontDistribute
        getExe
        getExe'
        getLicenseFromSpdxId
        getLicenseFromSpdxIdOr
        hiPrio
        hiPrioSet
        licensesSpdx
        lowPrio
        lowPrioSet
        mapDerivationAttrset
        setName
        setPrio
        updateName
        ;
      inherit (self.versions)
        splitVersion
        ;
      inherit (self.asserts)
        assertMsg
        assertOneOf
        ;
      inherit (self.debug)
        addErrorContext
        runTests
        testAllTrue
        trace
        traceFnSeqN
        traceIf
        traceSeq
        traceSeqN
        traceVal
        traceValFn
        traceValSeq
        traceValSeqFn
        traceValSeqN
        traceValSeqNFn
        unsafeGetAttrPos
        ;
      inherit (self.options)
        getFiles
        getValues
        isOption
        literalExpression
        literalMD
        mergeDefaultOption
        mergeEqualOption
        mergeOneOption
        mergeUniqueOption
        mkEnableOption
        mkOption
        mkPackageOption
        mkSinkUndeclaredOptions
        optionAttrSetToDocList
        optionAttrSetToDocList'
        scrubOptionValue
        showFiles
        showOption
        showOptionWithDefLocs
        unknownModule
        ;
      inherit (self.modules)
        applyModuleArgsIfFunction
        dischargeProperties
        doRename
        evalModules
        evalOptionValue
        filterOverrides
        fixupOptionType
        mergeDefinitions
        mergeModules
        mergeModules'
        mergeOptionDecls
        mkAfter
        mkAliasAndWrapDefinitions
        mkAliasDefinitions
        mkAliasOptionModule
        mkAliasOptionModuleMD
        mkAssert
        mkBefore
        mkChangedOptionModule
        mkDefault
        mkDefinition
        mkDerivedConfig
        mkFixStrictness
        mkForce
        mkIf
        mkImageMediaOverride
        mkMerge
        mkMergedOptionModule
        mkOptionDefault
        mkOrder
        mkOverride
        mkRemovedOptionModule
        mkRenamedOptionModule
        mkRenamedOptionModuleWith
        mkVMOverride
        pushDownProperties
        setDefaultModuleLocation
        sortProperties
        unifyModuleSyntax
        ;
      inherit (self.types)
        defaultFunctor
        defaultTypeMerge
        isOptionType
        isType
        mkOptionType
        setType
        ;
    }
  );
in
lib

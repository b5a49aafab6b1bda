using System;

namespace Firn.Eval.Builtins;

/// <summary>What manuals and the repl call the arguments of builtins.</summary>
/// <remarks>Nix manual, language/builtins</remarks>
internal static class ArgumentNames
{
    /// <summary>The names of the arguments of a builtin; none where they are not known.</summary>
    public static string[] Of(string builtin) => List(builtin).Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static string List(string builtin) => builtin switch
    {
        "fetchurl" => "arg",
        "convertHash" or "fetchClosure" or "fetchGit" or "fetchTarball" or "getFlake" or "path" => "args",
        "catAttrs" => "attr list",
        "flakeRefToString" => "attrs",
        "genericClosure" => "attrset",
        "sort" => "comparator list",
        "outputOf" => "derivation-reference output-name",
        "fromJSON" or "fromTOML" or "isAttrs" or "isBool" or "isFloat" or "isFunction" or "isInt" or
            "isList" or "isNull" or "isPath" or "isString" or "length" or "listToAttrs" or "stringLength" or
            "toJSON" or "toString" or "toXML" or "tryEval" or "typeOf" => "e",
        "add" or "bitAnd" or "bitOr" or "bitXor" or "deepSeq" or "div" or "filterSource" or
            "intersectAttrs" or "lessThan" or "mul" or "seq" or "sub" or "trace" or "traceVerbose" or "warn" => "e1 e2",
        "functionArgs" => "f",
        "mapAttrs" => "f attrset",
        "concatMap" or "filter" or "groupBy" or "map" or "zipAttrsWith" => "f list",
        "parseFlakeRef" => "flake-ref",
        "replaceStrings" => "from to s",
        "genList" => "generator length",
        "fetchTree" => "input",
        "head" or "tail" => "list",
        "concatLists" => "lists",
        "toFile" => "name s",
        "ceil" or "floor" => "number",
        "foldl'" => "op nul list",
        "placeholder" => "output",
        "readFileType" => "p",
        "import" or "pathExists" or "readDir" or "readFile" or "storePath" => "path",
        "all" or "any" or "partition" => "pred list",
        "match" or "split" => "regex str",
        "abort" or "addDrvOutputDependencies" or "dirOf" or "getContext" or "getEnv" or "hasContext" or
            "parseDrvName" or "splitVersion" or "throw" or "toPath" or "unsafeDiscardOutputDependency" or
            "unsafeDiscardStringContext" => "s",
        "getAttr" or "hasAttr" or "unsafeGetAttrPos" => "s set",
        "compareVersions" => "s1 s2",
        "scopedImport" => "scope path",
        "findFile" => "search-path lookup-path",
        "concatStringsSep" => "separator list",
        "attrNames" or "attrValues" => "set",
        "removeAttrs" => "set list",
        "substring" => "start len s",
        "hashFile" => "type p",
        "hashString" => "type s",
        "break" => "v",
        "baseNameOf" => "x",
        "elem" => "x xs",
        "elemAt" => "xs n",
        _ => "",
    };
}

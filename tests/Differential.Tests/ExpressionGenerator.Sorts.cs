using System;
using System.Globalization;

namespace Firn.Differential.Tests;

internal sealed partial class ExpressionGenerator
{
    private Expression Leaf(Sort sort) => sort.Name switch
    {
        "int" => Text(IntLeaf()),
        "float" => Text(Pick("0.5", "1.0", "(-2.25)", "3.14159", "100.0", "1.5e3", "(1.0 / 3)", ".5", "1.e2", "(-0.0)", "1.0e-3", "123456.789")),
        "bool" => Text(Pick("true", "false")),
        "string" => Text(StringLeaf()),
        "path" => Text(Pick("/a", "/a/b", "/a/../c", "/a/./b-c", "/.", "/x.y/z")),
        "null" => Text("null"),
        "list" => Choose(
            () => $"[ ]",
            () => $"[ {Leaf(sort.Element!)} ]",
            () => $"[ {Leaf(sort.Element!)} {Leaf(sort.Element!)} {Leaf(sort.Element!)} ]"),
        "set" => Choose(
            () => $"{{ }}",
            () => $"{{ a = {Leaf(sort.Element!)}; b = {Leaf(sort.Element!)}; }}",
            () => $"{{ foo = {Leaf(sort.Element!)}; }}",
            () => $"{{ c = {Leaf(sort.Element!)}; x-y = {Leaf(sort.Element!)}; z' = {Leaf(sort.Element!)}; }}"),
        "function" => Text(Pick("(x: x)", "toString", "(a: b: a)", "({ a, b ? 1 }: b)", "({ a ? 2, ... }@all: all)", "__add", "map", "(builtins.sub 1)")),
        "derivation" => Text(Pick(
            Sort.Derivation.Plain,
            "(derivation { name = \"e\"; system = \"s\"; builder = /bin/sh; outputs = [ \"out\" \"dev\" ]; args = [ \"-c\" \"x\" ]; n = 1; })")),
        _ => Text("null"),
    };

    private string IntLeaf()
    {
        long number = _random.Next(current ? 12 : 10) switch
        {
            < 8 => _random.Next(-3, 12),
            8 => _random.Next(-1000, 100000),
            9 => _random.Next(),
            10 => _random.NextInt64(),
            _ => long.MaxValue - _random.Next(3),
        };
        string text = number.ToString(CultureInfo.InvariantCulture);
        return number < 0 ? $"({text})" : text;
    }

    private string StringLeaf() => current && _random.Next(8) == 0
        ? Pick("\"a\\n\\\"$x\"", "\"\\t\\r\\\\ \\${x} $$\"", "''a ''$ ''${x} '''q''' ''\\n''", "\"\\x\\$\"")
        : Pick(
            "\"\"", "\"a\"", "\"b.c\"", "\"1.2-3\"", "\"Foo bar\"", "\"a\\n\\\"\"", "''\n  two\n    lines\n''", "\"é\"", "\"x-y\"", "\"foo-1.2pre3\"",
            "\"\\t\\r\\\\ \\${x}\"", "''a ''${x} '''q''' ''\\n''", "''\n\n    a\n   b\n \n''", "\"/a/b\"", "\"10\"", "\"a b  c\"", "\"<&>'\"", "\"{\\\"a\\\":[1,2]}\"");

    private Expression Particular(Sort sort, int d) => current && _random.Next(5) == 0 ? Rare(sort, d) : Usual(sort, d);

    private Expression Rare(Sort sort, int d) => sort.Name switch
    {
        "int" => RareInt(d),
        "float" => RareFloat(d),
        "string" => RareString(d),
        "path" => RarePath(d),
        "list" => RareList(sort, d),
        "set" => RareSet(sort, d),
        "derivation" => RareDerivation(d),
        _ => Usual(sort, d),
    };

    private Expression Usual(Sort sort, int d) => sort.Name switch
    {
        "int" => Int(d),
        "float" => Float(d),
        "bool" => Bool(d),
        "string" => String(d),
        "path" => Path(d),
        "list" => List(sort, d),
        "set" => Set(sort, d),
        "function" => Function(d),
        "derivation" => Derivation(d),
        _ => Leaf(sort),
    };

    private Expression Int(int d) => Choose(
        () => $"({Make(Sort.Int, d)} {Pick("+", "-", "*", "/")} {Make(Sort.Int, d)})",
        () => $"({Make(Sort.Int, d)} {Pick("+", "-", "*", "/")} {Make(Sort.Int, d)})",
        () => $"(-{Make(Sort.Int, d)})",
        () => $"(builtins.length {Make(Sort.List(AnySort(1)), d)})",
        () => $"(builtins.stringLength {Make(Sort.String, d)})",
        () => $"(builtins.compareVersions {Make(Sort.String, d)} {Make(Sort.String, d)})",
        () => $"(builtins.{Pick("bitAnd", "bitOr", "bitXor", "add", "sub", "mul", "div")} {Make(Sort.Int, d)} {Make(Sort.Int, d)})",
        () => $"(builtins.{Pick("ceil", "floor")} {Make(_random.Next(3) == 0 ? Sort.Int : Sort.Float, d)})",
        () => $"(builtins.foldl' builtins.add {Make(Sort.Int, d)} {Make(Sort.List(Sort.Int), d)})",
        () => $"(builtins.fromJSON (toString {Make(Sort.Int, d)}))");

    private Expression Float(int d) => Choose(
        () => $"({Make(Sort.Float, d)} {Pick("+", "-", "*", "/")} {Make(_random.Next(2) == 0 ? Sort.Int : Sort.Float, d)})",
        () => $"({Make(Sort.Int, d)} {Pick("+", "-", "*", "/")} {Make(Sort.Float, d)})",
        () => $"(builtins.fromJSON \"{_random.Next(-20, 20)}.{_random.Next(100)}{Pick("", "e2", "E-3")}\")",
        () => $"(builtins.{Pick("add", "sub", "mul", "div")} {Make(Sort.Float, d)} {Make(Sort.Float, d)})",
        () => Leaf(Sort.Float));

    private Expression Bool(int d)
    {
        Sort ordered = OrderedSort();
        Sort comparable = ComparableSort(2);
        Sort any = AnySort(1);
        return Choose(
            () => $"({Make(ordered, d)} {Pick("<", "<=", ">", ">=")} {Make(ordered, d)})",
            () => $"({Make(Sort.Int, d)} {Pick("<", "<=", ">", ">=", "==", "!=")} {Make(Sort.Float, d)})",
            () => $"(builtins.lessThan {Make(ordered, d)} {Make(ordered, d)})",
            () => $"({Make(comparable, d)} {Pick("==", "!=")} {Make(comparable, d)})",
            () => $"({Make(comparable, d)} == {Make(ComparableSort(1), d)})",
            () => $"({Make(Sort.Bool, d)} {Pick("&&", "||", "->")} {Make(Sort.Bool, d)})",
            () => $"(!{Make(Sort.Bool, d)})",
            () => $"({Make(Sort.Set(any), d)} ? {Name()})",
            () => $"({Make(Sort.Set(Sort.Set(any)), d)} ? {Name()}.{Name()})",
            () => $"({Make(Sort.Set(any), d)} ? ${{{Make(Sort.String, d)}}})",
            () => $"(builtins.elem {Make(comparable, d)} {Make(Sort.List(comparable), d)})",
            () => $"(builtins.{Pick("any", "all")} {Lambda(any, Sort.Bool, d)} {Make(Sort.List(any), d)})",
            () => $"(builtins.hasAttr {Make(Sort.String, d)} {Make(Sort.Set(any), d)})",
            () => $"(builtins.tryEval {Make(any, d)}).success",
            () => $"(builtins.tryEval (throw {Make(Sort.String, d)})).success",
            () => $"(builtins.tryEval (assert {Make(Sort.Bool, d)}; 1)).success",
            () => $"(builtins.{Pick("isInt", "isFloat", "isBool", "isString", "isPath", "isNull", "isList", "isAttrs", "isFunction")} {Make(any, d)})",
            () => $"(builtins.hasContext {Make(Sort.String, d)})",
            () => $"(builtins.match {Pattern()} {Short()} == null)");
    }

    private Expression String(int d)
    {
        Sort any = AnySort(2);
        return Choose(
            () => $"({Make(Sort.String, d)} + {Make(Sort.String, d)})",
            () => $"\"${{{Make(Sort.String, d)}}}-${{toString {Make(Sort.Int, d)}}}\"",
            () => $"''\n  x ${{{Make(Sort.String, d)}}}\n    y\n  ${{{Make(Sort.String, d)}}}''",
            () => $"(builtins.substring {_random.Next(4)} {_random.Next(-1, 6)} {Make(Sort.String, d)})",
            () => $"(builtins.replaceStrings [ {Make(Sort.String, d)} {Make(Sort.String, d)} ] [ {(current ? Make(Sort.String, d) : Make(Sort.String, 0))} \"_\" ] {Make(Sort.String, d)})",
            () => $"(builtins.concatStringsSep {Make(Sort.String, d)} {Make(Sort.List(Sort.String), d)})",
            () => $"(builtins.concatStringsSep {Make(Sort.String, d)} (map toString {Make(Sort.List(any), d)}))",
            () => $"(toString {Make(any, d)})",
            () => $"(toString {Make(Sort.List(Pickable()), d)})",
            () => $"(builtins.toJSON {Make(JsonSort(), d)})",
            () => $"(builtins.toXML {Make(any, d)})",
            () => $"(toString (builtins.match {Pattern()} {Short()}))",
            () => $"(builtins.toJSON (builtins.split {Pattern()} {Short()}))",
            () => $"(builtins.typeOf {Make(any, d)})",
            () => $"(builtins.hashString \"{Pick("md5", "sha1", "sha256", "sha512")}\" {Make(Sort.String, d)})",
            () => $"(builtins.{Pick("baseNameOf", "dirOf", "toString")} {Make(Sort.String, d)})",
            () => $"(baseNameOf {Make(Sort.Path, d)})",
            () => $"\"${{{Make(Sort.Derivation, d)}}}\"",
            () => $"{Make(Sort.Derivation, d)}.{Pick("outPath", "drvPath", "name", "dev", "out.outPath")}",
            () => $"(builtins.unsafeDiscard{Pick("StringContext", "OutputDependency")} {Make(Sort.String, d)})",
            () => $"(builtins.placeholder {Make(Sort.String, d)})",
            () => $"(builtins.toFile \"{Name()}\" {Make(Sort.String, d)})",
            () => $"(toString {{ __toString = self: {Make(Sort.String, d)}; outPath = 1; }})",
            () => $"\"${{{{ outPath = {Make(Sort.String, d)}; }}}}\"",
            () => $"(builtins.parseDrvName {Make(Sort.String, d)}).{Pick("name", "version")}",
            () => $"(builtins.getEnv {Make(Sort.String, d)})");
    }

    private Sort Pickable() => s_plainSorts[_random.Next(s_plainSorts.Length)];

    /// <summary>What has one text as JSON everywhere: the older implementation wrote floats otherwise.</summary>
    private Sort JsonSort()
    {
        Sort sort = AnySort(2);
        return sort.HasFloats && !current ? Sort.Set(Sort.String) : sort;
    }

    /// <summary>A string that is short, because the other implementation backtracks without bound.</summary>
    private Expression Short() => Make(Sort.String, 0);

    /// <summary>A regular expression that is always valid.</summary>
    private Expression Pattern()
    {
        string pattern = "";
        for (int i = _random.Next(1, 5); i > 0; i--)
        {
            pattern += Pick("a", "b", ".", "[a-z]", "[^a]", "(a|b.)", "(.*)", "[[:space:]]", "([0-9]+)", "(b|bc)", "\\\\.", "(x(y)?)*", "[]a-]", "[[:alnum:]_]", "$", "^", "()");
            pattern += Pick("", "", "", "*", "+", "?", "{1,2}", "{2}");
        }

        // Nothing may be repeated that is a place, nor twice.
        pattern = pattern.Replace("$*", "$").Replace("$+", "$").Replace("$?", "$").Replace("${", "({").Replace("^*", "^").Replace("^+", "^").Replace("^?", "^").Replace("^{", "(^){");
        return $"\"{pattern.Replace("({", "(a){")}\"";
    }

    private Expression Path(int d) => Choose(
        () => $"({Make(Sort.Path, d)} + {Make(Sort.String, d)})",
        () => $"({Make(Sort.Path, d)} + \"/{Pick("x", "..", "../y", ".", "a/b")}\")",
        () => $"({Make(Sort.Path, d)} + {Make(Sort.Path, d)})",
        () => $"(dirOf {Make(Sort.Path, d)})",
        () => $"(/. + {Make(Sort.String, d)})",
        () => $"/a/${{{Make(Sort.String, d)}}}/b",
        () => Leaf(Sort.Path));

    private Expression List(Sort sort, int d)
    {
        Sort element = sort.Element!;
        Sort other = AnySort(1);
        return Choose(
            () => $"({Make(sort, d)} ++ {Make(sort, d)})",
            () => $"[ {Make(element, d)} ]",
            () => $"[ {Make(element, d)} {Make(element, d)} ]",
            () => $"[ {Make(element, d)} {Make(element, d)} {Make(element, d)} ]",
            () => $"(map {Lambda(other, element, d)} {Make(Sort.List(other), d)})",
            () => $"(builtins.filter {Lambda(element, Sort.Bool, d)} {Make(sort, d)})",
            () => $"(builtins.genList {Lambda(Sort.Int, element, d)} {_random.Next(5)})",
            () => $"(builtins.concatLists [ {Make(sort, d)} {Make(sort, d)} ])",
            () => $"(builtins.concatLists {Make(Sort.List(sort), d)})",
            () => $"(builtins.attrValues {Make(Sort.Set(element), d)})",
            () => $"(builtins.concatMap {Lambda(other, sort, d)} {Make(Sort.List(other), d)})",
            () => $"(builtins.tail {Make(sort, d)})",
            () => $"(builtins.catAttrs \"{Name()}\" {Make(Sort.List(Sort.Set(element)), d)})",
            () => $"(builtins.partition {Lambda(element, Sort.Bool, d)} {Make(sort, d)}).{Pick("right", "wrong")}",
            () => $"(map (e: e.value) (builtins.genericClosure {{ startSet = map (value: {{ key = toString value; inherit value; }}) {Make(sort, d)}; operator = e: [ ]; }}))",
            () => element.IsOrdered ? $"(builtins.sort {Pick("builtins.lessThan", "(x: y: x < y)", "(x: y: y < x)", "(x: y: x > y)")} {Make(sort, d)})" : Leaf(sort),
            () => element == Sort.String ? Strings(d) : Leaf(sort),
            () => element == Sort.Int ? Ints(d) : Leaf(sort));
    }

    private Expression Strings(int d) => Choose(
        () => $"(builtins.attrNames {Make(Sort.Set(AnySort(1)), d)})",
        () => $"(builtins.splitVersion {Make(Sort.String, d)})",
        () => $"(builtins.filter builtins.isString (builtins.split {Pattern()} {Short()}))",
        () => $"(builtins.attrNames (builtins.getContext {Make(Sort.String, d)}))",
        () => $"(map builtins.typeOf {Make(Sort.List(AnySort(1)), d)})");

    private Expression Ints(int d) => Choose(
        () => $"(map (e: e.key) (builtins.genericClosure {{ startSet = [ {{ key = {Make(Sort.Int, d)}; }} ]; operator = e: if e.key < 20 && e.key > 0 then [ {{ key = e.key * 2; }} {{ key = e.key + 7; }} ] else [ ]; }}))",
        () => $"(builtins.fromJSON \"[1,{_random.Next()},-{_random.Next(10)}]\")",
        () => $"(builtins.attrValues (builtins.fromTOML \"a = {_random.Next()}\\nb = 0x{_random.Next(1000)}\\nc-d = 1_000\"))");

    private Expression Set(Sort sort, int d)
    {
        Sort element = sort.Element!;
        Sort other = AnySort(1);
        return Choose(
            () => $"({Make(sort, d)} // {Make(sort, d)})",
            () => $"({Make(sort, d)} // {Make(sort, d)})",
            () => $"(builtins.mapAttrs (n: {Lambda(other, element, d)}) {Make(Sort.Set(other), d)})",
            () => $"(removeAttrs {Make(sort, d)} [ \"{Name()}\" \"{Name()}\" ])",
            () => $"(builtins.intersectAttrs {Make(Sort.Set(other), d)} {Make(sort, d)})",
            () => $"(builtins.listToAttrs (map (x: {{ name = \"n${{toString x}}\"; value = {Make(element, d)}; }}) {Make(Sort.List(Sort.Int), d)}))",
            () => $"(builtins.listToAttrs [ {{ name = {Make(Sort.String, d)}; value = {Make(element, d)}; }} {{ name = \"{Name()}\"; value = {Make(element, d)}; }} ])",
            () => $"{{ {Name()} = {Make(element, d)}; \"q r\" = {Make(element, d)}; }}",
            () => $"{{ ${{{Make(Sort.String, d)}}} = {Make(element, d)}; fooo = {Make(element, d)}; }}",
            () => $"(rec {{ a = {Make(element, d)}; bb = a; inherit ({Make(sort, d)}) {Name()}2; }} // {Make(sort, d)})",
            () => $"(let inherit ({Make(sort, d)}) a b; in {{ inherit a b; }})",
            () => $"(let a = {Make(element, d)}; in rec {{ inherit a; b = a; }})",
            () => $"(builtins.mapAttrs (n: v: builtins.head v) (builtins.groupBy (x: builtins.substring 0 2 (builtins.hashString \"md5\" (builtins.toXML x))) {Make(Sort.List(element), d)}))",
            () => $"(builtins.zipAttrsWith (n: vs: builtins.{Pick("head", "elemAt")} {(_random.Next(2) == 0 ? "vs" : "vs 0")}) [ {Make(sort, d)} {Make(sort, d)} ])",
            () => $"(builtins.foldl' (x: y: x // y) {{ }} {Make(Sort.List(sort), d)})",
            () => $"(builtins.removeAttrs {Make(sort, d)} {Make(Sort.List(Sort.String), d)})",
            () => element.Name == "set" ? Nested(sort, d) : Leaf(sort));
    }

    private Expression Nested(Sort sort, int d)
    {
        Sort inner = sort.Element!.Element!;
        return Choose(
            () => $"{{ a.b = {Make(inner, d)}; a.c = {Make(inner, d)}; foo.\"${{{Make(Sort.String, d)}}}\" = {Make(inner, d)}; }}",
            () => $"{{ a = {{ b = {Make(inner, d)}; }}; a.c = {Make(inner, d)}; }}",
            () => $"(rec {{ a.b = {Make(inner, d)}; a.c = a.b; b = a; }})",
            () => $"{{ a = rec {{ x = {Make(inner, d)}; }}; a.y = {Make(inner, d)}; }}",
            () => $"(builtins.mapAttrs (n: v: {{ inherit v; }}) {Make(Sort.Set(inner), d)})");
    }

    private Expression Function(int d)
    {
        Sort argument = AnySort(1);
        return Choose(
            () => Lambda(argument, AnySort(1), d),
            () => $"({{ a ? {Make(AnySort(1), d)}, {Pick("b", "b ? a", "...")} }}: {Make(AnySort(1), d)})",
            () => Leaf(Sort.Function));
    }

    private Expression Derivation(int d)
    {
        Sort any = AnySort(1);
        return Choose(
            () => $"(derivation {{ name = \"{Name()}\"; system = \"s\"; builder = {Make(Sort.String, d)}; {Name()} = {Make(any, d)}; }})",
            () => $"(derivation {{ name = \"n\"; system = \"x86_64-linux\"; builder = \"/bin/sh\"; args = {Make(Sort.List(Sort.String), d)}; inherit ({Make(Sort.Set(Sort.String), d)}) {Name()}; }})",
            () => $"(derivation ({Make(Sort.Set(Sort.String), d)} // {{ name = \"m\"; system = \"s\"; builder = {Make(Sort.Derivation, d)}; }}))",
            () => $"(derivation {{ name = \"fixed\"; system = \"s\"; builder = \"b\"; outputHash = builtins.hashString \"sha256\" {Make(Sort.String, d)}; outputHashAlgo = \"sha256\"; outputHashMode = \"{Pick("flat", "recursive")}\"; }})",
            () => $"(derivation {{ name = \"p\"; system = \"s\"; builder = \"b\"; outputs = [ \"out\" \"dev\" ]; x = {Make(Sort.Bool, d)}; __ignoreNulls = {Make(Sort.Bool, d)}; y = {Make(any, d)}; }})",
            () => $"{Make(Sort.Derivation, d)}.{Pick("out", "dev")}");
    }
}

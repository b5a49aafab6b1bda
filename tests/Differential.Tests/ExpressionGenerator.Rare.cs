namespace Firn.Differential.Tests;

// What programs seldom do, and what is easily got wrong for that reason. Older implementations differ in much of it.
internal sealed partial class ExpressionGenerator
{
    private const string SomePath = "/nix/store/00000000000000000000000000000000-x";

    private Expression RareString(int d)
    {
        Sort any = AnySort(1);
        return Choose(
            () => $"(builtins.appendContext {Make(Sort.String, d)} {{ \"{SomePath}\" = {{ path = {Make(Sort.Bool, 0)}; }}; }})",
            () => $"(builtins.appendContext {Make(Sort.String, d)} {{ \"{SomePath}.drv\" = {{ outputs = {Make(Sort.List(Sort.String), 0)}; allOutputs = {Make(Sort.Bool, 0)}; }}; }})",
            () => $"(builtins.appendContext \"x\" (builtins.getContext {Make(Sort.String, d)}))",
            () => $"(builtins.toJSON (builtins.getContext {Make(Sort.String, d)}))",
            () => $"(builtins.toXML {{ d = {Make(Sort.Derivation, d)}; s = {Make(Sort.String, d)}; }})",
            () => $"(builtins.toXML {Make(Sort.Function, d)})",
            () => $"(builtins.toJSON (builtins.functionArgs {Make(Sort.Function, d)}))",
            () => $"(builtins.unsafeDiscardOutputDependency {Make(Sort.Derivation, d)}.drvPath)",
            () => $"(builtins.substring {Pick("0", "1", "100", "9223372036854775807")} {Pick("0", "-1", "1", "9223372036854775807")} \"${{{Make(Sort.Derivation, d)}}}\")",
            () => $"(builtins.replaceStrings [ \"\" {Pick("", "\"a\"", "\"\"")} ] [ \"-\" {Pick("", "\"b\"", "\"c\"")} ] {Make(Sort.String, d)})",
            () => $"(builtins.toJSON (builtins.split {OddPattern()} {Short()}))",
            () => $"(builtins.toJSON (builtins.match {OddPattern()} {Short()}))",
            () => $"(builtins.concatStringsSep \",\" [ {Make(Sort.Path, 0)} {Make(any, d)} ])",
            () => $"\"${{{{ __toString = s: {{ outPath = {Make(Sort.String, d)}; }}; }}}}\"",
            () => $"({Make(any, d)} + {Make(Sort.String, d)})",
            () => $"({Make(Sort.String, d)} + {Make(any, d)})",
            () => $"(builtins.typeOf ({Make(any, d)} + {Make(any, d)}))",
            () => $"(let or = {Make(Sort.String, d)}; in or)",
            () => $"({{ or = {Make(Sort.String, d)}; }}.or or \"none\")",
            () => current ? $"(builtins.convertHash {{ hash = builtins.hashString \"sha256\" {Make(Sort.String, d)}; hashAlgo = \"{Pick("sha256", "sha1")}\"; toHashFormat = \"{Pick("base16", "nix32", "base64", "sri", "base8")}\"; }})" : Leaf(Sort.String),
            () => current ? $"(builtins.addDrvOutputDependencies {Make(Sort.Derivation, d)}.{Pick("drvPath", "outPath")})" : Leaf(Sort.String),
            () => current ? $"(builtins.toJSON (builtins.fromTOML {Toml()}))" : Leaf(Sort.String),
            () => current ? $"(builtins.toJSON {Make(Sort.Float, d)})" : Leaf(Sort.String));
    }

    private Expression Toml() => Text(Pick(
        "\"a = 1\\n[b]\\nc = [ 1, 2, [ 3 ] ]\\n[b.d]\\ne = { f = true, g.h = \\\"x\\\" }\"",
        "\"a = 1.5e3\\nb = -0.0\\nc = 1_000.5\"",
        "\"[[a]]\\nb = 1\\n[[a]]\\nb = 2\\n[a.c]\\nd = 3\"",
        "\"a = 0xff\\nb = 0o17\\nc = 0b11\\nd = +5\"",
        "\"a = \\\"\\\\u00e9\\\\t\\\\\\\"\\\"\\nb = 'c:\\\\x'\\n\\\"q r\\\" = 1\\n'' = 2\"",
        "''a = \"\"\"\nfirst\n  second \\\n   third\"\"\"''",
        "\"a = 1\\na = 2\"",
        "\"a = 9223372036854775807\\nb = 9223372036854775808\"",
        "\"a.b = 1\\na.b.c = 2\"",
        "\"a = [ 1, \\\"x\\\", { b = 2 }, ]\"",
        "\"a = inf\"",
        "\"[a]\\n[a]\"",
        "\"# comment only\""));

    private Expression OddPattern() => Text(Pick(
        "\"\"", "\"()\"", "\"(a*)*\"", "\"(a|ab)(c|bcd)(d*)\"", "\"(a*)(a|b)*\"", "\"a||b\"", "\"(^a)?b\"", "\"[[:upper:][:digit:]]+\"", "\"[^]a]\"", "\"(x)|(y)|(.)\"",
        "\"a{2,}\"", "\"a{,2}\"", "\"[a-]\"", "\"[]\"", "\"(\"", "\"*\"", "\"a**\"", "\"\\\\.|\\\\-\"", "\"([^.]*)\\\\.?\"", "\"(.)(.)?\"", "\"[.]|-\"", "\"(é|e)\"", "\".$\"", "\"\\\\(\"",
        "\"((a)|b)*\"", "\"(a?)(b?)\"", "\"[[:foo:]]\"", "\"[b-a]\"", "\"a{1,0}\"", "\"(.*)(/)(.*)\""));

    private Expression RareFloat(int d) => Choose(
        () => Text(Pick("1e300", "1.0e308", "123456789012.0", "0.1", "1.0e15", "1.0e16", "1.0e-5", "0.00001", "5e-324", "1e22")),
        () => $"({Make(Sort.Float, d)} * {Pick("1e10", "1e-10", "3.3", "1e300")})",
        () => $"(builtins.fromJSON \"{Pick("1e400", "1E5", "-0", "-0.0", "0.1e1", "12345678901234567890")}\")",
        () => $"(1.0 * {Make(Sort.Int, d)})");

    private Expression RareInt(int d) => Choose(
        () => $"(builtins.{Pick("ceil", "floor")} {Pick("1e18", "1e19", "(-1e19)", "0.5", "(-0.5)", "9007199254740993.0")})",
        () => $"({Make(Sort.Int, d)} * {Pick("9223372036854775807", "4611686018427387904", "(-1)", "0")})",
        () => $"((-9223372036854775807 - 1) / {Make(Sort.Int, d)})",
        () => $"(builtins.foldl' (a: b: a * 31 + builtins.stringLength b) 7 {Make(Sort.List(Sort.String), d)})",
        () => $"(builtins.length (builtins.attrNames {Make(Sort.Derivation, d)}))",
        () => $"(let {{ a = {Make(Sort.Int, d)}; body = a + 1; }})");

    /// <summary>Lists that depend on the order in which things are asked for.</summary>
    private Expression RareList(Sort sort, int d)
    {
        Sort element = sort.Element!;
        return Choose(
            () => element.IsOrdered && current
                ? $"(builtins.sort {Pick("(x: y: true)", "(x: y: false)", "(x: y: x <= y)", "(x: y: x != y)", "(x: y: !(x < y))")} ({Make(sort, d)} ++ {Make(sort, d)} ++ {Make(sort, d)}))"
                : Leaf(sort),
            () => element.IsOrdered
                ? $"(map (e: e.key) (builtins.genericClosure {{ startSet = map (key: {{ inherit key; n = 0; }}) {Make(sort, d)}; operator = e: if e.n > 1 then [ ] else [ {{ key = {Make(element, 0)}; n = e.n + 1; }} e ]; }}))"
                : Leaf(sort),
            () => $"(builtins.genericClosure {{ startSet = {Pick("[ { } ]", "[ { key = 1; } { key = 1.0; } ]", "[ { key = 1; } { key = \"1\"; } ]", "[ { key = null; } ]", "[ { key = [ 1 ]; } { key = [ 1 2 ]; } ]", "[ ]")}; operator = e: [ ]; }})",
            () => $"(builtins.attrValues (removeAttrs {Make(Sort.Set(element), d)} (builtins.attrNames {Make(Sort.Set(element), d)})))",
            () => $"(builtins.map ({{ x ? {Make(element, d)} }}: x) [ {{ }} {{ x = {Make(element, d)}; }} ])");
    }

    private Expression RareSet(Sort sort, int d)
    {
        Sort element = sort.Element!;
        return Choose(
            () => $"(rec {{ a = {Make(element, d)}; b = a; __overrides = {Make(sort, d)}; }})",
            () => $"{{ ${{if {Make(Sort.Bool, d)} then null else \"{Name()}\"}} = {Make(element, d)}; q = {Make(element, d)}; }}",
            () => $"{{ \"${{{Make(Sort.String, 0)}}}\" = {Make(element, d)}; \"${{{Make(Sort.String, 0)}}}\" = {Make(element, d)}; }}",
            () => $"(let f = {{ __functor = self: x: self.k // x; k = {Make(sort, d)}; }}; in f {Make(sort, d)})",
            () => $"(let f = self: {{ a = {Make(element, d)}; b = self.a or {Make(element, d)}; }}; fix = g: let x = g x; in x; in fix f)",
            () => $"(with {Make(sort, d)}; {{ {Name()} = {Make(element, d)}; inherit ({Make(sort, d)}) {Name()}x; }} // {Make(sort, d)})",
            () => $"(builtins.listToAttrs (builtins.concatMap (n: [ {{ name = n; value = {Make(element, d)}; }} {{ name = n; value = {Make(element, d)}; }} ]) {Make(Sort.List(Sort.String), d)}))",
            () => $"(builtins.intersectAttrs (builtins.functionArgs {Make(Sort.Function, d)}) {Make(sort, d)})",
            () => $"(({{ a, ... }}@x: x) ({{ a = {Make(element, d)}; }} // {Make(sort, d)}))",
            () => $"(let {{ x = {Make(sort, d)}; body = x // {{ {Name()} = {Make(element, d)}; }}; }})");
    }

    private Expression RarePath(int d) => Choose(
        () => $"({Make(Sort.Path, d)} + {Pick("\"\"", "\"/\"", "\"//x\"", "\"..\"", "\"/../..\"", "\"a/./b\"", "\"é\"")})",
        () => $"{Pick("/a", "/a/..", "/.")}${{{Make(Sort.String, 0)}}}/x",
        () => $"(builtins.head (builtins.sort builtins.lessThan [ {Make(Sort.Path, d)} {Make(Sort.Path, d)} ]))",
        () => $"(/. + builtins.unsafeDiscardStringContext {Make(Sort.Derivation, d)})");

    /// <summary>Derivations whose attributes are checked.</summary>
    private Expression RareDerivation(int d) => Choose(
        () => $"(derivation {{ name = {Pick("\"\"", "\".x\"", "\"a b\"", "\"a?=+._-b\"", "\"x.drv\"", "\"-a\"", "1", "\"é\"")}; system = \"s\"; builder = \"b\"; }})",
        () => $"(derivation {{ name = \"o\"; system = \"s\"; builder = \"b\"; outputs = {Pick("[ ]", "[ \"drv\" ]", "[ \"a\" \"a\" ]", "[ \"dev\" ]", "[ \"b\" \"a\" \"out\" ]", "\"out\"", "[ \"a.b\" ]", "[ \"\" ]")}; }})",
        () => $"(derivation {{ name = \"h\"; system = \"s\"; builder = \"b\"; outputHash = {Pick("\"\"", "\"abc\"", "builtins.hashString \"sha1\" \"x\"", "builtins.hashString \"md5\" \"x\"", "\"sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=\"")}; outputHashAlgo = {Pick("\"sha256\"", "\"sha1\"", "\"md5\"", "null", "\"\"", "\"sha3\"")}; outputHashMode = \"{Pick("flat", "recursive", "nar", "text", "git", "odd")}\"; }})",
        () => $"(derivation {{ name = \"j\"; system = \"s\"; builder = \"b\"; __structuredAttrs = {Make(Sort.Bool, 0)}; x = {Make(JsonSort(), d)}; outputs = [ \"out\" \"lib\" ]; __ignoreNulls = {Make(Sort.Bool, 0)}; }})",
        () => $"(derivation {{ name = \"p\"; system = \"s\"; builder = \"b\"; passAsFile = [ \"x\" ]; x = {Make(Sort.String, d)}; exportReferencesGraph = [ \"g\" {Make(Sort.Derivation, d)} ]; }})",
        () => $"(derivation {{ name = \"c\"; system = \"s\"; builder = \"b\"; a = {Make(Sort.Derivation, d)}.drvPath; b = builtins.unsafeDiscardOutputDependency {Make(Sort.Derivation, d)}.drvPath; c = \"${{builtins.toFile \"f\" {Make(Sort.String, 0)}}}\"; }})",
        () => $"({Make(Sort.Derivation, d)} // {{ outPath = {Make(Sort.String, d)}; }})",
        () => $"(builtins.head {Make(Sort.Derivation, d)}.all)");
}

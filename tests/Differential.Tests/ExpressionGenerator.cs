using System;
using System.Text;

namespace Firn.Differential.Tests;

/// <summary>
/// Makes random expressions of a wanted type that mostly evaluate. Only what implementations of the last years agree
/// on is used.
/// </summary>
internal sealed class ExpressionGenerator(int seed)
{
    private readonly Random _random = new(seed);
    private readonly string[] _names = ["a", "b", "c", "foo", "x-y", "z'"];
    private int _variables;

    public string Next()
    {
        _variables = 0;
        return _random.Next(5) switch
        {
            0 => Int(5),
            1 => String(5),
            2 => Bool(5),
            3 => List(5),
            _ => Set(5),
        };
    }

    private string Pick(params string[] choices) => choices[_random.Next(choices.Length)];

    private string Name() => Pick(_names);

    private string Variable() => "v" + _random.Next(_variables);

    /// <summary>An expression in which one more integer is in scope.</summary>
    private string Let(int depth, Func<int, string> body)
    {
        string value = Int(depth - 1);
        string name = "v" + _variables;
        _variables++;
        string inner = body(depth - 1);
        _variables--;
        return _random.Next(3) switch
        {
            0 => $"(let {name} = {value}; in {inner})",
            1 => $"(({name}: {inner}) {value})",
            _ => $"(({{ {name}, other ? 1 }}: {inner}) {{ {name} = {value}; }})",
        };
    }

    private string Int(int depth)
    {
        if (depth <= 0)
        {
            int number = _random.Next(-3, 12);
            return _variables > 0 && _random.Next(2) == 0 ? Variable() : number < 0 ? $"({number})" : $"{number}";
        }

        int d = depth - 1;
        return _random.Next(14) switch
        {
            0 => $"({Int(d)} + {Int(d)})",
            1 => $"({Int(d)} - {Int(d)})",
            2 => $"({Int(d)} * {Int(d)})",
            3 => $"({Int(d)} / {Int(d)})",
            4 => $"(if {Bool(d)} then {Int(d)} else {Int(d)})",
            5 => Let(depth, Int),
            6 => $"(builtins.length {List(d)})",
            7 => $"(builtins.stringLength {String(d)})",
            8 => $"({Set(d)}.{Name()} or {Int(d)})",
            9 => $"(builtins.foldl' (x: y: x + y) {Int(d)} {List(d)})",
            10 => $"(builtins.compareVersions {String(d)} {String(d)})",
            11 => $"(builtins.{Pick("bitAnd", "bitOr", "bitXor")} {Int(d)} {Int(d)})",
            12 => $"(builtins.elemAt {List(d)} {_random.Next(3)})",
            _ => Int(0),
        };
    }

    private string Bool(int depth)
    {
        if (depth <= 0)
        {
            return Pick("true", "false");
        }

        int d = depth - 1;
        return _random.Next(11) switch
        {
            0 => $"({Int(d)} {Pick("<", "<=", ">", ">=")} {Int(d)})",
            1 => $"({String(d)} {Pick("<", "<=", ">", ">=")} {String(d)})",
            2 => $"({List(d)} {Pick("==", "!=")} {List(d)})",
            3 => $"({Set(d)} {Pick("==", "!=")} {Set(d)})",
            4 => $"({Bool(d)} {Pick("&&", "||", "->")} {Bool(d)})",
            5 => $"(!{Bool(d)})",
            6 => $"({Set(d)} ? {Name()})",
            7 => $"(builtins.elem {Int(d)} {List(d)})",
            8 => $"(builtins.{Pick("any", "all")} (x: x {Pick("<", ">", "==")} {Int(d)}) {List(d)})",
            9 => $"(builtins.hasAttr {String(d)} {Set(d)})",
            _ => $"(builtins.tryEval {Pick($"(assert {Bool(d)}; 1)", "(throw \"x\")", Int(d))}).success",
        };
    }

    private string String(int depth)
    {
        if (depth <= 0)
        {
            return Pick("\"\"", "\"a\"", "\"b.c\"", "\"1.2-3\"", "\"Foo bar\"", "\"a\\n\\\"$x\"", "''\n  two\n    lines\n''", "\"é\"");
        }

        int d = depth - 1;
        return _random.Next(12) switch
        {
            0 => $"({String(d)} + {String(d)})",
            1 => $"\"${{{String(d)}}}-${{toString {Int(d)}}}\"",
            2 => $"(builtins.substring {_random.Next(4)} {_random.Next(-1, 6)} {String(d)})",
            3 => $"(builtins.replaceStrings [ {String(d)} {String(d)} ] [ \"-\" \"_\" ] {String(d)})",
            4 => $"(builtins.concatStringsSep {String(d)} (map toString {List(d)}))",
            5 => $"(toString {List(d)})",
            6 => $"(builtins.toJSON {Pick(List(d), Set(d), String(d), Bool(d))})",
            7 => $"(if {Bool(d)} then {String(d)} else {String(d)})",
            8 => Let(depth, String),
            9 => $"(toString (builtins.match {Pattern()} {String(d)}))",
            10 => $"(builtins.toJSON (builtins.split {Pattern()} {String(d)}))",
            _ => $"(builtins.typeOf {Pick(List(d), Set(d), String(d), Int(d))})",
        };
    }

    /// <summary>A regular expression that is always valid.</summary>
    private string Pattern()
    {
        StringBuilder pattern = new("\"");
        for (int i = _random.Next(1, 5); i > 0; i--)
        {
            pattern.Append(Pick("a", "b", ".", "[a-z]", "[^a]", "(a|b.)", "(.*)", "[[:space:]]", "([0-9]+)", "(b|bc)", "\\\\."));
            pattern.Append(Pick("", "", "*", "+", "?", "{1,2}"));
        }

        return pattern.Append('"').ToString();
    }

    private string List(int depth)
    {
        if (depth <= 0)
        {
            return Pick("[ ]", "[ 1 2 3 ]", "[ 5 3 9 1 ]");
        }

        int d = depth - 1;
        return _random.Next(12) switch
        {
            0 => $"({List(d)} ++ {List(d)})",
            1 => $"(map (x: x + {Int(d)}) {List(d)})",
            2 => $"(builtins.filter (x: x {Pick("<", ">")} {Int(d)}) {List(d)})",
            3 => $"(builtins.genList (x: x * {Int(d)}) {_random.Next(5)})",
            4 => $"(builtins.sort (x: y: x {Pick("<", ">")} y) {List(d)})",
            5 => $"(builtins.concatLists [ {List(d)} {List(d)} ])",
            6 => $"(builtins.attrValues {Set(d)})",
            7 => Let(depth, List),
            8 => $"(builtins.concatMap (x: [ x {Int(d)} ]) {List(d)})",
            9 => $"(builtins.tail {List(d)})",
            10 => $"(with {Set(d)}; {List(d)})",
            _ => $"[ {Int(d)} {Int(d)} ]",
        };
    }

    private string Set(int depth)
    {
        if (depth <= 0)
        {
            return Pick("{ }", "{ a = 1; b = 2; }", "{ foo = 3; }", "{ c = 4; x-y = 5; z' = 6; }");
        }

        int d = depth - 1;
        return _random.Next(11) switch
        {
            0 => $"({Set(d)} // {Set(d)})",
            1 => $"(builtins.mapAttrs (n: v: v + {Int(d)}) {Set(d)})",
            2 => $"(removeAttrs {Set(d)} [ \"{Name()}\" \"{Name()}\" ])",
            3 => $"(builtins.intersectAttrs {Set(d)} {Set(d)})",
            4 => $"(builtins.listToAttrs (map (x: {{ name = \"n${{toString x}}\"; value = x; }}) {List(d)}))",
            5 => $"(rec {{ a = {Int(d)}; b = a + 1; c = b * a; }})",
            6 => $"(let inherit ({Set(d)} // {{ a = {Int(d)}; }}) a; in {{ inherit a; }})",
            7 => $"{{ {Name()} = {Int(d)}; \"q r\" = {Int(d)}; }}",
            8 => $"{{ ${{\"k\" + {Pick("\"a\"", "\"b\"")}}} = {Int(d)}; foo = {Int(d)}; }}",
            9 => $"(builtins.mapAttrs (n: v: builtins.length v) (builtins.groupBy (x: toString (x / 2)) {List(d)}))",
            _ => $"(if {Bool(d)} then {Set(d)} else {Set(d)})",
        };
    }
}

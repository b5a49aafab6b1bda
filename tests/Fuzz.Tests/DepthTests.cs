using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Xunit;

namespace Firn.Fuzz.Tests;

/// <summary>
/// Sources and values nested a hundred thousand times, chains as long, values that contain themselves: each is a value
/// or an error, in little time.
/// </summary>
public sealed class DepthTests
{
    private const int Depth = 100_000;

    private static readonly Dictionary<string, Func<string>> s_sources = new()
    {
        ["lists"] = () => Times("[") + Times("]"),
        ["parentheses"] = () => Times("(") + "1" + Times(")"),
        ["sets"] = () => Times("{a=") + "1" + Times(";}"),
        ["recursive sets"] = () => Times("rec{a=") + "1" + Times(";}"),
        ["unclosed lists"] = () => Times("["),
        ["unclosed parentheses"] = () => Times("("),
        ["unclosed sets"] = () => Times("{a="),
        ["unclosed interpolations"] = () => Times("\"${"),
        ["unclosed indented interpolations"] = () => Times("''${"),
        ["interpolations"] = () => Times("\"${") + "\"\"" + Times("}\""),
        ["indented interpolations"] = () => Times("''${") + "\"\"" + Times("}''"),
        ["interpolated names"] = () => Times("{${") + "\"a\"" + Times("}=1;}"),
        ["sums"] = () => "1" + Times("+1"),
        ["differences"] = () => "1" + Times("-1"),
        ["products"] = () => "1" + Times("*1"),
        ["text"] = () => "\"a\"" + Times("+\"a\""),
        ["paths"] = () => "/a" + Times("+\"b\""),
        ["concatenations"] = () => "[1]" + Times("++[1]"),
        ["updates"] = () => "{}" + Times("//{a=1;}"),
        ["conjunctions"] = () => "true" + Times("&&true"),
        ["disjunctions"] = () => "false" + Times("||false"),
        ["implications"] = () => "true" + Times("->true"),
        ["pipes"] = () => "1" + Times("|>(x:x)"),
        ["backward pipes"] = () => Times("(x:x)<|") + "1",
        ["negations"] = () => Times("!") + "true",
        ["minus signs"] = () => Times("- ") + "1",
        ["functions"] = () => Times("x:") + "1",
        ["patterns"] = () => Times("{x?1}:") + "1",
        ["calls"] = () => "(x:x)" + Times(" (x:x)"),
        ["selections"] = () => "{}" + Times(".a"),
        ["selections with a default"] = () => Times("{}.a or (") + "1" + Times(")"),
        ["questions"] = () => "{}" + Times("?a"),
        ["long question"] = () => "{} ? a" + Times(".a"),
        ["long name"] = () => "{a" + Times(".a") + "=1;}",
        ["merged names"] = () => "{" + string.Concat(Enumerable.Range(0, Depth).Select(static i => $"a.b{i}=1;")) + "}",
        ["conditions"] = () => Times("if true then ") + "1" + Times(" else 2"),
        ["alternatives"] = () => Times("if false then 1 else ") + "2",
        ["lets"] = () => Times("let a=1;in ") + "a",
        ["withs"] = () => Times("with {a=1;};") + "a",
        ["asserts"] = () => Times("assert true;") + "1",
        ["comments"] = () => Times("/**/") + "1",
        ["comment signs"] = () => "1 " + Times("#"),
        ["dollars"] = () => "\"" + Times("$") + "\"",
        ["quotes"] = () => "''" + Times("'''") + "''",
        ["dots"] = () => Times("."),
        ["minuses together"] = () => Times("-") + "1",
        ["numbers"] = () => Times("9"),
        ["fractions"] = () => "0." + Times("9"),
        ["exponents"] = () => "1.0e" + Times("9"),
        ["names"] = () => Times("x"),
        ["formals"] = () => "{" + string.Concat(Enumerable.Range(0, Depth).Select(static i => $"a{i},")) + "}: 1",
        ["equal formals"] = () => "{" + Times("a,") + "}: 1",
        ["nulls"] = () => Times("\0"),
        ["bindings"] = () => "let " + string.Concat(Enumerable.Range(0, Depth).Select(static i => $"a{i}=a{i + 1};")) + $"a{Depth}=1; in a0",
        ["path"] = () => Times("/a"),
        ["path upwards"] = () => "/a" + Times("/.."),
        ["lookup"] = () => "<a" + Times("/a") + ">",
        ["url"] = () => "http://" + Times("a"),
        ["or"] = () => Times("or "),
        ["inherits"] = () => "let " + Times("inherit;") + "in 1",
    };

    public static TheoryData<string> Sources => [.. s_sources.Keys];

    public static TheoryData<string> Values
    {
        get
        {
            const string List = "(builtins.foldl' (a: b: [ a ]) [ ] (builtins.genList (x: x) 100000))";
            const string Set = "(builtins.foldl' (a: b: { inherit a; }) { } (builtins.genList (x: x) 100000))";
            const string Path = "(builtins.foldl' (a: b: { outPath = a; }) \"x\" (builtins.genList (x: x) 100000))";
            const string Text = "(builtins.foldl' (a: b: { __toString = self: a; }) \"x\" (builtins.genList (x: x) 100000))";
            const string Lazy = "(let go = n: if n == 0 then [ ] else [ (go (n - 1)) ]; in go 100000)";
            TheoryData<string> values = [];
            foreach (string value in (ReadOnlySpan<string>)[List, Set, Path, Text, Lazy, $"{{ x = {List}; }}", "(let x = [ x ]; in x)", "(let x = { a = x; }; in x)", "(let x = { outPath = x; }; in x)", "(let x = { __toString = self: self; }; in x)", "(let x = { __toString = self: x; outPath = x; }; in x)"])
            {
                values.Add(value);
                foreach (string use in (ReadOnlySpan<string>)["toString {0}", "builtins.toJSON {0}", "builtins.toXML {0}", "builtins.deepSeq {0} 1", "builtins.seq {0} 1", "{0} == {0}", "[ {0} ] == [ {0} ]", "{0} < {0}", "builtins.trace {0} 1", "throw {0}", "builtins.elem {0} [ {0} ]", "builtins.concatStringsSep \",\" {0}", "builtins.concatStringsSep \",\" [ {0} ]", "\"${{{0}}}\"", "builtins.toFile \"a\" {0}", "derivation {{ name = \"a\"; system = \"s\"; builder = \"b\"; a = {0}; }}", "(derivation {{ name = \"a\"; system = \"s\"; builder = \"b\"; a = {0}; }}).drvPath", "(derivation {{ name = \"a\"; system = \"s\"; builder = \"b\"; args = {0}; }}).drvPath", "(derivation {{ name = \"a\"; system = \"s\"; builder = \"b\"; __structuredAttrs = true; a = {0}; }}).drvPath", "builtins.genericClosure {{ startSet = [ {{ key = {0}; }} {{ key = {0}; }} ]; operator = x: [ ]; }}", "builtins.sort builtins.lessThan [ {0} {0} ]", "builtins.concatLists {0}", "builtins.attrValues {0}", "builtins.mapAttrs (n: v: v) {0}", "builtins.tryEval (builtins.deepSeq {0} 1)", "import {0}", "{0} 1"])
                {
                    values.Add(string.Format(System.Globalization.CultureInfo.InvariantCulture, use, value));
                }
            }

            foreach (string value in (ReadOnlySpan<string>)[
                "let f = x: f x; in f 1", "let f = x: 1 + f x; in f 1", "let f = { x }: f { inherit x; }; in f { x = 1; }", "let x = { __functor = self: self; }; in x 1", "let x = { __functor = self: x; }; in x 1",
                "let x = x; in x", "let x = y; y = x; in x", "let x = x + 1; in x", "let x = [ x ]; in x == [ x ]", "let x.a = x; in builtins.deepSeq x x.a.a.a ? a", "rec { a = b; b = a; }", "with (let x = x; in x); a", "let s = s // { }; in s", "let inherit (s) a; s = { inherit a; }; in a",
                "builtins.foldl' (a: b: a + b) 0 (builtins.genList (x: x) 100000)", "builtins.foldl' (a: b: a ++ [ b ]) [ ] (builtins.genList (x: x) 3000)", "builtins.foldl' (a: b: b a) 0 (builtins.genList (x: (y: x + y)) 100000)",
                "let xs = builtins.genList (i: if i == 0 then 0 else builtins.elemAt xs (i - 1) + 1) 100001; in builtins.elemAt xs 100000",
                "let go = n: if n == 0 then 0 else builtins.add 1 (go (n - 1)); in go 100000", "let go = n: if n == 0 then { } else { a = go (n - 1); } // { }; in go 100000", "let go = n: \"${go (n + 1)}\"; in go 0", "let go = n: assert go n; 1; in go 0", "let go = n: with go n; a; in go 0", "let go = n: (go n).a or 1; in go 0", "let go = n: go n ? a; in go 0", "let go = n: builtins.map go [ n ]; in builtins.deepSeq (go 1) 1",
                "let go = n: builtins.head (builtins.filter go [ n ]); in go 1", "let go = a: b: go b a < 1; in builtins.sort go [ 2 1 ]", "let go = e: builtins.genericClosure { startSet = [ e ]; operator = go; }; in go { key = 1; }", "builtins.scopedImport { } (let x = x; in x)",
                "builtins.fromJSON (builtins.concatStringsSep \"\" (builtins.genList (x: \"[\") 100000))", "builtins.fromJSON (builtins.concatStringsSep \"\" (builtins.genList (x: if x < 100000 then \"[\" else \"]\") 200000))", "builtins.fromJSON (builtins.concatStringsSep \"\" (builtins.genList (x: if x < 100000 then \"{\\\"a\\\":\" else \"}\") 200000))", "builtins.toJSON (builtins.fromJSON (builtins.concatStringsSep \"\" (builtins.genList (x: if x < 100000 then \"[\" else \"]\") 200000)))", "builtins.fromJSON (builtins.concatStringsSep \"\" (builtins.genList (x: \"9\") 100000))",
                "builtins.fromTOML (\"a=\" + builtins.concatStringsSep \"\" (builtins.genList (x: \"[\") 100000))", "builtins.fromTOML (\"a=\" + builtins.concatStringsSep \"\" (builtins.genList (x: if x < 100000 then \"[\" else \"]\") 200000))", "builtins.fromTOML (\"a=\" + builtins.concatStringsSep \"\" (builtins.genList (x: if x < 100000 then \"{a=\" else \"}\") 200000))", "builtins.fromTOML (builtins.concatStringsSep \".\" (builtins.genList (x: \"a\") 100000) + \"=1\")", "builtins.fromTOML (\"[\" + builtins.concatStringsSep \".\" (builtins.genList (x: \"a\") 100000) + \"]\")",
                "builtins.match (builtins.concatStringsSep \"\" (builtins.genList (x: \"(\") 100000)) \"a\"", "builtins.match (builtins.concatStringsSep \"\" (builtins.genList (x: if x < 100000 then \"(\" else \")\") 200000)) \"a\"", "builtins.match \"(a|b)*\" (builtins.concatStringsSep \"\" (builtins.genList (x: \"a\") 100000))", "builtins.match \"((a*)*)*\" (builtins.concatStringsSep \"\" (builtins.genList (x: \"a\") 10000) + \"b\")", "builtins.match \"(a?){50}a{50}\" (builtins.concatStringsSep \"\" (builtins.genList (x: \"a\") 50))", "builtins.split \"(a)\" (builtins.concatStringsSep \"\" (builtins.genList (x: \"a\") 100000))", "builtins.match \"a{1,100000}\" \"a\"", "builtins.match \"((((a{1,100}){1,100}){1,100}){1,100}){1,100}\" \"a\"", "builtins.match \"a{99999999999}\" \"a\"",
                "builtins.replaceStrings [ \"\" ] [ \"x\" ] (builtins.concatStringsSep \"\" (builtins.genList (x: \"a\") 100000))", "builtins.splitVersion (builtins.concatStringsSep \".\" (builtins.genList (x: \"1\") 100000))", "builtins.compareVersions (builtins.concatStringsSep \".\" (builtins.genList (x: \"1\") 100000)) (builtins.concatStringsSep \".\" (builtins.genList (x: \"1\") 100001))",
                "builtins.genList (x: x) 9223372036854775807", "builtins.genList (x: x) (-1)", "builtins.substring 9223372036854775807 9223372036854775807 \"a\"", "builtins.substring 1 9223372036854775807 \"abc\"", "builtins.elemAt [ 1 ] 9223372036854775807", "builtins.elemAt [ 1 ] (-9223372036854775807 - 1)", "(-9223372036854775807 - 1) / (-1)", "builtins.bitAnd 9223372036854775807 (-1)", "builtins.floor 1.0e300", "builtins.ceil (0.0 - 1.0e300)", "builtins.floor (1.0e308 * 10)", "builtins.toJSON (1.0e308 * 10)", "builtins.fromJSON \"1e999\"", "builtins.fromJSON \"-0\"", "builtins.fromJSON \"123456789012345678901234567890\""])
            {
                values.Add(value);
            }

            return values;
        }
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public void Deep_sources_end(string name) =>
        Watch.Run([Encoding.UTF8.GetBytes(s_sources[name]())], static bytes => new SourceRun(bytes).Evaluate());

    [Theory]
    [MemberData(nameof(Values))]
    public void Deep_values_end(string expression) => Watch.Run([Encoding.UTF8.GetBytes(expression)], static bytes => new SourceRun(bytes).Evaluate());

    private static string Times(string text) => new StringBuilder(text.Length * Depth).Insert(0, text, Depth).ToString();
}

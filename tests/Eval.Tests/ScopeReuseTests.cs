using System.Text;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;
using Xunit;

namespace Firn.Eval.Tests;

/// <summary>Calls whose scope is used again, and lists that are never made, must not be seen.</summary>
public sealed class ScopeReuseTests
{
    [Theory]

    // What a branch keeps must keep its own argument, whatever was called before and after.
    [InlineData("let f = x: if x > 2 then { a = x * 2; } else x; in map (y: y.a or y) (map f [ 1 3 2 4 ])", "[ 1 6 2 8 ]")]
    [InlineData("let f = x: if x == 0 then (y: x + y) else x; g = f 0; in [ (f 1) (f 2) (g 3) ]", "[ 1 2 3 ]")]
    [InlineData("let f = x: if x == 0 then [ ] else [ (x + 1) ] ++ f (x - 1); in f 3", "[ 4 3 2 ]")]

    // Calls inside of calls have scopes of their own.
    [InlineData("let f = n: if n < 2 then n else f (n - 1) + f (n - 2); in f 15", "610")]
    [InlineData("let f = a: b: if a == 0 then b else f (a - 1) (b + a); in f 10 0", "55")]
    [InlineData("let k = a: b: a; in map (n: k n (throw \"unused\")) [ 1 2 ]", "[ 1 2 ]")]
    [InlineData("let f = { a }: b: b == a; in [ (f { a = 1; } 1) (f { a = 2; } 1) ]", "[ true false ]")]
    [InlineData("let add = a: b: a + b; p = add 1; in [ (p 2) (add 3 4) (p 5) ]", "[ 3 7 6 ]")]

    // An error leaves calls without their end.
    [InlineData("let f = x: if x == 2 then throw \"two\" else x; in map (x: (builtins.tryEval (f x)).value) [ 1 2 3 ]", "[ 1 false 3 ]")]

    // Names that are computed.
    [InlineData("map (n: { a = 1; b = 2; }.${n} or 0) [ \"a\" \"b\" \"c\" \"a\" ]", "[ 1 2 0 1 ]")]
    [InlineData("map (n: { a = 1; } ? ${n}) [ \"a\" \"b\" ]", "[ true false ]")]
    public void ValuesAreTheSame(string program, string value) => Assert.Equal(value, TestEvaluation.Show(program));

    [Theory]
    [InlineData("builtins.concatLists (map (x: if x == 1 then [ ] else [ x x ]) [ 1 2 1 3 ])", "[ 2 2 3 3 ]")]
    [InlineData("builtins.concatLists (map (throw \"unused\") [ ])", "[ ]")]
    [InlineData("let concatMap = f: xs: builtins.concatLists (map f xs); in concatMap (x: [ x ]) [ 1 2 ]", "[ 1 2 ]")]
    [InlineData("let own = f: f; in own (map (x: x + 1) [ 1 ])", "[ 2 ]")]
    [InlineData("builtins.length (builtins.concatLists (map (x: [ (throw \"unused\") ]) [ 1 2 ]))", "2")]
    public void JoiningMappedListsMakesNoDifference(string program, string value) => Assert.Equal(value, TestEvaluation.Show(program));

    [Theory]
    [InlineData("builtins.concatLists (map (x: x) [ 1 ])", "let m = map (x: x) [ 1 ]; in builtins.concatLists m")]
    [InlineData("builtins.concatLists (map 1 [ 1 ])", "let m = map 1 [ 1 ]; in builtins.concatLists m")]
    [InlineData("builtins.concatLists (map (x: x) 1)", "let m = map (x: x) 1; in builtins.concatLists m")]
    [InlineData("builtins.concatLists (map (x: throw \"no\") [ 1 ])", "let m = map (x: throw \"no\") [ 1 ]; in builtins.concatLists m")]
    public void JoiningMappedListsFailsAsBefore(string fused, string apart) => Assert.Equal(Frames(apart), Frames(fused));

    [Fact]
    public void ConstantStringsServeSeveralEvaluations()
    {
        for (int i = 0; i < 2; i++)
        {
            Evaluator ev = TestEvaluation.Make();
            for (int n = 0; n < i * 7; n++)
            {
                ev.Symbols.Intern("other" + n);
            }

            Value value = TestEvaluation.Evaluate(ev, "{ set = 1; }.${builtins.typeOf { }} + { int = 2; }.${builtins.typeOf 1}");
            Assert.Equal(3, ev.ForceInt(value, ""));
        }
    }

    // The lines of a report that do not show the program.
    private static string Frames(string program)
    {
        StringBuilder frames = new();
        foreach (string line in TestEvaluation.Show(program, showTrace: true).Split('\n'))
        {
            string text = line.Trim();
            if (text.StartsWith('…') || text.StartsWith("error"))
            {
                frames.AppendLine(text);
            }
        }

        return frames.ToString();
    }
}

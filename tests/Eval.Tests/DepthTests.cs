using System.Diagnostics;
using Xunit;

namespace Firn.Eval.Tests;

public sealed class DepthTests
{
    [Fact]
    public void CallsMayBeNestedTenThousandTimes() =>
        Assert.Equal("9990", TestEvaluation.Show("let f = n: if n == 0 then 0 else 1 + f (n - 1); in f 9990"));

    [Fact]
    public void DeeperCallsAreAnErrorEvenInTailPosition() =>
        Assert.Contains("error: stack overflow; max-call-depth exceeded", TestEvaluation.Show("let f = n: f (n + 1); in f 0"));

    [Fact]
    public void ChainsOfThunksMayBeDeeper() => Assert.Equal(
        "100000",
        TestEvaluation.Show("let xs = builtins.genList (i: if i == 0 then 0 else builtins.elemAt xs (i - 1) + 1) 100001; in builtins.seq (builtins.foldl' (a: b: b) 0 xs) (builtins.elemAt xs 100000)"));

    [Fact]
    public void TheEndOfTheStackIsAnError()
    {
        Stopwatch watch = Stopwatch.StartNew();
        string report = TestEvaluation.Show(
            "let xs = builtins.genList (i: [ (if i == 0 then 0 else builtins.head (builtins.elemAt xs (i - 1)) + 1) ]) 20000000; in builtins.head (builtins.elemAt xs 19999999)");
        Assert.Contains("stack overflow", report);
        Assert.True(watch.Elapsed.TotalSeconds < 60, "reporting took too long");
    }

    [Fact]
    public void CaughtErrorsDoNotCountAsCalls() => Assert.Equal(
        "false",
        TestEvaluation.Show(
            "let f = n: if n == 0 then throw \"end\" else 1 + f (n - 1); in (builtins.foldl' (a: b: builtins.tryEval (f 900)) null (builtins.genList (x: x) 50)).success"));
}

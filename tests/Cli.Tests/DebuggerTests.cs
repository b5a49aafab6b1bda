using System;
using System.IO;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary>The debugger, and the profile of calls.</summary>
public sealed class DebuggerTests : IDisposable
{
    private readonly FirnProcess _firn = new();

    public DebuggerTests() => File.AppendAllText(Path.Combine(_firn.Directory, "conf", "nix.conf"), "experimental-features = nix-command flakes\n");

    public void Dispose() => _firn.Dispose();

    [Fact]
    public void A_failure_stops_where_its_variables_can_be_seen()
    {
        Outcome outcome = Debug(":env\n:bt\nx.a + y\n:st 2\n", "let x.a = 1; in with x; (y: builtins.seq a (throw \"oh snap\")) 41");
        Assert.Equal(1, outcome.Status);
        Assert.StartsWith("error: oh snap\n\nNix 2.34.8 debugger\nType :? for help.\n", outcome.Error, StringComparison.Ordinal);
        string output = Plain(outcome.Output);
        Assert.Contains("Env level 0\nstatic: y \n\nEnv level 1\nstatic: \nwith: a \n\nEnv level 2\nstatic: x \n\nEnv level 3\n", output, StringComparison.Ordinal);
        Assert.Contains("\n0: error: oh snap\n«string»:1:45\n", output, StringComparison.Ordinal);
        Assert.Contains("\n1: while calling a function\n", output, StringComparison.Ordinal);
        Assert.Contains("while calling anonymous lambda\n«string»:1:26\n", output, StringComparison.Ordinal);
        Assert.Contains("while evaluating a 'let' expression", output, StringComparison.Ordinal);
        Assert.Contains("x.a + y\n42\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_break_goes_on_with_its_value()
    {
        Outcome outcome = Debug("y\n:c\n", "let f = y: builtins.break (y + 1); in f 2");
        Assert.Equal(0, outcome.Status);
        Assert.Equal("info: breakpoint reached\n\nNix 2.34.8 debugger\nType :? for help.\n", outcome.Error);
        Assert.EndsWith("y\n2\n\nnix-repl> :c\n3\n", Plain(outcome.Output), StringComparison.Ordinal);
        Assert.Equal(1, Debug(":q\n", "builtins.break 1").Status);
    }

    [Fact]
    public void Steps_stop_again()
    {
        Outcome outcome = Debug(":s\n:s\n:c\n", "let f = y: y + 1; in builtins.break (f (f 1))");
        Assert.Equal(0, outcome.Status);
        Assert.Equal(3, outcome.Error.Split("debugger\n").Length - 1);
        Assert.EndsWith(":c\n3\n", Plain(outcome.Output), StringComparison.Ordinal);
    }

    [Fact]
    public void Failures_that_are_caught_stop_unless_they_are_to_be_ignored()
    {
        const string Expression = "(builtins.tryEval (throw \"x\")).success";
        Outcome stops = Debug(":c\n", Expression);
        Assert.Contains("This exception occurred in a 'tryEval' call.", stops.Error, StringComparison.Ordinal);
        Assert.EndsWith("false\n", Plain(stops.Output), StringComparison.Ordinal);
        Assert.Equal(new Outcome(0, "false\n", ""), Debug("", Expression, "--ignore-try"));
    }

    [Theory]
    [InlineData("let f = arg: arg; in f 1", "«string»:1:22:f 1\n")]
    [InlineData("(arg: arg) 1", "«string»:1:1 1\n")]
    [InlineData("builtins.head [ 0 ]", "«string»:1:1:primop head 1\n")]
    [InlineData("let f = { a }: b: a + b; in f { a = 1; } 2", "«string»:1:29:f 1\n")]
    [InlineData("builtins.tryEval (throw \"x\")", "«string»:1:1:primop tryEval 1\n«string»:1:1:primop tryEval;«string»:1:19:primop throw 1\n")]
    [InlineData("builtins.all (x: true) [ 1 ]", "«string»:1:1:primop all 1\n«string»:1:1:primop all;«string»:1:15 1\n")]
    [InlineData("{ __functor = self: x: x; } 1", "«string»:1:1:functor 1\n«string»:1:1:functor;«string»:1:3 1\n")]
    [InlineData("1 2", "«string»:1:1 1\n")]
    public void Calls_are_profiled(string expression, string profile)
    {
        _firn.Run("nix-instantiate", "--eval", "--eval-profiler", "flamegraph", "--eval-profiler-frequency", "0", "--eval-profile-file", "profile", "--expr", expression);
        Assert.Equal(profile, File.ReadAllText(Path.Combine(_firn.Work, "profile")));
    }

    [Fact]
    public void Calls_are_counted()
    {
        _firn.Variables["NIX_SHOW_STATS"] = "1";
        _firn.Variables["NIX_COUNT_CALLS"] = "1";
        Outcome outcome = _firn.Run("nix-instantiate", "--eval", "--expr", "let f = x: builtins.head [ x ]; in f (f 1)");
        using System.Text.Json.JsonDocument statistics = System.Text.Json.JsonDocument.Parse(outcome.Error);
        Assert.Equal(2, statistics.RootElement.GetProperty("primops").GetProperty("head").GetInt32());
        System.Text.Json.JsonElement function = statistics.RootElement.GetProperty("functions")[0];
        Assert.Equal("f", function.GetProperty("name").GetString());
        Assert.Equal(2, function.GetProperty("count").GetInt32());
        Assert.True(statistics.RootElement.GetProperty("gc").GetProperty("totalBytes").GetInt64() > 0);
    }

    private Outcome Debug(string input, string expression, params ReadOnlySpan<string> flags) =>
        _firn.RunWithInput(input, "nix", ["eval", "--impure", "--debugger", .. flags, "--expr", expression]);

    private static string Plain(string text) => Eval.Errors.AnsiText.Strip(text);
}

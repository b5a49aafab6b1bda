using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Xunit;

namespace Firn.Eval.Tests;

/// <summary>
/// Expressions with what they give. <c>fixtures/values.txt</c> holds values, <c>errors.txt</c> and
/// <c>traces.txt</c> reports of errors, the latter with full traces. A new case is a new block: the expression, a
/// line <c>=&gt;</c>, the expected text; blocks are divided by lines of <c>%%</c>.
/// </summary>
public sealed class FixtureTests
{
    public static TheoryData<string, string> Values => Read("values");

    public static TheoryData<string, string> Errors => Read("errors");

    public static TheoryData<string, string> Traces => Read("traces");

    [Theory]
    [MemberData(nameof(Values))]
    public void GivesTheValue(string expression, string expected) => Assert.Equal(expected, TestEvaluation.Show(expression));

    [Theory]
    [MemberData(nameof(Errors))]
    public void ReportsTheError(string expression, string expected) => Assert.Equal(expected, TestEvaluation.Show(expression));

    [Theory]
    [MemberData(nameof(Traces))]
    public void ReportsTheTrace(string expression, string expected) =>
        Assert.Equal(expected, TestEvaluation.Show(expression, showTrace: true));

    /// <summary>Where a reference evaluator is installed, it agrees with the expected values.</summary>
    [Fact]
    public void TheReferenceAgrees()
    {
        string? reference = FindReference();
        List<string> differing = [];
        if (reference is not null)
        {
            foreach ((string expression, string expected) in Blocks("values").Where(b => IsOld(b.Expression)))
            {
                string actual = Ask(reference, expression);
                if (actual != expected)
                {
                    differing.Add($"{expression}\n{expected}\n{actual}");
                }
            }
        }

        Assert.Empty(differing);
    }

    // What every version of the reference since 2.8 knows and prints alike.
    private static bool IsOld(string expression) =>
        !expression.Contains("|>") && !expression.StartsWith('-') && !expression.Contains("<nix/")
        && !expression.Contains("«repeated»") && !expression.Contains("__curPos");

    private static string? FindReference()
    {
        string? wanted = Environment.GetEnvironmentVariable("FIRN_REFERENCE");
        return wanted is not null && File.Exists(wanted) ? wanted : null;
    }

    private static string Ask(string program, string expression)
    {
        ProcessStartInfo start = new(program, ["--eval", "--strict", "--extra-experimental-features", "pipe-operators", "-E", expression])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["NIX_REMOTE"] = "dummy://";
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output.TrimEnd('\n');
    }

    private static TheoryData<string, string> Read(string name)
    {
        TheoryData<string, string> data = [];
        foreach ((string expression, string expected) in Blocks(name))
        {
            data.Add(expression, expected);
        }

        return data;
    }

    private static IEnumerable<(string Expression, string Expected)> Blocks(string name)
    {
        string text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "fixtures", name + ".txt"));
        foreach (string block in text.TrimEnd('\n').Split("\n%%\n"))
        {
            string[] parts = block.Split("\n=>\n");
            yield return (parts[0], parts[1]);
        }
    }
}

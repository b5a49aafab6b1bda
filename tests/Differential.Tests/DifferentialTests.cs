using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using Xunit;

namespace Firn.Differential.Tests;

/// <summary>
/// Expressions of which another implementation, where one is installed, makes the same, however the value is shown.
/// Without one the tests still hold that no expression makes this program fail in any way but by an error of the
/// language. <c>FIRN_REFERENCE</c> names another to compare with, <c>FIRN_SEED</c> and <c>FIRN_COUNT</c> make other and
/// more random expressions.
/// </summary>
public sealed class DifferentialTests
{
    private const int DefaultCount = 500;
    private const int ShrinkingTries = 400;
    private const int DifferencesShown = 3;

    public static TheoryData<string> Files
    {
        get
        {
            TheoryData<string> names = [];
            foreach (string file in Directory.GetFiles(Agreeing, "*.txt").Order(StringComparer.Ordinal))
            {
                names.Add(Path.GetFileNameWithoutExtension(file));
            }

            return names;
        }
    }

    private static string Fixtures => Path.Combine(AppContext.BaseDirectory, "fixtures");

    private static string Agreeing => Path.Combine(Fixtures, "agreeing");

    [Theory]
    [MemberData(nameof(Files))]
    public void Written_expressions_agree(string name)
    {
        using Comparison comparison = new();
        List<string> expressions = [.. ReadFixtures(name).Select(comparison.Subject.Folder.Expand)];
        Assert.NotEmpty(expressions);
        ILookup<string, Printing> changed = ChangedExpression.Read(Path.Combine(Fixtures, "changed.txt")).ToLookup(static c => c.Expression, static c => c.Printing);
        foreach (Printing printing in Enum.GetValues<Printing>())
        {
            List<string> agreeing = comparison.Reference is { IsCurrent: false } ? [.. expressions.Where(e => !changed[e].Contains(printing))] : expressions;
            (List<string> differing, _) = comparison.Compare(agreeing, printing);
            Assert.True(differing.Count == 0, string.Join('\n', differing.Select(e => comparison.Describe(e, printing))));
        }
    }

    [Fact]
    public void Changed_expressions_differ_from_the_older_implementation_alone()
    {
        using Comparison comparison = new();
        foreach (ChangedExpression changed in ChangedExpression.Read(Path.Combine(Fixtures, "changed.txt")))
        {
            string? here = comparison.Subject.Evaluate(changed.Expression, changed.Printing);
            Assert.True(here == changed.Value, $"{changed}: {here}");
            if (comparison.Reference is { } reference)
            {
                string? there = reference.Evaluate(changed.Expression, changed.Printing);
                Assert.True((there == changed.Value) == reference.IsCurrent, $"{changed}: {there}");
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Random_expressions_agree(int seed)
    {
        using Comparison comparison = new();
        bool current = comparison.Reference?.IsCurrent ?? true;
        ExpressionGenerator generator = new(seed + Number("FIRN_SEED", 0), current);
        Dictionary<string, Expression> trees = [];
        for (int i = Number("FIRN_COUNT", DefaultCount); i > 0; i--)
        {
            Expression tree = generator.Next();
            trees[tree.ToString()] = tree;
        }

        foreach (Printing printing in Enum.GetValues<Printing>())
        {
            List<string> expressions = [.. trees.Where(t => current || IsOld(t.Value, printing)).Select(static t => t.Key)];
            (List<string> differing, int evaluated) = comparison.Compare(expressions, printing);
            Assert.True(differing.Count == 0, string.Join('\n', differing.Take(DifferencesShown).Select(e => comparison.Describe(
                trees[e].Shrink(smaller => comparison.Differs(smaller.ToString(), printing), ShrinkingTries).ToString(), printing))));
            Assert.InRange(evaluated, expressions.Count / 4, expressions.Count);
        }
    }

    /// <summary>
    /// Whether older implementations show a value alike: they delayed more, and wrote floats otherwise as JSON.
    /// </summary>
    private static bool IsOld(Expression tree, Printing printing) => printing switch
    {
        Printing.Lazy or Printing.LazyXml => tree.Sort.Element is null && tree.Sort != Sort.Derivation,
        Printing.Json => !tree.Any(static part => part.Sort.HasFloats),
        Printing.Strict or Printing.Xml => true,
    };

    /// <summary>
    /// A fixture file: an expression a line; lines of <c>#</c> are comments; <c>\</c> at the end of a line continues it.
    /// </summary>
    private static IEnumerable<string> ReadFixtures(string name)
    {
        StringBuilder expression = new();
        foreach (string line in File.ReadLines(Path.Combine(Agreeing, name + ".txt")))
        {
            if (line.EndsWith(" \\", StringComparison.Ordinal))
            {
                expression.Append(line, 0, line.Length - 2).Append('\n');
            }
            else if (expression.Length > 0 || (line.Length != 0 && !line.StartsWith('#')))
            {
                yield return expression.Append(line).ToString();
                expression.Clear();
            }
        }
    }

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Xunit;

namespace Firn.Differential.Tests;

/// <summary>
/// Expressions of which another implementation, where one is installed, makes the same. Without one the tests
/// still hold that no expression makes this program fail in any way but by an error of the language.
/// </summary>
public sealed class DifferentialTests
{
    private const int BatchSize = 100;
    private const int FailuresAsked = 5;

    public static TheoryData<string> Files
    {
        get
        {
            TheoryData<string> names = [];
            foreach (string file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "fixtures"), "*.txt").Order(StringComparer.Ordinal))
            {
                names.Add(Path.GetFileNameWithoutExtension(file));
            }

            return names;
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Written_expressions_agree(string name)
    {
        string[] lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "fixtures", name + ".txt"));
        List<string> expressions = [.. lines.Where(static l => l.Length != 0 && !l.StartsWith('#'))];
        Assert.NotEmpty(expressions);
        Compare(expressions, FailuresAsked);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Random_expressions_agree(int seed)
    {
        ExpressionGenerator generator = new(seed);
        List<string> expressions = [];
        for (int i = 0; i < 200; i++)
        {
            expressions.Add(generator.Next());
        }

        int evaluated = Compare(expressions, FailuresAsked);
        Assert.InRange(evaluated, expressions.Count / 4, expressions.Count);
    }

    /// <summary>Compares the two; gives how many of the expressions have a value.</summary>
    private static int Compare(List<string> expressions, int failuresAsked)
    {
        List<(string Expression, string Value)> values = [];
        List<string> failures = [];
        foreach (string expression in expressions)
        {
            if (Subject.Evaluate(expression) is string value)
            {
                values.Add((expression, value));
            }
            else
            {
                failures.Add(expression);
            }
        }

        if (Reference.Program is not null)
        {
            // Many at once: starting the other program costs more than evaluating.
            foreach ((string Expression, string Value)[] batch in values.Chunk(BatchSize))
            {
                string list = "[\n" + string.Join("\n", batch.Select(static v => $"({v.Expression})")) + "\n]";
                if (Reference.Evaluate(list) != Subject.Evaluate(list))
                {
                    CompareEach(batch);
                }
            }

            foreach (string failure in failures.Take(failuresAsked))
            {
                Assert.True(Reference.Evaluate(failure) is null, $"fails here alone: {failure}");
            }
        }

        return values.Count;
    }

    private static void CompareEach((string Expression, string Value)[] batch)
    {
        foreach ((string expression, string value) in batch)
        {
            string? other = Reference.Evaluate(expression);
            Assert.True(other == value, $"{expression}\nhere:  {value}\nthere: {other ?? "fails"}");
        }
    }
}

using System;
using System.IO;
using Xunit;

namespace Firn.Eval.Tests.Builtins;

/// <summary>
/// Expressions with what they give, one file of <c>fixtures/builtins</c> for each family, in the form of the other
/// fixtures: the expression, <c>=&gt;</c>, the value or the report of the error, blocks divided by <c>%%</c>.
/// </summary>
public sealed class BuiltinFixtureTests
{
    public static TheoryData<string, string, string> Cases
    {
        get
        {
            TheoryData<string, string, string> data = [];
            foreach (string file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "fixtures", "builtins"), "*.txt"))
            {
                foreach (string block in File.ReadAllText(file).TrimEnd('\n').Split("\n%%\n"))
                {
                    string[] parts = block.Split("\n=>\n");
                    data.Add(Path.GetFileNameWithoutExtension(file), parts[0], parts[1]);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_builtin_gives_what_it_should(string family, string expression, string expected)
    {
        string actual = TestEvaluation.Show(expression);
        Assert.True(expected.TrimEnd() == actual.TrimEnd(), $"{family}: {expression}\nexpected: {expected}\nactual:   {actual}");
    }
}

using System.IO;
using System.Text;
using Firn.Syntax.Parsing;
using Firn.Syntax.Text;
using Xunit;

namespace Firn.Syntax.Tests.Parsing;

/// <summary>Sources with the tree that they are, or with the error that they give.</summary>
public sealed class GoldenTests
{
    public static TheoryData<string> Accepted => Fixtures.Names("ok");

    public static TheoryData<string> Refused => Fixtures.Names("err");

    [Theory]
    [MemberData(nameof(Accepted))]
    public void A_source_has_its_tree(string name)
    {
        byte[] text = File.ReadAllBytes(Path.Combine(Fixtures.Directory("ok"), name + ".nix"));
        Fixtures.AssertGolden("ok", name, TreePrinter.Print(Fixtures.Parse(text).Root));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_wrong_source_has_its_error(string name)
    {
        byte[] text = File.ReadAllBytes(Path.Combine(Fixtures.Directory("err"), name + ".nix"));
        ParseException error = Assert.Throws<ParseException>(() => Fixtures.Parse(text));
        LineColumn at = error.SourceText.GetLineColumn(error.Position);
        Fixtures.AssertGolden("err", name, Encoding.UTF8.GetBytes($"{at.Line}:{at.Column}: {error.Message}"));
    }

    [Theory]
    [MemberData(nameof(Accepted))]
    public void Printing_is_a_fixed_point(string name)
    {
        // The form of nested interpolated sets and of paths is not source again; everything else is.
        byte[] printed = File.ReadAllBytes(Path.Combine(Fixtures.Directory("ok"), name + ".txt"));
        byte[]? again;
        try
        {
            again = TreePrinter.Print(Fixtures.Parse(printed).Root);
        }
        catch (ParseException)
        {
            Assert.True(IsNotSource(printed), $"{name}: what was printed cannot be read");
            return;
        }

        if (!IsNotSource(printed))
        {
            byte[] thrice = TreePrinter.Print(Fixtures.Parse(again).Root);
            Assert.Equal(Encoding.UTF8.GetString(again), Encoding.UTF8.GetString(thrice));
        }
    }

    /// <summary>Floats lose digits, `+ "` loses forced strings, assert has no parentheses, paths may end in a slash.</summary>
    private static bool IsNotSource(byte[] printed)
    {
        string text = Encoding.UTF8.GetString(printed);
        return text.Contains("/ ", System.StringComparison.Ordinal) || text.Contains("assert ", System.StringComparison.Ordinal)
            || text.Contains("e-", System.StringComparison.Ordinal) || text.Contains("e+", System.StringComparison.Ordinal)
            || text.Contains("(/)", System.StringComparison.Ordinal);
    }
}

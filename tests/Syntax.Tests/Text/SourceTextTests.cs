using System.Text;
using Firn.Syntax.Text;
using Xunit;

namespace Firn.Syntax.Tests.Text;

public sealed class SourceTextTests
{
    [Theory]
    [InlineData("ab\ncd", 0, 1, 1)]
    [InlineData("ab\ncd", 2, 1, 3)]
    [InlineData("ab\ncd", 3, 2, 1)]
    [InlineData("ab\r\ncd", 4, 2, 1)]
    [InlineData("ab\rcd", 3, 2, 1)]
    [InlineData("ab\r\n\r\ncd", 6, 3, 1)]
    [InlineData("ab\n", 3, 2, 1)]
    [InlineData("", 0, 1, 1)]
    [InlineData("é=", 2, 1, 3)]
    public void Lines_end_in_any_of_the_three_ways(string text, int offset, int line, int column) =>
        Assert.Equal(new LineColumn(line, column), SourceText.FromString(Encoding.UTF8.GetBytes(text)).GetLineColumn(offset));

    [Fact]
    public void Lines_come_without_their_ends()
    {
        SourceText source = SourceText.FromString("one\r\ntwo\rthree\n"u8.ToArray());
        Assert.Equal("one"u8.ToArray(), source.GetLine(1).ToArray());
        Assert.Equal("two"u8.ToArray(), source.GetLine(2).ToArray());
        Assert.Equal("three"u8.ToArray(), source.GetLine(3).ToArray());
        Assert.Empty(source.GetLine(4).ToArray());
        Assert.Empty(source.GetLine(0).ToArray());
        Assert.Empty(source.GetLine(9).ToArray());
    }

    [Fact]
    public void Positions_name_their_source()
    {
        Assert.Equal("/a/b.nix:1:2", SourceText.FromFile("ab"u8.ToArray(), "/a/b.nix").Describe(1));
        Assert.Equal("«string»:1:2", SourceText.FromString("ab"u8.ToArray()).Describe(1));
        Assert.Equal("«stdin»:1:2", SourceText.FromStdin("ab"u8.ToArray()).Describe(1));
        Assert.Equal("«none»", SourceText.FromString("ab"u8.ToArray()).Describe(SourceText.NoPosition));
    }
}

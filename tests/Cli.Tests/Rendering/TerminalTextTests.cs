using System.Text;
using Firn.Cli.Rendering.Logs;
using Xunit;

namespace Firn.Cli.Tests.Rendering;

public class TerminalTextTests
{
    [Theory]
    [InlineData("plain", "plain", "plain")]
    [InlineData("\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m", "red")]
    [InlineData("\x1b[2Kgone\x1b[5A", "gone", "gone")]
    [InlineData("\x1b]8;;http://x\x1b\\link\x1b]8;;\a", "link", "link")]
    [InlineData("a\tb", "a       b", "a       b")]
    [InlineData("one\rtwo\a", "onetwo", "onetwo")]
    [InlineData("cut\x1b[", "cut", "cut")]
    public void NothingMovesTheCursor(string text, string coloured, string plain)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Assert.Equal(coloured, Encoding.UTF8.GetString(TerminalText.Filter(bytes, colours: true)));
        Assert.Equal(plain, Encoding.UTF8.GetString(TerminalText.Filter(bytes, colours: false)));
    }

    [Fact]
    public void BytesThatAreNoTextStay() => Assert.Equal([0xff, (byte)'a', 0xc3], TerminalText.Filter([0xff, (byte)'a', 0xc3], colours: true));

    [Theory]
    [InlineData("abc", 3)]
    [InlineData("世界", 4)]
    [InlineData("e\u0301", 1)]
    [InlineData("🚀", 2)]
    [InlineData("▶ ├─", 4)]
    public void WideCharactersTakeTwoColumns(string text, int columns) => Assert.Equal(columns, TerminalText.Columns(text));

    [Theory]
    [InlineData("abcdef", 6, "abcdef")]
    [InlineData("abcdef", 4, "abc…")]
    [InlineData("世界世界", 5, "世界…")]
    [InlineData("世界世界", 4, "世…")]
    [InlineData("abc", 0, "")]
    public void LinesAreCutByColumns(string text, int width, string expected) => Assert.Equal(expected, TerminalText.Cut(text, width));
}

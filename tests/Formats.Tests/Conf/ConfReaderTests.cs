using System.Linq;
using Firn.Formats.Conf;
using Xunit;

namespace Firn.Formats.Tests.Conf;

public sealed class ConfReaderTests
{
    private static string Read(string text) => string.Join('|', ConfReader.Read(text, "/etc/nix/nix.conf", static path => path switch
    {
        "/etc/nix/more.conf" => "inner = 1\n",
        "/abs.conf" => "include more.conf",
        "/more.conf" => "far = 2",
        "/etc/nix/self.conf" => "include self.conf",
        _ => null,
    }).Select(static s => $"{s.Name}={s.Value}"));

    [Theory]
    [InlineData("", "")]
    [InlineData("# only\n\n  \t\n", "")]
    [InlineData("a = b", "a=b")]
    [InlineData("  a\t=  b   c # d\ne =\n", "a=b c|e=")]
    [InlineData("a = 1\ninclude more.conf\nb = 2", "a=1|inner=1|b=2")]
    [InlineData("include /abs.conf", "far=2")]
    [InlineData("!include none.conf\na = b=c = d", "a=b=c = d")]
    [InlineData("include = x", "error")]
    public void Settings_are_read_in_order(string text, string expected)
    {
        if (expected == "error")
        {
            Assert.Equal($"syntax error in configuration line '{text}' in \"/etc/nix/nix.conf\"", Assert.Throws<UnknownWordException>(() => Read(text)).Message);
        }
        else
        {
            Assert.Equal(expected, Read(text));
        }
    }

    [Theory]
    [InlineData("a", "syntax error in configuration line 'a' in \"/etc/nix/nix.conf\"")]
    [InlineData("a b # c", "syntax error in configuration line 'a b ' in \"/etc/nix/nix.conf\"")]
    [InlineData("include none.conf", "file \"/etc/nix/none.conf\" included from \"/etc/nix/nix.conf\" not found")]
    [InlineData("include self.conf", "file \"/etc/nix/self.conf\" included from \"/etc/nix/self.conf\" is nested more than 100 deep")]
    public void A_bad_file_is_refused(string text, string message) =>
        Assert.Equal(message, Assert.ThrowsAny<FormatsException>(() => Read(text)).Message);
}

using Xunit;

namespace Firn.Store.Tests;

public class StoreReferenceTests
{
    [Theory]
    [InlineData("", "auto")]
    [InlineData("auto", "auto")]
    [InlineData("local", "local")]
    [InlineData("daemon", "daemon")]
    [InlineData("local?root=/x", "local://?root=/x")]
    [InlineData("daemon?a=b", "unix://?a=b")]
    [InlineData("local://?root=/x%20y", "local://?root=/x%20y")]
    [InlineData("/some/dir", "local:///some/dir")]
    [InlineData("/some/../dir x?state=/s", "local:///dir%20x?state=/s")]
    [InlineData("https://user@host:80/a%20b?b=2&a=1", "https://user@host:80/a%20b?a=1&b=2")]
    [InlineData("file:///cache?compression=none", "file:///cache?compression=none")]
    public void IsRenderedAsItOpensAgain(string text, string expected)
    {
        var reference = StoreReference.Parse(text);
        Assert.Equal(expected, reference.Render(withParameters: true));
        Assert.Equal(expected, StoreReference.Parse(expected).Render(withParameters: true));
    }

    [Fact]
    public void DirectoryIsDecoded()
    {
        var reference = StoreReference.Parse("/a b?real=/c%20d");
        Assert.Equal("local", reference.Scheme);
        Assert.Equal("/a b", reference.DecodedPlace);
        Assert.Equal("/c d", reference.Parameters["real"]);
        Assert.Equal("local:///a%20b", reference.Render(withParameters: false));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("1x://y")]
    public void OtherWordsAreRefused(string text) => Assert.Equal($"Cannot parse Nix store '{text}'", Assert.Throws<StoreException>(() => StoreReference.Parse(text)).Message);
}

using System;
using System.Collections.Generic;
using System.Text;
using Firn.Formats.Hashing;
using Firn.Formats.References;
using Firn.Formats.Sinks;
using Xunit;

namespace Firn.Formats.Tests.References;

public class RewriterTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(300_000)]
    [InlineData(1_000_000)]
    public void OccurrencesAreReplacedWhereverChunksEnd(int chunk)
    {
        // Around the places where the rewriter itself cuts, too.
        StringBuilder text = new("aaaaBBBBaaaaB");
        while (text.Length < 600_000)
        {
            text.Append("xyz aaaa").Append(text.Length % 13 == 0 ? "a" : "-BBBB");
        }

        string input = text.ToString(), expected = input.Replace("aaaa", "cccc", StringComparison.Ordinal).Replace("BBBB", "DDDD", StringComparison.Ordinal);
        ByteBuffer output = new();
        Rewriter rewriter = new(new Dictionary<string, string> { ["aaaa"] = "cccc", ["BBBB"] = "DDDD" }, output);
        byte[] bytes = Encoding.ASCII.GetBytes(input);
        for (int at = 0; at < bytes.Length; at += chunk)
        {
            rewriter.Write(bytes.AsSpan(at, Math.Min(chunk, bytes.Length - at)));
        }

        rewriter.Flush();
        Assert.Equal(expected, Encoding.ASCII.GetString(output.Span));
    }

    [Fact]
    public void NothingToReplaceLeavesEverything()
    {
        ByteBuffer output = new();
        Rewriter rewriter = new([], output);
        rewriter.Write("some"u8);
        rewriter.Write("thing"u8);
        rewriter.Flush();
        Assert.Equal("something", Encoding.ASCII.GetString(output.Span));
    }

    [Fact]
    public void LengthsMustAgree() => Assert.Throws<ArgumentException>(() => new Rewriter([new("ab", "c")], new ByteBuffer()));

    [Fact]
    public void OwnDigitsDoNotCount()
    {
        const string One = "0123456789abcdfghijklmnpqrsvwxyz", Other = "zyxwvsrqpnmlkjihgfdcba9876543210";
        Hash Of(string part, string text)
        {
            ModuloHasher hasher = new(HashAlgorithm.Sha256, part);
            hasher.Write(Encoding.ASCII.GetBytes(text));
            return hasher.Finish();
        }

        Assert.Equal(Of(One, "x" + One + "y"), Of(Other, "x" + Other + "y"));
        Assert.NotEqual(Of(One, "x" + One + "y"), Of(One, "xx" + One + "y"));
        Assert.Equal(Hash.Sha256([(byte)'x', .. new byte[32], (byte)'y']), Of(One, "x" + One + "y"));
    }

    [Fact]
    public void PlacesOfOwnDigitsCountWhereTheyAreToCount()
    {
        const string One = "0123456789abcdfghijklmnpqrsvwxyz";
        ModuloHasher hasher = new(HashAlgorithm.Sha256, One, places: true);
        hasher.Write(Encoding.ASCII.GetBytes("x" + One + "y"));
        Assert.Equal(Hash.Sha256([(byte)'x', .. new byte[32], .. "y|1"u8]), hasher.Finish());
    }
}

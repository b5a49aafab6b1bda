using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Firn.Formats.Derivations;
using Firn.Formats.Json;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Xunit;

namespace Firn.Formats.Tests.Derivations;

/// <summary>The fixtures are what Nix 2.34 prints for the derivations beside them.</summary>
public sealed class DerivationJsonTests
{
    private static readonly string s_fixtures = Path.Combine(AppContext.BaseDirectory, "fixtures");

    public static TheoryData<string> Files() => [.. Names()];

    private static IEnumerable<string> Names() => Directory.EnumerateFiles(Path.Combine(s_fixtures, "drv")).Select(static f => Path.GetFileName(f));

    private static string Print(string file, bool indented)
    {
        StorePath path = new(file);
        ByteBuffer text = new();
        DerivationJson.Write([(path, DerivationReader.Parse(File.ReadAllBytes(Path.Combine(s_fixtures, "drv", file)), path.DerivationName, StoreDir.Default))], new JsonTextWriter(text, indented));
        return Encoding.UTF8.GetString(text.Span);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_derivation_prints_as_known(string file) =>
        Assert.Equal(File.ReadAllText(Path.Combine(s_fixtures, "drv-json", file + ".json")).TrimEnd('\n'), Print(file, false));

    [Fact]
    public void It_may_be_indented() =>
        Assert.Equal(File.ReadAllText(Path.Combine(s_fixtures, "drv-json", "pretty.json")).TrimEnd('\n'), Print("pwd3ay7c13vyg4sr5gk65a6l4a382m66-structured.drv", true));

    [Theory]
    [InlineData(0.0, "0.0")]
    [InlineData(-0.0, "-0.0")]
    [InlineData(1.0, "1.0")]
    [InlineData(-2.5, "-2.5")]
    [InlineData(0.1, "0.1")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(0.00001, "1e-05")]
    [InlineData(123456789012345.0, "123456789012345.0")]
    [InlineData(1e15, "1e+15")]
    [InlineData(1.5e300, "1.5e+300")]
    [InlineData(100.0, "100.0")]
    [InlineData(1234.5678, "1234.5678")]
    [InlineData(double.NaN, "null")]
    public void Numbers_have_their_shortest_digits(double number, string text) => Assert.Equal(text, JsonTextWriter.Format(number));

    [Fact]
    public void Texts_escape_what_they_must()
    {
        ByteBuffer text = new();
        JsonTextWriter.Text(text, "a\"\\\n\r\t\b\f\u0001é/\u007f"u8);
        Assert.Equal("\"a\\\"\\\\\\n\\r\\t\\b\\f\\u0001é/\u007f\"", Encoding.UTF8.GetString(text.Span));
        Assert.Throws<FormatsException>(() => JsonTextWriter.Text(new ByteBuffer(), [0xff]));
    }
}

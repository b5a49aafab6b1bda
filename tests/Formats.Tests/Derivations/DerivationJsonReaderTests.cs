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

/// <summary>Derivations from JSON.</summary>
public sealed class DerivationJsonReaderTests
{
    private static readonly string s_derivations = Path.Combine(AppContext.BaseDirectory, "fixtures", "drv");

    public static TheoryData<string> Files() => [.. Directory.EnumerateFiles(s_derivations).Select(static f => Path.GetFileName(f))];

    [Theory]
    [MemberData(nameof(Files))]
    public void What_was_printed_is_read_back(string file)
    {
        Derivation derivation = DerivationReader.Parse(File.ReadAllBytes(Path.Combine(s_derivations, file)), new StorePath(file).DerivationName, StoreDir.Default);
        string json = Print(derivation);
        Assert.Equal(json, Print(Read(json)));
    }

    private static string Print(Derivation derivation)
    {
        ByteBuffer text = new();
        DerivationJson.Write(derivation, new JsonTextWriter(text));
        return Encoding.UTF8.GetString(text.Span);
    }

    private static Derivation Read(string json, Action<string, string>? require = null) =>
        DerivationJsonReader.Read(Encoding.UTF8.GetBytes(json), require ?? (static (_, _) => { }));

    [Theory]
    [InlineData("""{"name":"x"}""", "Expected JSON object to contain key 'version' but it doesn't: {\"name\":\"x\"}")]
    [InlineData("""{"name":"x","version":3}""", "Unsupported derivation JSON format version 3, only format version 4 is currently supported.")]
    [InlineData("""{"name":1}""", "Expected JSON value to be of type 'string' but it is of type 'number': 1")]
    public void What_is_wrong_is_named(string json, string message) => Assert.Equal(message, Assert.Throws<JsonShapeException>(() => Read(json)).Message);

    [Fact]
    public void Errors_tell_where_they_are() => Assert.Equal(
        ["while reading key 'outputs'"],
        Assert.Throws<JsonShapeException>(static () => Read("""{"name":"x","version":4,"outputs":{"out":3}}""")).Trace);

    [Fact]
    public void Features_are_asked_for()
    {
        List<string> asked = [];
        Read(
            """{"name":"x","version":4,"outputs":{"out":{"hashAlgo":"sha256","method":"text"}},"inputs":{"srcs":[],"drvs":{}},"system":"s","builder":"b","args":[],"env":{}}""",
            (feature, reason) => asked.Add(feature + reason));
        Assert.Equal(["ca-derivations", "dynamic-derivationstext-hashed derivation output in JSON"], asked);
    }
}

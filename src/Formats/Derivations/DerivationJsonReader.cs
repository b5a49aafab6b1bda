using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.Json;
using Firn.Formats.Hashing;
using Firn.Formats.Json;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;

namespace Firn.Formats.Derivations;

/// <summary>JSON that is well formed but not what was expected.</summary>
public sealed class JsonShapeException(string message) : FormatsException(message)
{
    /// <summary>Where it was met, innermost first: <c>while reading key 'outputs'</c>.</summary>
    public List<string> Trace { get; } = [];
}

/// <summary>Reads derivations from JSON, format version 4.</summary>
/// <remarks>Nix manual, protocols/json/derivation</remarks>
public static class DerivationJsonReader
{
    /// <param name="require">Called with an experimental feature that the derivation uses, and what for (empty where its name says it).</param>
    /// <exception cref="JsonException">It is no JSON.</exception>
    /// <exception cref="FormatsException">It describes no derivation.</exception>
    public static Derivation Read(ReadOnlyMemory<byte> json, Action<string, string> require)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        Expect(root, JsonValueKind.Object);
        string name = Text(Member(root, "name"));
        JsonElement version = Member(root, "version");
        if (version.ValueKind != JsonValueKind.Number || !version.TryGetUInt64(out ulong number))
        {
            throw new JsonShapeException($"Expected JSON value to be an unsigned integral number but it is of type '{(version.ValueKind != JsonValueKind.Number ? KindName(version) : version.TryGetInt64(out _) ? "signed integral number" : "floating point number")}': {Dump(version)}");
        }

        if (number != DerivationJson.Version)
        {
            throw new JsonShapeException($"Unsupported derivation JSON format version {number}, only format version {DerivationJson.Version} is currently supported.");
        }

        SortedDictionary<string, DerivationOutput> outputs = new(StringComparer.Ordinal);
        At("outputs", () =>
        {
            foreach ((string output, JsonElement value) in Members(Member(root, "outputs")))
            {
                outputs[output] = Output(value, require);
            }
        });
        SortedSet<StorePath> sources = [];
        SortedDictionary<StorePath, OutputSelection> derivations = [];
        At("inputs", () =>
        {
            JsonElement inputs = Member(root, "inputs");
            Expect(inputs, JsonValueKind.Object);
            At("srcs", () =>
            {
                foreach (JsonElement source in Items(Member(inputs, "srcs")))
                {
                    sources.Add(new StorePath(Text(source)));
                }
            });
            At("drvs", () =>
            {
                foreach ((string path, JsonElement selection) in Members(Member(inputs, "drvs")))
                {
                    derivations[new StorePath(path)] = Selection(selection, require);
                }
            });
        });
        string system = Text(Member(root, "system"));
        string builder = Text(Member(root, "builder"));
        List<string> arguments = Items(Member(root, "args")).ConvertAll(Text);
        SortedDictionary<byte[], byte[]> environment = new(Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b)));
        JsonElement variables = Member(root, "env");
        At("env", () =>
        {
            foreach ((string variable, JsonElement value) in Members(variables))
            {
                environment[Encoding.UTF8.GetBytes(variable)] = Encoding.UTF8.GetBytes(Text(value));
            }
        });
        if (root.TryGetProperty("structuredAttrs", out JsonElement structured))
        {
            Expect(structured, JsonValueKind.Object);
            environment[Derivation.StructuredAttributesVariable.ToArray()] = Encoding.UTF8.GetBytes(Dump(structured));
        }

        return new Derivation
        {
            Name = name,
            Outputs = [.. outputs.Select(static o => new NamedOutput(o.Key, o.Value))],
            InputSources = [.. sources],
            InputDerivations = [.. derivations.Select(static d => new InputDerivation(d.Key, d.Value))],
            Platform = system,
            Builder = Encoding.UTF8.GetBytes(builder),
            Arguments = [.. arguments.Select(Encoding.UTF8.GetBytes)],
            Environment = [.. environment.Select(static e => new EnvironmentVariable(e.Key, e.Value))],
        };
    }

    private static DerivationOutput Output(JsonElement json, Action<string, string> require)
    {
        List<string> keys = Members(json).ConvertAll(static m => m.Name);
        keys.Sort(StringComparer.Ordinal);
        switch (string.Join(' ', keys))
        {
            case "":
                return DerivationOutput.Deferred.Instance;
            case "path":
                return new DerivationOutput.InputAddressed(new StorePath(Text(Member(json, "path"))));
            case "hash method":
                ContentAddress address = new(ContentAddressMethods.Parse(Text(Member(json, "method"))), Hash.ParseSri(Text(Member(json, "hash"))));
                RequireText(address.Method, require);
                return new DerivationOutput.Fixed(address);
            case "hashAlgo method":
                require("ca-derivations", "");
                return new DerivationOutput.Floating(Method(json, require), HashAlgorithms.Parse(Text(Member(json, "hashAlgo"))));
            case "hashAlgo impure method":
                require("impure-derivations", "");
                return new DerivationOutput.Impure(Method(json, require), HashAlgorithms.Parse(Text(Member(json, "hashAlgo"))));
            default:
                throw new JsonShapeException("invalid JSON for derivation output");
        }
    }

    private static ContentAddressMethod Method(JsonElement json, Action<string, string> require)
    {
        ContentAddressMethod method = ContentAddressMethods.Parse(Text(Member(json, "method")));
        RequireText(method, require);
        return method;
    }

    private static void RequireText(ContentAddressMethod method, Action<string, string> require)
    {
        if (method == ContentAddressMethod.Text)
        {
            require("dynamic-derivations", "text-hashed derivation output in JSON");
        }
    }

    private static OutputSelection Selection(JsonElement json, Action<string, string> require)
    {
        Expect(json, JsonValueKind.Object);
        SortedSet<string> names = new(Items(Member(json, "outputs")).ConvertAll(Text), StringComparer.Ordinal);
        SortedDictionary<string, OutputSelection> inner = new(StringComparer.Ordinal);
        foreach ((string output, JsonElement child) in Members(Member(json, "dynamicOutputs")))
        {
            require("dynamic-derivations", $"dynamic output '{output}' in JSON");
            inner[output] = Selection(child, require);
        }

        return new OutputSelection([.. names], [.. inner.Select(static i => (i.Key, i.Value))]);
    }

    private static void At(string key, Action read)
    {
        try
        {
            read();
        }
        catch (JsonShapeException e)
        {
            e.Trace.Add($"while reading key '{key}'");
            throw;
        }
    }

    private static JsonElement Member(JsonElement json, string key) => json.TryGetProperty(key, out JsonElement value)
        ? value
        : throw new JsonShapeException($"Expected JSON object to contain key '{key}' but it doesn't: {Dump(json)}");

    private static List<(string Name, JsonElement Value)> Members(JsonElement json)
    {
        Expect(json, JsonValueKind.Object);
        return [.. json.EnumerateObject().Select(static p => (p.Name, p.Value))];
    }

    private static List<JsonElement> Items(JsonElement json)
    {
        Expect(json, JsonValueKind.Array);
        return [.. json.EnumerateArray()];
    }

    private static string Text(JsonElement json)
    {
        Expect(json, JsonValueKind.String);
        return json.GetString()!;
    }

    private static void Expect(JsonElement json, JsonValueKind kind)
    {
        if (json.ValueKind != kind)
        {
            string expected = kind switch { JsonValueKind.Object => "object", JsonValueKind.Array => "array", _ => "string" };
            throw new JsonShapeException($"Expected JSON value to be of type '{expected}' but it is of type '{KindName(json)}': {Dump(json)}");
        }
    }

    private static string KindName(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        _ => "null",
    };

    /// <summary>The value without spaces, members in order of their names.</summary>
    private static string Dump(JsonElement json)
    {
        ByteBuffer text = new();
        new JsonTextWriter(text).Value(Encoding.UTF8.GetBytes(json.GetRawText()));
        return Encoding.UTF8.GetString(text.Span);
    }
}

using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Firn.Formats.Derivations;
using Firn.Formats.StorePaths;

namespace Firn.Build.Preparation;

/// <summary>What the outputs of a derivation must be like. Sets hold whole store paths or names of outputs.</summary>
internal sealed record OutputChecks
{
    public bool IgnoreSelfReferences { get; init; }

    public ulong? MaxSize { get; init; }

    public ulong? MaxClosureSize { get; init; }

    public IReadOnlyList<string>? AllowedReferences { get; init; }

    public IReadOnlyList<string>? AllowedRequisites { get; init; }

    public IReadOnlyList<string> DisallowedReferences { get; init; } = [];

    public IReadOnlyList<string> DisallowedRequisites { get; init; } = [];
}

/// <summary>The attributes of a derivation that mean something to whoever builds it.</summary>
/// <remarks>Nix manual, language/advanced-attributes</remarks>
internal sealed partial class DerivationOptions
{
    // Among structured attributes they stand elsewhere, each for one output.
    private static readonly string[] s_replaced =
        ["allowedReferences", "allowedRequisites", "disallowedRequisites", "disallowedReferences", "maxSize", "maxClosureSize"];

    private readonly Dictionary<string, OutputChecks>? _checksPerOutput;
    private readonly OutputChecks? _checks;

    private DerivationOptions(OutputChecks? checks, Dictionary<string, OutputChecks>? perOutput)
    {
        _checks = checks;
        _checksPerOutput = perOutput;
    }

    /// <summary>The JSON text of structured attributes, or null.</summary>
    public byte[]? StructuredAttributes { get; private init; }

    public HashSet<string> PassAsFile { get; private init; } = [];

    public IReadOnlyList<string> ImpureEnvVars { get; private init; } = [];

    public IReadOnlyList<string> ImpureHostDeps { get; private init; } = [];

    public IReadOnlyList<string> RequiredSystemFeatures { get; private init; } = [];

    public HashSet<string> UnsafeDiscardReferences { get; private init; } = [];

    /// <summary>File or attribute names with the store paths whose closure is wanted.</summary>
    public IReadOnlyList<(string Name, IReadOnlyList<StorePath> Paths)> ExportReferencesGraph { get; private init; } = [];

    /// <summary>What a user is told who builds it.</summary>
    public IReadOnlyList<string> Warnings { get; private init; } = [];

    public bool NoChroot { get; private init; }

    /// <summary>It is not worth sending elsewhere.</summary>
    public bool PreferLocalBuild { get; private init; }

    /// <summary>Outputs may come from elsewhere.</summary>
    public bool AllowSubstitutes { get; private init; } = true;

    /// <summary>What the output of that name must be like, or null.</summary>
    public OutputChecks? ChecksOf(string output) => _checksPerOutput is null ? _checks : _checksPerOutput.GetValueOrDefault(output);

    /// <summary>Reads them.</summary>
    /// <param name="path">Where the derivation is, for messages.</param>
    /// <exception cref="BuildException">An attribute is not of its type.</exception>
    public static DerivationOptions Of(StorePath path, Derivation derivation, StoreDir dir)
    {
        try
        {
            return Of(derivation, dir);
        }
        catch (Exception e) when (e is BuildException or Formats.FormatsException)
        {
            throw new BuildException(BuildStatus.MiscFailure, $"while parsing derivation '{dir.Print(path)}': {e.Message}");
        }
    }

    private static DerivationOptions Of(Derivation derivation, StoreDir dir)
    {
        if (derivation.Variable(Derivation.StructuredAttributesVariable) is { } json)
        {
            try
            {
                using JsonDocument document = JsonDocument.Parse(json);
                return Structured(document.RootElement, json, derivation, dir);
            }
            catch (JsonException e)
            {
                throw new BuildException(BuildStatus.MiscFailure, $"cannot process __json attribute: {e.Message}");
            }
        }

        List<(string, IReadOnlyList<StorePath>)> graphs = [];
        string[] words = Words(derivation, "exportReferencesGraph");
        if (words.Length % 2 != 0)
        {
            throw Bad($"odd number of tokens in 'exportReferencesGraph': '{Text(derivation, "exportReferencesGraph")}'");
        }

        for (int i = 0; i < words.Length; i += 2)
        {
            if (!GraphFileName().IsMatch(words[i]))
            {
                throw Bad($"invalid file name '{words[i]}' in 'exportReferencesGraph'");
            }

            graphs.Add((words[i], [dir.Split(words[i + 1]).Path]));
        }

        OutputChecks checks = new()
        {
            IgnoreSelfReferences = true,
            AllowedReferences = OptionalWords(derivation, "allowedReferences"),
            AllowedRequisites = OptionalWords(derivation, "allowedRequisites"),
            DisallowedReferences = Words(derivation, "disallowedReferences"),
            DisallowedRequisites = Words(derivation, "disallowedRequisites"),
        };
        return new DerivationOptions(checks, null)
        {
            PassAsFile = [.. Words(derivation, "passAsFile")],
            ImpureEnvVars = Words(derivation, "impureEnvVars"),
            ImpureHostDeps = Words(derivation, "__impureHostDeps"),
            RequiredSystemFeatures = Words(derivation, "requiredSystemFeatures"),
            ExportReferencesGraph = graphs,
            NoChroot = Text(derivation, "__noChroot") == "1",
            PreferLocalBuild = Text(derivation, "preferLocalBuild") == "1",
            AllowSubstitutes = Text(derivation, "allowSubstitutes") is null or "1",
        };
    }

    /// <summary>Whether the builder wants many users, of which it is the first and root.</summary>
    public bool UsesUidRange => RequiredSystemFeatures.Any(static f => f == "uid-range");

    /// <summary>Features that a machine must have.</summary>
    public IEnumerable<string> Features => RequiredSystemFeatures;

    private static DerivationOptions Structured(JsonElement top, byte[] json, Derivation derivation, StoreDir dir)
    {
        Dictionary<string, OutputChecks> perOutput = new(StringComparer.Ordinal);
        if (top.TryGetProperty("outputChecks", out JsonElement all))
        {
            foreach (JsonProperty output in Members(all, "outputChecks"))
            {
                JsonElement e = output.Value;
                perOutput[output.Name] = new OutputChecks
                {
                    MaxSize = Number(e, "maxSize"),
                    MaxClosureSize = Number(e, "maxClosureSize"),
                    AllowedReferences = Strings(e, "allowedReferences"),
                    AllowedRequisites = Strings(e, "allowedRequisites"),
                    DisallowedReferences = Strings(e, "disallowedReferences") ?? [],
                    DisallowedRequisites = Strings(e, "disallowedRequisites") ?? [],
                };
            }
        }

        HashSet<string> discard = new(StringComparer.Ordinal);
        if (top.TryGetProperty("unsafeDiscardReferences", out JsonElement wanted))
        {
            foreach (JsonProperty output in Members(wanted, "unsafeDiscardReferences"))
            {
                if (output.Value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
                {
                    throw Bad($"attribute 'unsafeDiscardReferences' must hold booleans");
                }

                if (output.Value.GetBoolean())
                {
                    discard.Add(output.Name);
                }
            }
        }

        List<(string, IReadOnlyList<StorePath>)> graphs = [];
        bool hasGraphs = top.TryGetProperty("exportReferencesGraph", out JsonElement graph);
        if (hasGraphs && graph.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty one in graph.EnumerateObject())
            {
                SortedSet<StorePath> paths = [];
                Flatten(one.Value, paths, dir);
                graphs.Add((one.Name, [.. paths]));
            }
        }

        return new DerivationOptions(null, perOutput)
        {
            StructuredAttributes = json,
            ImpureEnvVars = Strings(top, "impureEnvVars") ?? [],
            ImpureHostDeps = Strings(top, "__impureHostDeps") ?? [],
            RequiredSystemFeatures = Strings(top, "requiredSystemFeatures") ?? [],
            UnsafeDiscardReferences = discard,
            ExportReferencesGraph = graphs,
            Warnings =
            [
                .. s_replaced.Where(name => top.TryGetProperty(name, out _))
                    .Select(static name => $"'structuredAttrs' disables the effect of the top-level attribute '{name}'; use 'outputChecks' instead"),
                .. hasGraphs && graph.ValueKind != JsonValueKind.Object ? ["'exportReferencesGraph' in structured attrs is not a JSON object, ignoring"] : Array.Empty<string>(),
            ],
            NoChroot = top.TryGetProperty("__noChroot", out JsonElement no) && no.ValueKind == JsonValueKind.True,
            PreferLocalBuild = top.TryGetProperty("preferLocalBuild", out JsonElement local) && local.ValueKind == JsonValueKind.True,
            AllowSubstitutes = !top.TryGetProperty("allowSubstitutes", out JsonElement allow) || allow.ValueKind == JsonValueKind.True,
        };
    }

    private static void Flatten(JsonElement value, SortedSet<StorePath> into, StoreDir dir)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Array:
                foreach (JsonElement one in value.EnumerateArray())
                {
                    Flatten(one, into, dir);
                }

                break;
            case JsonValueKind.String:
                into.Add(dir.Split(value.GetString()!).Path);
                break;
            default:
                throw Bad("'exportReferencesGraph' value is not an array or a string");
        }
    }

    private static JsonElement.ObjectEnumerator Members(JsonElement e, string name) =>
        e.ValueKind == JsonValueKind.Object ? e.EnumerateObject() : throw Bad($"attribute '{name}' must be an object");

    private static ulong? Number(JsonElement e, string name) =>
        !e.TryGetProperty(name, out JsonElement n) ? null
        : n.ValueKind == JsonValueKind.Number && n.TryGetUInt64(out ulong value) ? value
        : throw Bad($"attribute '{name}' must be a non-negative number");

    private static List<string>? Strings(JsonElement e, string name)
    {
        if (!e.TryGetProperty(name, out JsonElement list))
        {
            return null;
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            throw Bad($"attribute '{name}' must be a list of strings");
        }

        List<string> strings = [];
        foreach (JsonElement one in list.EnumerateArray())
        {
            strings.Add(one.ValueKind == JsonValueKind.String ? one.GetString()! : throw Bad($"attribute '{name}' must be a list of strings"));
        }

        return strings;
    }

    private static string? Text(Derivation derivation, string name) =>
        derivation.Variable(Encoding.UTF8.GetBytes(name)) is { } value ? Encoding.UTF8.GetString(value) : null;

    private static string[] Words(Derivation derivation, string name) =>
        (Text(derivation, name) ?? "").Split([' ', '\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);

    // An empty list allows nothing, none at all allows everything.
    private static string[]? OptionalWords(Derivation derivation, string name) =>
        Text(derivation, name) is null ? null : Words(derivation, name);

    private static BuildException Bad(string message) => new(BuildStatus.MiscFailure, message);

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_.-]*\z")]
    private static partial Regex GraphFileName();
}

using System;
using System.Collections.Generic;
using System.Text.Json;
using Firn.Fetchers;
using Firn.Fetchers.Inputs;

namespace Firn.Flakes.Locking;

/// <summary>Reads lock files of the versions 5 to 7.</summary>
/// <remarks>docs/formats/flake-lock.md</remarks>
public sealed class LockFileReader
{
    private const int OldestVersion = 5;

    private readonly InputSchemes _schemes;
    private readonly Action<string> _warn;
    private readonly JsonElement _nodes;
    private readonly Dictionary<string, LockNode> _known = new(StringComparer.Ordinal);

    private LockFileReader(InputSchemes schemes, Action<string> warn, JsonElement nodes)
    {
        _schemes = schemes;
        _warn = warn;
        _nodes = nodes;
    }

    /// <summary>The lock file of a text.</summary>
    /// <param name="place">What messages call it.</param>
    /// <param name="warn">Receives the text of each warning.</param>
    /// <exception cref="FetchException">It is no lock file.</exception>
    public static LockFile Read(InputSchemes schemes, ReadOnlyMemory<byte> text, string place, Action<string> warn)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            JsonElement top = document.RootElement;
            if (top.ValueKind != JsonValueKind.Object)
            {
                throw new FetchException($"lock file '{place}' is not a JSON object");
            }

            int version = top.TryGetProperty("version", out JsonElement given) ? given.GetInt32() : 0;
            if (version is < OldestVersion or > LockFileWriter.Version)
            {
                throw new FetchException($"lock file '{place}' has unsupported version {version}");
            }

            LockFile file = new();
            string root = top.GetProperty("root").GetString()!;
            if (!top.TryGetProperty("nodes", out JsonElement nodes))
            {
                return file;
            }

            LockFileReader reader = new(schemes, warn, nodes);
            reader._known.Add(root, file.Root);
            if (nodes.TryGetProperty(root, out JsonElement first))
            {
                reader.ReadInputs(file.Root, first);
            }

            return file;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new FetchException($"Could not parse '{place}': something is missing in it, or of another type than it should be", e);
        }
    }

    private void ReadInputs(LockNode node, JsonElement json)
    {
        if (!json.TryGetProperty("inputs", out JsonElement inputs))
        {
            return;
        }

        foreach (JsonProperty input in inputs.EnumerateObject())
        {
            node.Inputs[input.Name] = input.Value.ValueKind == JsonValueKind.Array
                ? new LockEdge.Follows(ReadPath(input.Value))
                : new LockEdge.To(ReadNode(input.Value.GetString()!));
        }
    }

    private LockedNode ReadNode(string key)
    {
        if (!_known.TryGetValue(key, out LockNode? node))
        {
            JsonElement json = _nodes.TryGetProperty(key, out JsonElement found)
                ? found
                : throw new FetchException($"lock file references missing node '{key}'");
            node = MakeNode(json);
            _known.Add(key, node);
            ReadInputs(node, json);
        }

        return node as LockedNode ?? throw new FetchException("lock file contains cycle to root node");
    }

    private LockedNode MakeNode(JsonElement json)
    {
        FlakeReference locked = FlakeReference.FromAttributes(_schemes, Attributes(json, "locked", "info"));
        Input input = locked.Input;
        if (!input.IsLocked && !input.IsRelative)
        {
            if (input.NarHash is null)
            {
                throw new FetchException($"Lock file contains unlocked input '{input.Attributes.ToJson()}'. Use '--allow-dirty-locks' to accept this lock file.");
            }

            _warn($"Lock file entry '{locked}' is unlocked (e.g. lacks a Git revision) but is checked by NAR hash. This is not reproducible and will break after garbage collection or when shared.");
        }

        return new LockedNode(
            locked with { Input = input.With(Input.FinalAttribute, true) },
            FlakeReference.FromAttributes(_schemes, Attributes(json, "original", null)),
            !json.TryGetProperty("flake", out JsonElement flake) || flake.GetBoolean(),
            json.TryGetProperty("parent", out JsonElement parent) ? ReadPath(parent) : null);
    }

    // Version 5 had what is known about the tree apart from what it is.
    private static InputAttributes Attributes(JsonElement node, string name, string? more)
    {
        if (!node.TryGetProperty(name, out JsonElement json))
        {
            throw new FetchException($"attribute '{name}' missing in lock file");
        }

        InputAttributes attributes = InputAttributes.FromJson(json.GetRawText());
        if (more is not null && node.TryGetProperty(more, out JsonElement extra))
        {
            foreach ((string key, InputValue value) in InputAttributes.FromJson(extra.GetRawText()))
            {
                attributes = attributes.With(key, value);
            }
        }

        return attributes;
    }

    private static InputPath ReadPath(JsonElement json)
    {
        List<string> names = [];
        foreach (JsonElement name in json.EnumerateArray())
        {
            names.Add(name.GetString()!);
        }

        return new InputPath(names);
    }
}

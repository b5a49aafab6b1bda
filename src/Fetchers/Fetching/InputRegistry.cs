using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using Firn.Fetchers.Inputs;

namespace Firn.Fetchers.Fetching;

/// <summary>What indirect inputs mean: a table of inputs and what stands for them.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-registry</remarks>
public sealed class InputRegistry
{
    private const int MaxSteps = 100;

    private readonly Lazy<List<Entry>> _entries;

    /// <param name="place">An absolute path or a URL; empty for an empty registry.</param>
    internal InputRegistry(string place, InputSchemes schemes, FetchStore store, Lazy<DownloadCache> downloads) => _entries = new(() =>
    {
        if (place.Length == 0)
        {
            return [];
        }

        byte[] text;
        try
        {
            text = place.StartsWith('/') ? File.ReadAllBytes(place) : store.Contents.ReadFile(downloads.Value.File(place, "flake-registry.json").Path);
        }
        catch (Exception e) when (place.StartsWith('/') && e is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }

        return Read(place, text, schemes);
    });

    /// <summary>The direct input that an indirect one means, perhaps in several steps; with what the registry says beyond it.</summary>
    /// <exception cref="FetchException">No entry fits, or entries lead in a circle.</exception>
    public (Input Input, InputAttributes Extra) Resolve(Input input)
    {
        Input current = input;
        InputAttributes extra = new();
        for (int step = 0; step < MaxSteps; step++)
        {
            Entry? found = null;
            foreach (Entry entry in _entries.Value)
            {
                if (entry.Fits(current))
                {
                    found = entry;
                    break;
                }
            }

            if (found is null)
            {
                return current.IsDirect ? (current, extra) : throw new FetchException($"cannot find flake '{current}' in the flake registries");
            }

            current = found.Exact ? found.To : found.To.WithOverrides(found.From.Ref is null ? current.Ref : null, found.From.Rev is null ? current.RevText : null);
            extra = found.Extra;
        }

        throw new FetchException($"cycle detected in flake registry for '{current}'");
    }

    private static List<Entry> Read(string place, byte[] text, InputSchemes schemes)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            int version = document.RootElement.TryGetProperty("version", out JsonElement given) ? given.GetInt32() : 0;
            if (version != 2)
            {
                throw new FetchException($"flake registry '{place}' has unsupported version {version}");
            }

            List<Entry> entries = [];
            foreach (JsonElement entry in document.RootElement.GetProperty("flakes").EnumerateArray())
            {
                InputAttributes to = InputAttributes.FromJson(entry.GetProperty("to").GetRawText());
                InputAttributes extra = to.FindText("dir") is { } dir ? new InputAttributes().With("dir", dir) : new InputAttributes();
                entries.Add(new Entry(
                    schemes.FromAttributes(InputAttributes.FromJson(entry.GetProperty("from").GetRawText())),
                    schemes.FromAttributes(to.Without("dir")),
                    extra,
                    entry.TryGetProperty("exact", out JsonElement exact) && exact.GetBoolean()));
            }

            return entries;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FetchException($"cannot parse flake registry '{place}': {e.Message}", e);
        }
    }

    private sealed record Entry(Input From, Input To, InputAttributes Extra, bool Exact)
    {
        internal bool Fits(Input input) =>
            From.Attributes.Equals(input.Attributes) || (!Exact && From.Attributes.Equals(input.Attributes.Without("ref").Without("rev")));
    }
}

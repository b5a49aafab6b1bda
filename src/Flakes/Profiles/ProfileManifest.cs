using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using Firn.Fetchers;
using Firn.Fetchers.Inputs;
using Firn.Formats.Json;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;

namespace Firn.Flakes.Profiles;

/// <summary>What is in a profile: the file <c>manifest.json</c> of each of its generations.</summary>
/// <remarks>Nix manual, command-ref/files/manifest.json</remarks>
public sealed class ProfileManifest
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "manifest.json";

    private const long Version = 3;

    /// <summary>Packages by their names.</summary>
    public SortedDictionary<string, ProfileElement> Elements { get; } = new(StringComparer.Ordinal);

    /// <summary>Adds a package under a name, or that with a number where the name is taken.</summary>
    public void Add(string name, ProfileElement element)
    {
        string free = name;
        for (int i = 1; !Elements.TryAdd(free, element); i++)
        {
            free = name + "-" + i.ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Reads the file, also of versions 1 and 2, which had no names.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <exception cref="FetchException">It is not of these versions, or no manifest at all.</exception>
    public static ProfileManifest Read(ReadOnlyMemory<byte> json, string path, InputSchemes schemes, StoreDir dir)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return Read(document.RootElement, path, schemes, dir);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new FetchException($"profile manifest \"{path}\" cannot be read: {e.Message}");
        }
    }

    private static ProfileManifest Read(JsonElement top, string path, InputSchemes schemes, StoreDir dir)
    {
        long version = top.TryGetProperty("version", out JsonElement number) ? number.GetInt64() : 0;
        (string url, string originalUrl) = version switch
        {
            1 => ("uri", "originalUri"),
            2 or Version => ("url", "originalUrl"),
            _ => throw new FetchException($"profile manifest \"{path}\" has unsupported version {version}"),
        };
        ProfileManifest manifest = new();
        JsonElement elements = top.GetProperty("elements");
        if (elements.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty element in elements.EnumerateObject())
            {
                manifest.Add(element.Name, Element(element.Value));
            }
        }
        else
        {
            foreach (JsonElement item in elements.EnumerateArray())
            {
                ProfileElement element = Element(item);
                manifest.Add(element.SuggestedName, element);
            }
        }

        return manifest;

        ProfileElement Element(JsonElement element)
        {
            ProfileSource? source = null;
            if (element.TryGetProperty(url, out JsonElement locked) && locked.GetString() is { Length: > 0 } text)
            {
                source = new ProfileSource(
                    FlakeReference.Parse(schemes, element.GetProperty(originalUrl).GetString()!),
                    FlakeReference.Parse(schemes, text),
                    element.GetProperty("attrPath").GetString()!,
                    element.TryGetProperty("outputs", out JsonElement outputs) && outputs.ValueKind == JsonValueKind.Array
                        ? [.. outputs.EnumerateArray().Select(static o => o.GetString()!)]
                        : null);
            }

            return new ProfileElement
            {
                StorePaths = new SortedSet<StorePath>(element.GetProperty("storePaths").EnumerateArray().Select(p => dir.Parse(p.GetString()!))),
                Source = source,
                IsActive = element.GetProperty("active").GetBoolean(),
                Priority = element.TryGetProperty("priority", out JsonElement priority) ? priority.GetInt64() : ProfileElement.UsualPriority,
            };
        }
    }

    /// <summary>The contents of the file.</summary>
    public byte[] ToBytes(StoreDir dir)
    {
        ByteBuffer text = new();
        Write(new JsonTextWriter(text), dir);
        return text.Span.ToArray();
    }

    /// <inheritdoc cref="ToBytes"/>
    public void Write(JsonTextWriter json, StoreDir dir)
    {
        json.BeginObject();
        json.Name("elements");
        json.BeginObject();
        foreach ((string name, ProfileElement element) in Elements)
        {
            json.Name(name);
            Write(json, dir, element);
        }

        json.EndObject();
        json.Name("version");
        json.Number(Version);
        json.EndObject();
    }

    private static void Write(JsonTextWriter json, StoreDir dir, ProfileElement element)
    {
        json.BeginObject();
        json.Name("active");
        json.Bool(element.IsActive);
        if (element.Source is { } source)
        {
            json.Name("attrPath");
            json.String(source.AttrPath);
            json.Name("originalUrl");
            json.String(source.Original.ToString());
            json.Name("outputs");
            if (source.Outputs is null)
            {
                json.Null();
            }
            else
            {
                Strings(json, source.Outputs);
            }
        }

        json.Name("priority");
        json.Number(element.Priority);
        json.Name("storePaths");
        Strings(json, element.StorePaths.Order().Select(dir.Print));
        if (element.Source is { } from)
        {
            json.Name("url");
            json.String(from.Locked.ToString());
        }

        json.EndObject();
    }

    private static void Strings(JsonTextWriter json, IEnumerable<string> strings)
    {
        json.BeginArray();
        foreach (string text in strings)
        {
            json.String(text);
        }

        json.EndArray();
    }

    /// <summary>What changed since another manifest, a line for each package, sorted by name.</summary>
    public IEnumerable<(ProfileElement? Before, ProfileElement? After)> ChangesSince(ProfileManifest before)
    {
        foreach (string name in new SortedSet<string>(before.Elements.Keys.Concat(Elements.Keys), StringComparer.Ordinal))
        {
            ProfileElement? old = before.Elements.GetValueOrDefault(name), now = Elements.GetValueOrDefault(name);
            if (old is null || now is null || !old.Versions.SetEquals(now.Versions))
            {
                yield return (old, now);
            }
        }
    }
}

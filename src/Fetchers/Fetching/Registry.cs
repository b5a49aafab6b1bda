using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Text.Json;
using Firn.Fetchers.Inputs;
using Firn.Formats.Json;
using Firn.Formats.Sinks;

namespace Firn.Fetchers.Fetching;

/// <summary>Where a registry comes from; the first that knows an input counts.</summary>
public enum RegistryKind
{
    /// <summary>Flags of the command line.</summary>
    Flag,

    /// <summary>The user's own file.</summary>
    User,

    /// <summary>The file of the machine.</summary>
    System,

    /// <summary>What the setting <c>flake-registry</c> names.</summary>
    Global,

    /// <summary>A file that a command was given.</summary>
    Custom,
}

/// <summary>What one input stands for.</summary>
/// <param name="Extra">What the registry says beyond the input, such as the directory of a flake in it.</param>
/// <param name="Exact">Whether it is meant only for an input that is just so, without a branch or revision of its own.</param>
public sealed record RegistryEntry(Input From, Input To, InputAttributes Extra, bool Exact = false)
{
    internal bool Fits(Input input) =>
        From.Attributes.Equals(input.Attributes) || (!Exact && From.Attributes.Equals(input.Attributes.Without("ref").Without("rev")));
}

/// <summary>A table of inputs and what stands for them.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-registry</remarks>
public sealed class Registry(RegistryKind kind)
{
    private const int Version = 2;

    private readonly List<RegistryEntry> _entries = [];

    public RegistryKind Kind { get; } = kind;

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<RegistryEntry> Entries => _entries;

    /// <summary>The registry in a file; without entries when there is no such file or it is none, which the user is told.</summary>
    /// <param name="warn">Receives the text of each warning.</param>
    public static Registry Read(RegistryKind kind, string path, InputSchemes schemes, Action<string> warn)
    {
        try
        {
            return Parse(kind, path, File.ReadAllBytes(path), schemes, warn);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new Registry(kind);
        }
    }

    /// <summary>The registry of a text.</summary>
    /// <param name="path">What messages call it.</param>
    /// <inheritdoc cref="Read"/>
    internal static Registry Parse(RegistryKind kind, string path, byte[] text, InputSchemes schemes, Action<string> warn)
    {
        Registry registry = new(kind);
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            int version = document.RootElement.TryGetProperty("version", out JsonElement given) ? given.GetInt32() : 0;
            if (version != Version)
            {
                throw new FetchException($"flake registry '{path}' has unsupported version {version}");
            }

            if (!document.RootElement.TryGetProperty("flakes", out JsonElement flakes) || flakes.ValueKind == JsonValueKind.Null)
            {
                return registry;
            }

            foreach (JsonElement entry in flakes.EnumerateArray())
            {
                InputAttributes to = InputAttributes.FromJson(entry.GetProperty("to").GetRawText());
                InputAttributes extra = to.FindText("dir") is { } dir ? new InputAttributes().With("dir", dir) : new InputAttributes();
                registry._entries.Add(new RegistryEntry(
                    schemes.FromAttributes(InputAttributes.FromJson(entry.GetProperty("from").GetRawText())),
                    schemes.FromAttributes(to.Without("dir")),
                    extra,
                    entry.TryGetProperty("exact", out JsonElement exact) && exact.GetBoolean()));
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            warn($"cannot parse flake registry '{path}': {e.Message}");
        }
        catch (FetchException e)
        {
            warn($"cannot read flake registry '{path}': {e.Message}");
        }

        return registry;
    }

    /// <summary>Adds an entry behind the others.</summary>
    public void Add(RegistryEntry entry) => _entries.Add(entry);

    /// <summary>Removes what an input stands for.</summary>
    public void Remove(Input from) => _entries.RemoveAll(entry => entry.From.Attributes.Equals(from.Attributes));

    /// <summary>Writes the registry to a file, and its folder if it is not there.</summary>
    /// <exception cref="FetchException">It cannot be written.</exception>
    public void Write(string path)
    {
        ByteBuffer buffer = new();
        JsonTextWriter json = new(buffer, indented: true);
        json.BeginObject();
        json.Name("flakes");
        if (_entries.Count == 0)
        {
            // As other writers of the format have it.
            json.Null();
        }
        else
        {
            json.BeginArray();
            foreach (RegistryEntry entry in _entries)
            {
                Write(json, entry);
            }

            json.EndArray();
        }

        json.Name("version");
        json.Number(Version);
        json.EndObject();
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            File.WriteAllBytes(path, buffer.Span);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FetchException($"cannot write flake registry '{path}': {e.Message}", e);
        }
    }

    private static void Write(JsonTextWriter json, RegistryEntry entry)
    {
        json.BeginObject();
        if (entry.Exact)
        {
            json.Name("exact");
            json.Bool(true);
        }

        json.Name("from");
        entry.From.Attributes.WriteTo(json);
        json.Name("to");
        InputAttributes to = entry.To.Attributes;
        foreach ((string name, InputValue value) in entry.Extra)
        {
            to = to.With(name, value);
        }

        to.WriteTo(json);
        json.EndObject();
    }
}

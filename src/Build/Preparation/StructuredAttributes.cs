using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Firn.Formats.Hashing;
using Firn.Store;
using Firn.Formats.StorePaths;

namespace Firn.Build.Preparation;

/// <summary>Writes structured attributes as the files that a builder reads.</summary>
/// <remarks>Nix manual, language/advanced-attributes "structured attributes"</remarks>
internal static class StructuredAttributes
{
    private static readonly JsonWriterOptions s_compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The contents of <c>.attrs.json</c>: the attributes, <c>outputs</c>, and what <c>exportReferencesGraph</c> asks for.</summary>
    /// <param name="attributes">JSON text of an object.</param>
    /// <param name="outputs">Names and whole paths.</param>
    /// <param name="graphs">Attribute names and JSON texts.</param>
    public static byte[] Json(byte[] attributes, IEnumerable<(string Name, string Path)> outputs, IEnumerable<(string Name, byte[] Json)> graphs)
    {
        SortedDictionary<string, byte[]> members = new(ByBytes.Instance);
        using (JsonDocument document = JsonDocument.Parse(attributes))
        {
            foreach (JsonProperty member in document.RootElement.EnumerateObject())
            {
                members[member.Name] = Encoding.UTF8.GetBytes(member.Value.GetRawText());
            }
        }

        members["outputs"] = Write(w =>
        {
            w.WriteStartObject();
            foreach ((string name, string path) in outputs)
            {
                w.WriteString(name, path);
            }

            w.WriteEndObject();
        });
        foreach ((string name, byte[] json) in graphs)
        {
            members[name] = json;
        }

        return Write(w =>
        {
            w.WriteStartObject();
            foreach ((string name, byte[] value) in members)
            {
                w.WritePropertyName(name);
                w.WriteRawValue(value, skipInputValidation: true);
            }

            w.WriteEndObject();
        });
    }

    /// <summary>The facts about each path, sorted, with the size of its closure.</summary>
    public static byte[] Graph(IEnumerable<StorePath> closure, IPathInfos store) => Write(w =>
    {
        w.WriteStartArray();
        foreach (StorePath path in closure)
        {
            PathInfo info = store.Get(path);
            ulong size = 0;
            foreach (StorePath one in store.Closure([path]))
            {
                size += store.Get(one).NarSize;
            }

            w.WriteStartObject();
            if (info.ContentAddress is { } address)
            {
                w.WriteString("ca", address.ToString());
            }

            w.WriteNumber("closureSize", size);
            w.WriteString("narHash", info.NarHash.ToString(HashFormat.Nix32, true));
            w.WriteNumber("narSize", info.NarSize);
            w.WriteString("path", store.StoreDir.Print(path));
            w.WriteStartArray("references");
            foreach (StorePath reference in info.References)
            {
                w.WriteStringValue(store.StoreDir.Print(reference));
            }

            w.WriteEndArray();
            w.WriteBoolean("valid", true);
            w.WriteEndObject();
        }

        w.WriteEndArray();
    });

    /// <summary>The contents of <c>.attrs.sh</c>: what bash can hold of the attributes, as declarations.</summary>
    public static byte[] Shell(byte[] json)
    {
        StringBuilder shell = new();
        using JsonDocument document = JsonDocument.Parse(json);
        foreach (JsonProperty member in document.RootElement.EnumerateObject())
        {
            if (!IsShellName(member.Name))
            {
                continue;
            }

            if (Simple(member.Value) is { } value)
            {
                shell.Append("declare ").Append(member.Name).Append('=').Append(value).Append('\n');
            }
            else if (member.Value.ValueKind == JsonValueKind.Array && Array(member.Value) is { } array)
            {
                shell.Append("declare -a ").Append(member.Name).Append("=(").Append(array).Append(")\n");
            }
            else if (member.Value.ValueKind == JsonValueKind.Object && Table(member.Value) is { } table)
            {
                shell.Append("declare -A ").Append(member.Name).Append("=(").Append(table).Append(")\n");
            }
        }

        return Encoding.UTF8.GetBytes(shell.ToString());
    }

    private static string? Array(JsonElement value)
    {
        StringBuilder items = new();
        foreach (JsonElement item in value.EnumerateArray())
        {
            if (Simple(item) is not { } text)
            {
                return null;
            }

            items.Append(text).Append(' ');
        }

        return items.ToString();
    }

    private static string? Table(JsonElement value)
    {
        StringBuilder items = new();
        foreach (JsonProperty item in value.EnumerateObject())
        {
            if (Simple(item.Value) is not { } text)
            {
                return null;
            }

            items.Append('[').Append(Quote(item.Name)).Append("]=").Append(text).Append(' ');
        }

        return items.ToString();
    }

    /// <summary>Strings, whole numbers, truth values and null; nothing else has a form in the shell.</summary>
    private static string? Simple(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Quote(value.GetString()!),
        JsonValueKind.Null => "''",
        JsonValueKind.True => "1",
        JsonValueKind.False => "",
        JsonValueKind.Number => Number(value)?.ToString(CultureInfo.InvariantCulture),
        _ => null,
    };

    /// <summary>
    /// What real Nix writes, which scripts were made for: a number that is whole in single precision, as an int of C.
    /// Of a larger whole number that is its low 32 bits, of a larger fraction the least int.
    /// </summary>
    private static int? Number(JsonElement value)
    {
        if (value.TryGetInt64(out long whole))
        {
            return unchecked((int)whole);
        }

        if (value.TryGetUInt64(out ulong large))
        {
            return unchecked((int)large);
        }

        double number = value.GetDouble();
        float single = (float)number;
        return MathF.Ceiling(single) != single ? null
            : number is > int.MinValue - 1.0 and < int.MaxValue + 1.0 ? (int)number
            : int.MinValue;
    }

    private static string Quote(string s) => "'" + s.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    private static bool IsShellName(string name)
    {
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_')
            {
                return false;
            }
        }

        return name.Length > 0 && !char.IsAsciiDigit(name[0]);
    }

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer, s_compact))
        {
            write(writer);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The order of attribute names: by byte.</summary>
    private sealed class ByBytes : IComparer<string>
    {
        public static readonly ByBytes Instance = new();

        public int Compare(string? x, string? y) => Encoding.UTF8.GetBytes(x!).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y!));
    }
}

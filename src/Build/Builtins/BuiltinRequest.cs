using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using Firn.Fetchers;
using Firn.Fetchers.Downloads;
using Firn.Fetchers.Mirrors;
using Firn.Formats.Derivations;
using Firn.Formats.StorePaths;

namespace Firn.Build.Builtins;

/// <summary>
/// What a builder of our own is told when it starts, over a descriptor: it sees no settings, and no file with passwords.
/// </summary>
internal sealed record BuiltinRequest
{
    public required Derivation Derivation { get; init; }

    public required StoreDir StoreDir { get; init; }

    /// <summary>The directory that the store's files are in, as the builder sees it.</summary>
    public required string RealStoreDir { get; init; }

    /// <summary>Absolute path of each output, which does not exist yet.</summary>
    public required IReadOnlyDictionary<string, string> Outputs { get; init; }

    public required IReadOnlyList<string> HashedMirrors { get; init; }

    /// <summary>The servers of each mirror that a URL of the derivation names.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Mirrors { get; init; }

    /// <summary>How to download, with passwords where they may be needed.</summary>
    public required DownloadSettings Download { get; init; }

    /// <summary>The URLs that a derivation names.</summary>
    public static IEnumerable<string> Urls(Derivation derivation)
    {
        foreach (byte[] name in (byte[][])[[.. "url"u8], [.. "urls"u8]])
        {
            if (derivation.Variable(name) is { } value)
            {
                foreach (string url in Encoding.UTF8.GetString(value).Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries))
                {
                    yield return url;
                }
            }
        }
    }

    /// <summary>The servers of the mirrors that URLs name; those that nobody knows are left out, for the builder to complain.</summary>
    public static Dictionary<string, IReadOnlyList<string>> MirrorsOf(Derivation derivation, MirrorTable table)
    {
        Dictionary<string, IReadOnlyList<string>> found = new(StringComparer.Ordinal);
        foreach (string url in Urls(derivation).Where(MirrorTable.IsMirror))
        {
            string name = url["mirror://".Length..].Split('/')[0];
            if (name.Length == 0 || found.ContainsKey(name))
            {
                continue;
            }

            try
            {
                found[name] = table.Resolve($"mirror://{name}/");
            }
            catch (FetchException)
            {
                // The builder says so itself, in its log.
                continue;
            }
        }

        return found;
    }

    public byte[] ToBytes()
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter w = new(bytes))
        {
            w.WriteStartObject();
            w.WriteString("name", Derivation.Name);
            w.WriteBase64String("derivation", DerivationWriter.ToBytes(Derivation, StoreDir));
            w.WriteString("storeDir", StoreDir.Path);
            w.WriteString("realStoreDir", RealStoreDir);
            w.WriteStartObject("outputs");
            foreach ((string name, string path) in Outputs)
            {
                w.WriteString(name, path);
            }

            w.WriteEndObject();
            WriteList(w, "hashedMirrors", HashedMirrors);
            w.WriteStartObject("mirrors");
            foreach ((string name, IReadOnlyList<string> servers) in Mirrors)
            {
                WriteList(w, name, servers);
            }

            w.WriteEndObject();
            w.WriteNumber("attempts", Download.Attempts);
            w.WriteNumber("connectTimeout", Download.ConnectTimeout.Ticks);
            w.WriteNumber("stalledTimeout", Download.StalledTimeout.Ticks);
            w.WriteNumber("firstPause", Download.FirstPause.Ticks);
            w.WriteNumber("bytesPerSecond", Download.BytesPerSecond);
            w.WriteNumber("connections", Download.Connections);
            w.WriteBoolean("http2", Download.Http2);
            w.WriteString("userAgent", Download.UserAgent);
            w.WriteString("certificates", Download.CertificateFile);
            w.WriteString("netrc", Download.NetrcText);
            w.WriteEndObject();
        }

        return bytes.ToArray();
    }

    public static BuiltinRequest Parse(ReadOnlyMemory<byte> bytes)
    {
        using JsonDocument document = JsonDocument.Parse(bytes);
        JsonElement o = document.RootElement;
        StoreDir dir = new(Text(o, "storeDir")!);
        return new BuiltinRequest
        {
            Derivation = DerivationReader.Parse(o.GetProperty("derivation").GetBytesFromBase64(), Text(o, "name")!, dir),
            StoreDir = dir,
            RealStoreDir = Text(o, "realStoreDir")!,
            Outputs = o.GetProperty("outputs").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!, StringComparer.Ordinal),
            HashedMirrors = List(o.GetProperty("hashedMirrors")),
            Mirrors = o.GetProperty("mirrors").EnumerateObject().ToDictionary(p => p.Name, p => List(p.Value), StringComparer.Ordinal),
            Download = new DownloadSettings
            {
                Attempts = o.GetProperty("attempts").GetInt32(),
                ConnectTimeout = new TimeSpan(o.GetProperty("connectTimeout").GetInt64()),
                StalledTimeout = new TimeSpan(o.GetProperty("stalledTimeout").GetInt64()),
                FirstPause = new TimeSpan(o.GetProperty("firstPause").GetInt64()),
                BytesPerSecond = o.GetProperty("bytesPerSecond").GetInt64(),
                Connections = o.GetProperty("connections").GetInt32(),
                Http2 = o.GetProperty("http2").GetBoolean(),
                UserAgent = Text(o, "userAgent")!,
                CertificateFile = Text(o, "certificates"),
                NetrcText = Text(o, "netrc"),
            },
        };
    }

    private static void WriteList(Utf8JsonWriter w, string name, IReadOnlyList<string> items)
    {
        w.WriteStartArray(name);
        foreach (string item in items)
        {
            w.WriteStringValue(item);
        }

        w.WriteEndArray();
    }

    private static string? Text(JsonElement o, string name) => o.GetProperty(name).GetString();

    private static IReadOnlyList<string> List(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetString()!)];
}

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Firn.Formats.Hashing;
using Firn.Formats.Signing;
using Firn.Formats.StorePaths;

namespace Firn.Formats.NarInfo;

/// <summary>The text that signatures of a store object sign.</summary>
public static class Fingerprint
{
    /// <param name="references">Sorted, the object itself included where it refers to itself.</param>
    /// <exception cref="FormatsException">The size is not known.</exception>
    public static byte[] Of(StoreDir dir, StorePath path, Hash narHash, ulong narSize, IReadOnlyList<StorePath> references)
    {
        if (narSize == 0)
        {
            throw new FormatsException($"cannot calculate fingerprint of path '{dir.Print(path)}' because its size is not known");
        }

        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"1;{dir.Print(path)};{narHash.ToString(HashFormat.Nix32, true)};{narSize};");
        for (int i = 0; i < references.Count; i++)
        {
            text.Append(i == 0 ? "" : ",").Append(dir.Print(references[i]));
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}

/// <summary>What a binary cache says of a store object.</summary>
/// <remarks>Nix manual, protocols/nix-cache-info and narinfo</remarks>
public sealed record NarInfoFile
{
    public required StorePath Path { get; init; }

    /// <summary>Where the compressed NAR is, relative to the cache.</summary>
    public required string Url { get; init; }

    public string Compression { get; init; } = "bzip2";

    /// <summary>Hash of the compressed NAR.</summary>
    public Hash? FileHash { get; init; }

    /// <summary>Length of the compressed NAR, bytes; 0 when unknown.</summary>
    public ulong FileSize { get; init; }

    public required Hash NarHash { get; init; }

    /// <summary>Bytes; not 0.</summary>
    public required ulong NarSize { get; init; }

    /// <summary>Sorted.</summary>
    public ImmutableArray<StorePath> References { get; init; } = [];

    public StorePath? Deriver { get; init; }

    /// <summary>Sorted by text.</summary>
    public ImmutableArray<Signature> Signatures { get; init; } = [];

    public ContentAddress? ContentAddress { get; init; }

    /// <summary>Reads the text of a .narinfo file.</summary>
    /// <param name="whence">Name of the file for messages.</param>
    /// <exception cref="FormatsException">It is none.</exception>
    public static NarInfoFile Parse(string text, string whence, StoreDir dir)
    {
        StorePath? path = null, deriver = null;
        string url = "", compression = "";
        Hash? fileHash = null, narHash = null;
        ulong fileSize = 0, narSize = 0;
        SortedSet<StorePath> references = [];
        SortedSet<string> signatures = new(StringComparer.Ordinal);
        ContentAddress? address = null;
        int line = 1;
        for (int at = 0; at < text.Length; line++)
        {
            int colon = text.IndexOf(':', at);
            if (colon < 0)
            {
                throw Corrupt("expecting ':'");
            }

            string name = text[at..colon];
            int end = colon + 2 <= text.Length ? text.IndexOf('\n', colon + 2) : -1;
            if (end < 0)
            {
                throw Corrupt("expecting '\\n'");
            }

            string value = text[(colon + 2)..end];
            switch (name)
            {
                case "StorePath":
                    path = dir.Parse(value);
                    break;
                case "URL":
                    url = value;
                    break;
                case "Compression":
                    compression = value;
                    break;
                case "FileHash":
                    fileHash = ReadHash(value);
                    break;
                case "FileSize":
                    fileSize = ReadNumber(value, "invalid FileSize");
                    break;
                case "NarHash":
                    narHash = ReadHash(value);
                    break;
                case "NarSize":
                    narSize = ReadNumber(value, "invalid NarSize");
                    break;
                case "References":
                    if (references.Count > 0)
                    {
                        throw Corrupt("extra References");
                    }

                    foreach (string reference in value.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                    {
                        references.Add(new StorePath(reference));
                    }

                    break;
                case "Deriver":
                    deriver = value == "unknown-deriver" ? null : new StorePath(value);
                    break;
                case "Sig":
                    signatures.Add(Signature.Parse(value).ToString());
                    break;
                case "CA":
                    if (address is not null)
                    {
                        throw Corrupt("extra CA");
                    }

                    address = value.Length == 0 ? null : StorePaths.ContentAddress.Parse(value);
                    break;
                default:
                    break;
            }

            at = end + 1;
        }

        line = 0;
        return path is not StorePath thePath
            ? throw Corrupt("StorePath missing")
            : narHash is not Hash theHash
            ? throw Corrupt("NarHash missing")
            : url.Length == 0
            ? throw Corrupt("URL missing")
            : narSize == 0
            ? throw Corrupt("NarSize missing or zero")
            : new NarInfoFile
            {
                Path = thePath,
                Url = url,
                Compression = compression.Length == 0 ? "bzip2" : compression,
                FileHash = fileHash,
                FileSize = fileSize,
                NarHash = theHash,
                NarSize = narSize,
                References = [.. references],
                Deriver = deriver,
                Signatures = [.. System.Linq.Enumerable.Select(signatures, Signature.Parse)],
                ContentAddress = address,
            };

        FormatsException Corrupt(string reason) => new($"NAR info file '{whence}' is corrupt: {reason}" + (line > 0 ? $" at line {line}" : ""));

        Hash ReadHash(string value)
        {
            try
            {
                return Hash.ParsePrefixed(value);
            }
            catch (BadHashException)
            {
                throw Corrupt("bad hash");
            }
        }

        ulong ReadNumber(string value, string fault) => ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : throw Corrupt(fault);
    }

    /// <summary>The text of the .narinfo file.</summary>
    public string ToText(StoreDir dir)
    {
        StringBuilder text = new();
        text.Append("StorePath: ").Append(dir.Print(Path)).Append('\n');
        text.Append("URL: ").Append(Url).Append('\n');
        text.Append("Compression: ").Append(Compression).Append('\n');
        if (FileHash is Hash fileHash)
        {
            text.Append("FileHash: ").Append(fileHash.ToString(HashFormat.Nix32, true)).Append('\n');
        }

        text.Append(CultureInfo.InvariantCulture, $"FileSize: {FileSize}\n");
        text.Append("NarHash: ").Append(NarHash.ToString(HashFormat.Nix32, true)).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"NarSize: {NarSize}\n");
        text.Append("References: ").AppendJoin(' ', References).Append('\n');
        if (Deriver is StorePath deriver)
        {
            text.Append("Deriver: ").Append(deriver.BaseName).Append('\n');
        }

        foreach (Signature signature in Signatures)
        {
            text.Append("Sig: ").Append(signature).Append('\n');
        }

        if (ContentAddress is ContentAddress address)
        {
            text.Append("CA: ").Append(address).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The text that the signatures sign.</summary>
    public byte[] ToFingerprint(StoreDir dir) => Fingerprint.Of(dir, Path, NarHash, NarSize, References);
}

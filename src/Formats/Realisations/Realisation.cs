using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using Firn.Formats.Hashing;
using Firn.Formats.Json;
using Firn.Formats.Signing;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;

namespace Firn.Formats.Realisations;

/// <summary>One output of a derivation, whatever the paths of its inputs: <c>sha256:BASE16!NAME</c>.</summary>
/// <param name="DerivationHash">The hash of the derivation modulo its inputs, with outputs masked.</param>
/// <remarks>Nix manual, store/build-trace</remarks>
public readonly record struct DerivationOutputId(Hash DerivationHash, string OutputName) : IComparable<DerivationOutputId>
{
    /// <exception cref="FormatsException">It is none.</exception>
    public static DerivationOutputId Parse(string text)
    {
        int mark = text.IndexOf('!', StringComparison.Ordinal);
        return mark < 0
            ? throw new FormatsException("Invalid derivation output id " + text)
            : new DerivationOutputId(Hash.ParsePrefixed(text[..mark]), text[(mark + 1)..]);
    }

    /// <summary>The hash as it stands in texts and databases.</summary>
    public string HashText => DerivationHash.ToString(HashFormat.Base16, true);

    public int CompareTo(DerivationOutputId other) => string.CompareOrdinal(ToString(), other.ToString());

    public override string ToString() => HashText + "!" + OutputName;
}

/// <summary>What a build made of one output of a derivation.</summary>
/// <remarks>Nix manual, protocols/json/build-trace-entry</remarks>
public sealed record Realisation
{
    public required DerivationOutputId Id { get; init; }

    public required StorePath OutPath { get; init; }

    /// <summary>In the form <c>key-name:base64</c>, sorted.</summary>
    public IReadOnlyList<string> Signatures { get; init; } = [];

    /// <summary>The JSON of binary caches and protocols, its members sorted.</summary>
    public byte[] ToJson() => Write(signatures: true);

    /// <summary>What a signature is made of: the JSON without signatures.</summary>
    public byte[] Fingerprint() => Write(signatures: false);

    private byte[] Write(bool signatures)
    {
        var text = new ByteBuffer();
        var json = new JsonTextWriter(text);
        json.BeginObject();
        // Older readers want it; nothing is in it any more.
        json.Name("dependentRealisations");
        json.BeginObject();
        json.EndObject();
        json.Name("id");
        json.String(Id.ToString());
        json.Name("outPath");
        json.String(OutPath.BaseName);
        if (signatures)
        {
            json.Name("signatures");
            json.BeginArray();
            foreach (string signature in Signatures) json.String(signature);
            json.EndArray();
        }
        json.EndObject();
        return text.ToArray();
    }

    /// <exception cref="FormatsException">It is not the JSON of a realisation.</exception>
    public static Realisation Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            var signatures = new SortedSet<string>(StringComparer.Ordinal);
            if (root.TryGetProperty("signatures", out JsonElement list))
                foreach (JsonElement signature in list.EnumerateArray()) signatures.Add(Signature.Parse(Text(signature)).ToString());
            return new Realisation
            {
                Id = DerivationOutputId.Parse(Text(root.GetProperty("id"))),
                OutPath = new StorePath(Text(root.GetProperty("outPath"))),
                Signatures = [.. signatures],
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatsException("cannot parse a realisation: " + e.Message);
        }
    }

    private static string Text(JsonElement element) => element.GetString() ?? throw new FormatsException("cannot parse a realisation: null where a text belongs");

    /// <summary>How many of the signatures were made by one of these keys.</summary>
    public int CountSignatures(IReadOnlyCollection<PublicKey> trusted)
    {
        byte[] fingerprint = Fingerprint();
        int good = 0;
        foreach (string text in Signatures)
        {
            Signature signature = Signature.Parse(text);
            foreach (PublicKey key in trusted)
                if (key.Verify(fingerprint, signature))
                {
                    good++;
                    break;
                }
        }
        return good;
    }

    /// <summary>The same with one signature more.</summary>
    public Realisation Sign(SecretKey key)
    {
        var signatures = new SortedSet<string>(Signatures, StringComparer.Ordinal) { key.Sign(Fingerprint()).ToString() };
        return this with { Signatures = [.. signatures] };
    }
}

using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Firn.Formats.Hashing;

/// <summary>A digest and the algorithm that made it.</summary>
public readonly struct Hash : IEquatable<Hash>, IComparable<Hash>
{
    /// <summary>Length of the longest digest, bytes.</summary>
    public const int MaxSize = 64;

    private readonly Digest _digest;

    /// <summary>A hash of given bytes.</summary>
    /// <exception cref="ArgumentException">There are not as many as the algorithm makes.</exception>
    public Hash(HashAlgorithm algorithm, ReadOnlySpan<byte> digest)
    {
        if (digest.Length != algorithm.Size())
        {
            throw new ArgumentException("digest has the wrong length", nameof(digest));
        }

        Algorithm = algorithm;
        digest.CopyTo(MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref Unsafe.As<Digest, ulong>(ref _digest), MaxSize / 8)));
    }

    public HashAlgorithm Algorithm { get; }

    /// <summary>Length of the digest, bytes.</summary>
    public int Size => Algorithm.Size();

    /// <summary>The digest.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Bytes => MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<Digest, ulong>(ref Unsafe.AsRef(in _digest)), MaxSize / 8))[..Size];

    public static bool operator ==(Hash left, Hash right) => left.Equals(right);

    public static bool operator !=(Hash left, Hash right) => !left.Equals(right);

    /// <summary>The hash of some bytes.</summary>
    public static Hash Of(HashAlgorithm algorithm, ReadOnlySpan<byte> data)
    {
        Hasher hasher = new(algorithm);
        hasher.Write(data);
        return hasher.Finish();
    }

    /// <summary>The SHA-256 hash of some bytes.</summary>
    public static unsafe Hash Sha256(ReadOnlySpan<byte> data)
    {
        ulong* context = stackalloc ulong[LibCrypto.ContextSize / 8];
        byte* digest = stackalloc byte[32];
        fixed (byte* bytes = data)
        {
            LibCrypto.SHA256_Init(context);
            LibCrypto.SHA256_Update(context, bytes, (nuint)data.Length);
            LibCrypto.SHA256_Final(digest, context);
        }

        return new Hash(HashAlgorithm.Sha256, new ReadOnlySpan<byte>(digest, 32));
    }

    /// <summary>Folds the digest to <paramref name="size"/> bytes by exclusive or, as store paths do with 20.</summary>
    public void Compress(Span<byte> size)
    {
        size.Clear();
        ReadOnlySpan<byte> bytes = Bytes;
        for (int i = 0; i < bytes.Length; i++)
        {
            size[i % size.Length] ^= bytes[i];
        }
    }

    /// <summary>The text of the digest, after <c>sha256:</c> or the like when <paramref name="prefix"/> says so. SRI always names its algorithm.</summary>
    public string ToString(HashFormat format, bool prefix)
    {
        string text = format switch
        {
            HashFormat.Base16 => Base16.Encode(Bytes),
            HashFormat.Nix32 => Nix32.Encode(Bytes),
            HashFormat.Base64 or HashFormat.Sri => Base64.Encode(Bytes),
        };
        return format == HashFormat.Sri ? $"{Algorithm.Name()}-{text}" : prefix ? $"{Algorithm.Name()}:{text}" : text;
    }

    /// <summary>The SRI form.</summary>
    public override string ToString() => ToString(HashFormat.Sri, true);

    /// <summary>Reads <c>algo:hash</c>, <c>algo-base64</c> (SRI), or a bare hash when the algorithm is known from elsewhere.</summary>
    /// <exception cref="BadHashException">Malformed, no algorithm named, or not the expected one.</exception>
    /// <exception cref="UnknownWordException">The algorithm's name is unknown.</exception>
    public static Hash Parse(string text, HashAlgorithm? expected) => Parse(text, expected, out _);

    /// <inheritdoc cref="Parse(string, HashAlgorithm?)"/>
    public static Hash Parse(string text, HashAlgorithm? expected, out HashFormat format)
    {
        ReadOnlySpan<char> rest = SplitAlgorithm(text, out HashAlgorithm? named, out bool sri);
        if (named is null && expected is null)
        {
            throw new BadHashException($"hash '{text}' does not include a type, nor is the type otherwise known from context");
        }

        if (named is HashAlgorithm other && expected is HashAlgorithm wanted && other != wanted)
        {
            throw new BadHashException($"hash '{text}' should have type '{wanted.Name()}'");
        }

        return ParseDigest(rest, named ?? expected!.Value, sri, out format);
    }

    /// <summary>Reads <c>algo:hash</c> or SRI.</summary>
    /// <exception cref="BadHashException">Malformed, or no algorithm named.</exception>
    /// <exception cref="UnknownWordException">The algorithm's name is unknown.</exception>
    public static Hash ParsePrefixed(string text)
    {
        ReadOnlySpan<char> rest = SplitAlgorithm(text, out HashAlgorithm? named, out bool sri);
        return ParseDigest(rest, named ?? throw new BadHashException($"hash '{text}' does not include a type"), sri, out _);
    }

    /// <summary>Reads SRI only.</summary>
    /// <exception cref="BadHashException">Malformed.</exception>
    /// <exception cref="UnknownWordException">The algorithm's name is unknown.</exception>
    public static Hash ParseSri(string text)
    {
        int dash = text.IndexOf('-', StringComparison.Ordinal);
        return dash < 0
            ? throw new BadHashException($"hash '{text}' is not SRI")
            : FromDecoded(text.AsSpan(dash + 1), HashAlgorithms.Parse(text.AsSpan(0, dash)), "SRI", Base64.Decode(text.AsSpan(dash + 1)));
    }

    /// <summary>Reads a bare digest whose form its length tells.</summary>
    /// <exception cref="BadHashException">Malformed.</exception>
    public static Hash ParseUnprefixed(ReadOnlySpan<char> text, HashAlgorithm algorithm) => ParseDigest(text, algorithm, false, out _);

    public bool Equals(Hash other) => Algorithm.Size() == other.Algorithm.Size() && Bytes.SequenceEqual(other.Bytes);

    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Hash other && Equals(other);

    public override int GetHashCode() => MemoryMarshal.Read<int>(Bytes);

    /// <summary>By length, then bytes, then algorithm.</summary>
    public int CompareTo(Hash other)
    {
        int order = Size.CompareTo(other.Size);
        order = order != 0 ? order : Bytes.SequenceCompareTo(other.Bytes);
        return order != 0 ? order : Algorithm.CompareTo(other.Algorithm);
    }

    private static ReadOnlySpan<char> SplitAlgorithm(string text, out HashAlgorithm? algorithm, out bool sri)
    {
        int at = text.IndexOf(':', StringComparison.Ordinal);
        sri = false;
        if (at < 0)
        {
            at = text.IndexOf('-', StringComparison.Ordinal);
            sri = at >= 0;
        }

        algorithm = at < 0 ? null : HashAlgorithms.Parse(text.AsSpan(0, at));
        return text.AsSpan(at + 1);
    }

    private static Hash ParseDigest(ReadOnlySpan<char> text, HashAlgorithm algorithm, bool sri, out HashFormat format)
    {
        if (sri)
        {
            format = HashFormat.Sri;
            return FromDecoded(text, algorithm, "SRI", Base64.Decode(text));
        }

        int size = algorithm.Size();
        if (text.Length == 2 * size)
        {
            format = HashFormat.Base16;
            return FromDecoded(text, algorithm, "base16", Base16.Decode(text));
        }

        if (text.Length == Nix32.EncodedLength(size))
        {
            format = HashFormat.Nix32;
            return FromDecoded(text, algorithm, "nix32", Nix32.Decode(text));
        }

        if (text.Length == (size + 2) / 3 * 4)
        {
            format = HashFormat.Base64;
            return FromDecoded(text, algorithm, "Base64", Base64.Decode(text));
        }

        throw new BadHashException($"hash '{text}' has wrong length for hash algorithm '{algorithm.Name()}'");
    }

    // A text with a wrong character counts as one of no bytes: so it reads in the message.
    private static Hash FromDecoded(ReadOnlySpan<char> text, HashAlgorithm algorithm, string encoding, byte[]? digest) =>
        digest?.Length == algorithm.Size()
            ? new Hash(algorithm, digest)
            : throw new BadHashException($"invalid {encoding} hash '{text}', length {digest?.Length ?? 0} != expected length {algorithm.Size()}");

    [InlineArray(MaxSize / 8)]
    private struct Digest
    {
        private ulong _first;
    }
}

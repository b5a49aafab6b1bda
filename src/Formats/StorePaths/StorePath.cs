using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using Firn.Formats.Hashing;

namespace Firn.Formats.StorePaths;

/// <summary>
/// The base name of a store object: 32 digits of nix32, a dash, a name. An instance made by a constructor is valid, and
/// ASCII. Sorts by byte.
/// </summary>
/// <remarks>Nix manual, protocols/store-path</remarks>
public readonly struct StorePath : IEquatable<StorePath>, IComparable<StorePath>
{
    /// <summary>Characters of the hash part.</summary>
    public const int HashLength = 32;

    /// <summary>Bytes that the hash part stands for.</summary>
    public const int HashSize = 20;

    /// <summary>Most characters that a name may have.</summary>
    public const int MaxNameLength = 211;

    /// <summary>The end of the name of a store derivation.</summary>
    public const string DerivationExtension = ".drv";

    /// <summary>Reads a base name.</summary>
    /// <exception cref="BadStorePathException">It is none.</exception>
    public StorePath(string baseName)
    {
        if (baseName.Length < HashLength + 1)
        {
            throw new BadStorePathException($"'{baseName}' is too short to be a valid store path");
        }

        foreach (char c in baseName.AsSpan(0, HashLength))
        {
            if (!Nix32.IsDigit(c))
            {
                throw new BadStorePathException($"store path '{baseName}' contains illegal base-32 character '{c}'");
            }
        }

        if (StorePathName.Fault(baseName.AsSpan(HashLength + 1)) is string fault)
        {
            throw new BadStorePathException($"path '{baseName}' is not a valid store path: {fault}");
        }

        BaseName = baseName;
    }

    /// <summary>The path of a folded hash and a name.</summary>
    /// <exception cref="BadStorePathException">The name is none.</exception>
    public StorePath(ReadOnlySpan<byte> hash, string name)
    {
        if (hash.Length != HashSize)
        {
            throw new ArgumentException("hash of a store path has 20 bytes", nameof(hash));
        }

        Span<byte> digits = stackalloc byte[HashLength];
        Nix32.Encode(hash, digits);
        string baseName = string.Create(HashLength + 1 + name.Length, new Parts(digits, name), static (text, parts) =>
        {
            Encoding.ASCII.GetChars(parts.Digits, text);
            text[HashLength] = '-';
            parts.Name.CopyTo(text[(HashLength + 1)..]);
        });
        if (StorePathName.Fault(name) is string fault)
        {
            throw new BadStorePathException($"path '{baseName}' is not a valid store path: {fault}");
        }

        BaseName = baseName;
    }

    // What a base name is made of, in one step and without the text of the digits by itself.
    private readonly ref struct Parts(ReadOnlySpan<byte> digits, string name)
    {
        public readonly ReadOnlySpan<byte> Digits = digits;
        public readonly string Name = name;
    }

    /// <summary>Hash part, dash and name.</summary>
    public string BaseName { get; }

    /// <summary>The 32 digits.</summary>
    public string HashPart => BaseName[..HashLength];

    /// <summary>What follows the dash.</summary>
    public string Name => BaseName[(HashLength + 1)..];

    /// <summary>Whether the name ends in <c>.drv</c>.</summary>
    public bool IsDerivation => BaseName.AsSpan(HashLength + 1).EndsWith(DerivationExtension, StringComparison.Ordinal);

    /// <summary>The name without <c>.drv</c>.</summary>
    /// <exception cref="FormatsException">It does not end so.</exception>
    public string DerivationName => IsDerivation
        ? BaseName[(HashLength + 1)..^DerivationExtension.Length]
        : throw new FormatsException($"store path '{BaseName}' is not a valid derivation path");

    public static bool operator ==(StorePath left, StorePath right) => left.Equals(right);

    public static bool operator !=(StorePath left, StorePath right) => !left.Equals(right);

    public bool Equals(StorePath other) => string.Equals(BaseName, other.BaseName, StringComparison.Ordinal);

    public override bool Equals([NotNullWhen(true)] object? obj) => obj is StorePath other && Equals(other);

    // The first digits are as good as random.
    public override int GetHashCode()
    {
        ReadOnlySpan<byte> start = MemoryMarshal.AsBytes(BaseName.AsSpan(0, 8));
        return (MemoryMarshal.Read<int>(start) * 31) ^ (MemoryMarshal.Read<int>(start[4..]) * 17) ^ (MemoryMarshal.Read<int>(start[8..]) * 7) ^ MemoryMarshal.Read<int>(start[12..]);
    }

    public int CompareTo(StorePath other) => string.CompareOrdinal(BaseName, other.BaseName);

    public override string ToString() => BaseName;
}

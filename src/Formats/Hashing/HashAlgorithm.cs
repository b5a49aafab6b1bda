using System;

namespace Firn.Formats.Hashing;

/// <summary>The hash algorithms that the store knows. The order is the one that hashes sort by.</summary>
public enum HashAlgorithm
{
    Md5,
    Sha1,
    Sha256,
    Sha512,
    Blake3,
}

/// <summary>Text forms of a hash.</summary>
public enum HashFormat
{
    Base16,
    Nix32,
    Base64,
    Sri,
}

/// <summary>Names and sizes of the algorithms and formats.</summary>
public static class HashAlgorithms
{
    /// <summary>The name as in <c>sha256:…</c>.</summary>
    public static string Name(this HashAlgorithm algorithm) => algorithm switch
    {
        HashAlgorithm.Md5 => "md5",
        HashAlgorithm.Sha1 => "sha1",
        HashAlgorithm.Sha256 => "sha256",
        HashAlgorithm.Sha512 => "sha512",
        HashAlgorithm.Blake3 => "blake3",
    };

    /// <summary>Length of the digest in bytes.</summary>
    public static int Size(this HashAlgorithm algorithm) => algorithm switch
    {
        HashAlgorithm.Md5 => 16,
        HashAlgorithm.Sha1 => 20,
        HashAlgorithm.Sha256 => 32,
        HashAlgorithm.Sha512 => 64,
        HashAlgorithm.Blake3 => 32,
    };

    public static bool TryParse(ReadOnlySpan<char> name, out HashAlgorithm algorithm)
    {
        (bool known, algorithm) = name switch
        {
            "md5" => (true, HashAlgorithm.Md5),
            "sha1" => (true, HashAlgorithm.Sha1),
            "sha256" => (true, HashAlgorithm.Sha256),
            "sha512" => (true, HashAlgorithm.Sha512),
            "blake3" => (true, HashAlgorithm.Blake3),
            _ => (false, default),
        };
        return known;
    }

    /// <exception cref="UnknownWordException">The name is of no algorithm.</exception>
    public static HashAlgorithm Parse(ReadOnlySpan<char> name) => TryParse(name, out HashAlgorithm algorithm)
        ? algorithm
        : throw new UnknownWordException($"unknown hash algorithm '{name}', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'");

    /// <summary>The name of a text form: <c>base16</c>, <c>nix32</c>, <c>base64</c>, <c>sri</c>.</summary>
    public static string Name(this HashFormat format) => format switch
    {
        HashFormat.Base16 => "base16",
        HashFormat.Nix32 => "nix32",
        HashFormat.Base64 => "base64",
        HashFormat.Sri => "sri",
    };

    /// <summary>Reads the name of a text form; <c>base32</c> is an old name of <c>nix32</c>.</summary>
    public static bool TryParseFormat(ReadOnlySpan<char> name, out HashFormat format)
    {
        (bool known, format) = name switch
        {
            "base16" => (true, HashFormat.Base16),
            "nix32" or "base32" => (true, HashFormat.Nix32),
            "base64" => (true, HashFormat.Base64),
            "sri" => (true, HashFormat.Sri),
            _ => (false, default),
        };
        return known;
    }

    /// <exception cref="UnknownWordException">The name is of no format.</exception>
    public static HashFormat ParseFormat(ReadOnlySpan<char> name) => TryParseFormat(name, out HashFormat format)
        ? format
        : throw new UnknownWordException($"unknown hash format '{name}', expect 'base16', 'base32', 'base64', or 'sri'");
}

using System;
using System.Runtime.InteropServices;
using System.Text;
using Firn.Formats.Hashing;

namespace Firn.Formats.Signing;

/// <summary>A signature and the name of the key that made it: <c>NAME:BASE64</c>.</summary>
public readonly record struct Signature(string KeyName, string Text)
{
    /// <exception cref="FormatsException">It is none.</exception>
    public static Signature Parse(string text)
    {
        (string name, byte[] bytes) = KeyText.Parse(text, "signature");
        return new Signature(name, Base64.Encode(bytes));
    }

    public override string ToString() => $"{KeyName}:{Text}";
}

/// <summary>An Ed25519 key that checks signatures.</summary>
public sealed class PublicKey
{
    private readonly byte[] _key;

    internal PublicKey(string name, byte[] key)
    {
        Name = name;
        _key = key;
    }

    public string Name { get; }

    /// <exception cref="FormatsException">It is none.</exception>
    public static PublicKey Parse(string text)
    {
        (string name, byte[] key) = KeyText.Parse(text, "key");
        return key.Length == 32 ? new PublicKey(name, key) : throw new FormatsException("public key is not valid");
    }

    /// <summary>Whether this key made that signature of these bytes.</summary>
    public unsafe bool Verify(ReadOnlySpan<byte> data, Signature signature)
    {
        if (signature.KeyName != Name || Base64.Decode(signature.Text) is not { Length: 64 } bytes)
        {
            return false;
        }

        fixed (byte* sig = bytes, message = data, key = _key)
        {
            return LibSodium.crypto_sign_verify_detached(sig, message, (ulong)data.Length, key) == 0;
        }
    }

    public override string ToString() => $"{Name}:{Base64.Encode(_key)}";
}

/// <summary>An Ed25519 key that makes signatures. Its text is secret.</summary>
public sealed class SecretKey
{
    private readonly byte[] _key;

    private SecretKey(string name, byte[] key)
    {
        Name = name;
        _key = key;
    }

    public string Name { get; }

    /// <summary>The key that checks what this one signs.</summary>
    public PublicKey PublicKey => new(Name, _key[32..]);

    /// <exception cref="FormatsException">It is none.</exception>
    public static SecretKey Parse(string text)
    {
        (string name, byte[] key) = KeyText.Parse(text, "key");
        return key.Length == 64 ? new SecretKey(name, key) : throw new FormatsException("secret key is not valid");
    }

    /// <summary>A new key.</summary>
    public static unsafe SecretKey Generate(string name)
    {
        byte[] key = new byte[64];
        byte* unused = stackalloc byte[32];
        fixed (byte* secret = key)
        {
            if (LibSodium.sodium_init() < 0 || LibSodium.crypto_sign_keypair(unused, secret) != 0)
            {
                throw new FormatsException("key generation failed");
            }
        }

        return new SecretKey(name, key);
    }

    /// <summary>Signs some bytes.</summary>
    public unsafe Signature Sign(ReadOnlySpan<byte> data)
    {
        Span<byte> signature = stackalloc byte[64];
        fixed (byte* sig = signature, message = data, key = _key)
        {
            if (LibSodium.crypto_sign_detached(sig, null, message, (ulong)data.Length, key) != 0)
            {
                throw new FormatsException("signing failed");
            }
        }

        return new Signature(Name, Base64.Encode(signature));
    }

    /// <summary>The secret text, <c>NAME:BASE64</c>.</summary>
    public string ToSecretText() => $"{Name}:{Base64.Encode(_key)}";

    public override string ToString() => Name;
}

internal static class KeyText
{
    internal static (string Name, byte[] Bytes) Parse(string text, string kind)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        byte[]? bytes = colon <= 0 ? null : Base64.Decode(text.AsSpan(colon + 1).TrimEnd());
        return bytes is null || bytes.Length == 0 ? throw new FormatsException($"{kind} is corrupt") : (text[..colon], bytes);
    }
}

/// <remarks>https://doc.libsodium.org/public-key_cryptography/public-key_signatures</remarks>
internal static unsafe partial class LibSodium
{
    private const string Library = "libsodium";

    [LibraryImport(Library)]
    internal static partial int sodium_init();

    [LibraryImport(Library)]
    internal static partial int crypto_sign_keypair(byte* publicKey, byte* secretKey);

    [LibraryImport(Library)]
    internal static partial int crypto_sign_detached(byte* signature, ulong* length, byte* message, ulong messageLength, byte* secretKey);

    [LibraryImport(Library)]
    internal static partial int crypto_sign_verify_detached(byte* signature, byte* message, ulong messageLength, byte* publicKey);
}

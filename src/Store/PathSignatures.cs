using System;
using System.Collections.Generic;
using Firn.Formats;
using Firn.Formats.NarInfo;
using Firn.Formats.Signing;
using Firn.Formats.StorePaths;

namespace Firn.Store;

/// <summary>Signatures of paths: making them, and counting those that are good.</summary>
/// <remarks>Nix manual, protocols/json/signature and command-ref/conf-file (trusted-public-keys)</remarks>
public static class PathSignatures
{
    /// <summary>The count for a path that needs no signature, since its name follows from its contents.</summary>
    public const int Enough = int.MaxValue;

    /// <summary>The text that signatures of the path sign.</summary>
    /// <exception cref="FormatsException">The size is not known.</exception>
    public static byte[] Fingerprint(this PathInfo info, StoreDir storeDir) =>
        Formats.NarInfo.Fingerprint.Of(storeDir, info.Path, info.NarHash, info.NarSize, info.References);

    /// <summary>Whether one of the keys made this signature of the path.</summary>
    public static bool IsSignedBy(this PathInfo info, StoreDir storeDir, string signature, IReadOnlyList<PublicKey> keys)
    {
        if (info.NarSize == 0) return false;
        Signature parsed;
        try
        {
            parsed = Signature.Parse(signature);
        }
        catch (FormatsException)
        {
            // Old stores hold anything here; what is no signature is no good one.
            return false;
        }
        byte[]? text = null;
        foreach (PublicKey key in keys)
            if (key.Name == parsed.KeyName && key.Verify(text ??= info.Fingerprint(storeDir), parsed)) return true;
        return false;
    }

    /// <summary>How many signatures are good; <see cref="Enough"/> where the path is content-addressed.</summary>
    public static int CountGoodSignatures(this PathInfo info, StoreDir storeDir, IReadOnlyList<PublicKey> keys)
    {
        if (info.IsContentAddressed(storeDir)) return Enough;
        int good = 0;
        foreach (string signature in info.Signatures)
            if (info.IsSignedBy(storeDir, signature, keys)) good++;
        return good;
    }

    /// <summary>The signature of the path by a key.</summary>
    public static string Sign(this PathInfo info, StoreDir storeDir, SecretKey key) => key.Sign(info.Fingerprint(storeDir)).ToString();

    /// <summary>The facts with one more signature by each key.</summary>
    public static PathInfo WithSignatures(this PathInfo info, StoreDir storeDir, IEnumerable<SecretKey> keys)
    {
        var signatures = new SortedSet<string>(info.Signatures, StringComparer.Ordinal);
        foreach (SecretKey key in keys) signatures.Add(info.Sign(storeDir, key));
        return signatures.Count == info.Signatures.Count ? info : info with { Signatures = [.. signatures] };
    }
}

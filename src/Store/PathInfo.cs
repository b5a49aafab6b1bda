using System.Collections.Generic;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;

namespace Firn.Store;

/// <summary>What a store knows about one valid store object.</summary>
/// <remarks>Nix manual, store/store-object and protocols/json/store-object-info</remarks>
public sealed record PathInfo
{
    public required StorePath Path { get; init; }

    /// <summary>SHA-256 of the NAR.</summary>
    public required Hash NarHash { get; init; }

    /// <summary>Length of the NAR, bytes; 0 where it is not known.</summary>
    public required ulong NarSize { get; init; }

    /// <summary>Sorted, each once; the path itself is among them where it refers to itself.</summary>
    public IReadOnlyList<StorePath> References { get; init; } = [];

    /// <summary>The derivation that it was built from, which need not be valid.</summary>
    public StorePath? Deriver { get; init; }

    /// <summary>Seconds since 1970; 0 means "when it is registered".</summary>
    public long RegistrationTime { get; init; }

    /// <summary>Built here, so trusted without a signature.</summary>
    public bool Ultimate { get; init; }

    /// <summary>Signatures in the form <c>key-name:base64</c>, sorted.</summary>
    public IReadOnlyList<string> Signatures { get; init; } = [];

    /// <summary>What the path is computed from, where it is content-addressed.</summary>
    public ContentAddress? ContentAddress { get; init; }

    /// <summary>Whether the path follows from <see cref="ContentAddress"/> and the references, as it claims.</summary>
    public bool IsContentAddressed(StoreDir storeDir)
    {
        if (ContentAddress is not { } address) return false;
        var others = new List<StorePath>(References.Count);
        foreach (StorePath reference in References)
            if (reference != Path) others.Add(reference);
        return storeDir.MakeFromContentAddress(Path.Name, address, others, self: others.Count != References.Count) == Path;
    }
}

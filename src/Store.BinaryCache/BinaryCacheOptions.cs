using System.Collections.Generic;
using Firn.Formats.Signing;

namespace Firn.Store.BinaryCache;

/// <summary>How a binary cache is used and what is written to it; names and defaults are those of the parameters of its URL.</summary>
/// <remarks>Nix manual, store/types/http-binary-cache-store and local-binary-cache-store</remarks>
public sealed record BinaryCacheOptions
{
    /// <summary>How NARs are compressed (<c>compression</c>): a name as it stands in a .narinfo file.</summary>
    public string Compression { get; init; } = "xz";

    /// <summary>Preset of the method (<c>compression-level</c>); -1 for its own default.</summary>
    public int CompressionLevel { get; init; } = -1;

    /// <summary>Compress with several threads, where the method can (<c>parallel-compression</c>).</summary>
    public bool ParallelCompression { get; init; }

    /// <summary>Encoding of .narinfo files on servers (<c>narinfo-compression</c>); empty for none.</summary>
    public string NarInfoCompression { get; init; } = "";

    /// <summary>Encoding of listings on servers (<c>ls-compression</c>); empty for none.</summary>
    public string ListingCompression { get; init; } = "";

    /// <summary>Encoding of logs on servers (<c>log-compression</c>); empty for none.</summary>
    public string LogCompression { get; init; } = "";

    /// <summary>Write a listing of each NAR (<c>write-nar-listing</c>).</summary>
    public bool WriteListing { get; init; }

    /// <summary>Write where debug information lies, by build id (<c>index-debug-info</c>).</summary>
    public bool IndexDebugInfo { get; init; }

    /// <summary>Keys that sign what is written (<c>secret-key</c>, <c>secret-keys</c>).</summary>
    public IReadOnlyList<SecretKey> SecretKeys { get; init; } = [];

    /// <summary>Directory in which whole NARs are kept for looking into them (<c>local-nar-cache</c>), or null.</summary>
    public string? LocalNarCache { get; init; }

    /// <summary>Absolute path of a certificate that proves to the server who asks (<c>tls-certificate</c>), or null.</summary>
    public string? ClientCertificate { get; init; }

    /// <summary>Absolute path of its key (<c>tls-private-key</c>), where that is in a file of its own.</summary>
    public string? ClientKey { get; init; }

    /// <summary>Overrides what the cache says of itself (<c>priority</c>).</summary>
    public int? Priority { get; init; }

    /// <summary>Overrides what the cache says of itself (<c>want-mass-query</c>).</summary>
    public bool? WantsMassQuery { get; init; }

    /// <summary>Take its paths without a signature (<c>trusted</c>).</summary>
    public bool TakenWithoutSignature { get; init; }
}

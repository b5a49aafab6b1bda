using System;
using System.IO;
using Firn.Formats.Hashing;

namespace Firn.Fetchers.Downloads;

/// <summary>Where a download goes: a file that can be begun anew, and hashes of it made on the way.</summary>
/// <param name="file">Written from its start; must be seekable.</param>
/// <param name="algorithms">Hashes to compute.</param>
public sealed class DownloadTarget(Stream file, params ReadOnlySpan<HashAlgorithm> algorithms)
{
    private readonly HashAlgorithm[] _algorithms = algorithms.ToArray();
    private Hasher[]? _hashers;

    /// <summary>Bytes so far.</summary>
    public long Length { get; private set; }

    internal void Restart()
    {
        file.SetLength(0);
        file.Position = 0;
        Length = 0;
        _hashers = null;
    }

    internal void Write(ReadOnlySpan<byte> bytes)
    {
        _hashers ??= Array.ConvertAll(_algorithms, a => new Hasher(a));
        file.Write(bytes);
        foreach (Hasher hasher in _hashers)
        {
            hasher.Write(bytes);
        }

        Length += bytes.Length;
    }

    /// <summary>The hashes of what was downloaded, in the order asked for; once, at the end.</summary>
    public Hash[] Finish()
    {
        _hashers ??= Array.ConvertAll(_algorithms, a => new Hasher(a));
        return Array.ConvertAll(_hashers, h => h.Finish());
    }
}

/// <summary>What came of a download.</summary>
/// <param name="Url">The server's URL that gave it, mirrors resolved and redirects followed.</param>
/// <param name="NotModified">The server says that the entity tag still holds; nothing was written.</param>
/// <param name="EntityTag">The entity tag of the contents, or null.</param>
/// <param name="LastModified">When the server says the contents changed, or null.</param>
/// <param name="ImmutableUrl">The URL of a <c>Link</c> header with relation <c>immutable</c>, or null.</param>
/// <remarks>Nix manual, protocols/tarball-fetcher</remarks>
public sealed record DownloadResult(string Url, bool NotModified, string? EntityTag, DateTimeOffset? LastModified, string? ImmutableUrl);

/// <summary>Told how a download goes on.</summary>
/// <param name="received">Bytes so far.</param>
/// <param name="total">Bytes altogether, or null where the server does not say.</param>
public delegate void DownloadProgress(long received, long? total);

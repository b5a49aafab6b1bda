using System;

namespace Firn.Fetchers.Compression;

/// <summary>
/// Compresses pieces of memory, each to a whole file, with one state for all of them: making one costs as much as
/// compressing a short piece. For one thread at a time.
/// </summary>
public sealed class PieceCompressor : IDisposable
{
    private readonly ZstdEncoder _encoder;

    private PieceCompressor(ZstdEncoder encoder) => _encoder = encoder;

    /// <summary>Whether a method gains by it.</summary>
    public static bool Serves(CompressionKind kind) => kind == CompressionKind.Zstd;

    /// <param name="level">Preset of zstd; -1 for our default (docs/decisions/0023).</param>
    /// <exception cref="FetchException">There is no such level.</exception>
    public static PieceCompressor Zstd(int level) => new(new ZstdEncoder(Compressed.ZstdLevel(level), parallel: false));

    /// <summary>The longest that so many bytes become.</summary>
    public static int Bound(int length) => ZstdEncoder.Bound(length);

    /// <summary>Compresses one piece.</summary>
    /// <param name="target">Takes the result; as long as <see cref="Bound"/> says.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="FetchException">The library failed.</exception>
    public int Compress(ReadOnlySpan<byte> piece, Span<byte> target) => _encoder.CompressWhole(piece, target);

    /// <inheritdoc/>
    public void Dispose() => _encoder.Dispose();
}

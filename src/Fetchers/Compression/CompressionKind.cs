using System;
using System.IO;
using System.IO.Compression;

namespace Firn.Fetchers.Compression;

/// <summary>The ways in which a stream may be compressed.</summary>
public enum CompressionKind
{
    None,
    Gzip,
    Xz,
    Bzip2,
    Zstd,
    Brotli,
}

/// <summary>Streams over compressed streams.</summary>
public static class Compressed
{
    /// <summary>Tells the kind by the first bytes of a stream; at least six of them, where there are so many.</summary>
    public static CompressionKind Detect(ReadOnlySpan<byte> start) => start switch
    {
        [0x1f, 0x8b, ..] => CompressionKind.Gzip,
        [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, ..] => CompressionKind.Xz,
        [(byte)'B', (byte)'Z', (byte)'h', ..] => CompressionKind.Bzip2,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => CompressionKind.Zstd,
        _ => CompressionKind.None,
    };

    /// <summary>Tells the kind by the end of a file's name.</summary>
    public static CompressionKind OfName(ReadOnlySpan<char> name) => Path.GetExtension(name) switch
    {
        ".gz" or ".tgz" => CompressionKind.Gzip,
        ".xz" or ".txz" => CompressionKind.Xz,
        ".bz2" or ".tbz2" => CompressionKind.Bzip2,
        ".zst" => CompressionKind.Zstd,
        ".br" => CompressionKind.Brotli,
        _ => CompressionKind.None,
    };

    /// <summary>Reads the contents of a compressed stream. Disposing the result disposes <paramref name="source"/>.</summary>
    public static Stream Decompress(Stream source, CompressionKind kind) => kind switch
    {
        CompressionKind.None => source,
        CompressionKind.Gzip => new GZipStream(source, CompressionMode.Decompress),
        CompressionKind.Brotli => new BrotliStream(source, CompressionMode.Decompress),
        CompressionKind.Xz => new CodecStream(source, XzCodec.Decoder()),
        CompressionKind.Bzip2 => new CodecStream(source, Bzip2Codec.Decoder()),
        CompressionKind.Zstd => new CodecStream(source, new ZstdDecoder()),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>Writes a compressed stream; its end is written on disposal, which disposes <paramref name="target"/> too.</summary>
    /// <exception cref="NotSupportedException">Zstd: nothing here writes it.</exception>
    public static Stream Compress(Stream target, CompressionKind kind) => kind switch
    {
        CompressionKind.None => target,
        CompressionKind.Gzip => new GZipStream(target, CompressionLevel.Optimal),
        CompressionKind.Brotli => new BrotliStream(target, CompressionLevel.Optimal),
        CompressionKind.Xz => new CodecStream(target, XzCodec.Encoder(6), writes: true),
        CompressionKind.Bzip2 => new CodecStream(target, Bzip2Codec.Encoder(9), writes: true),
        CompressionKind.Zstd => throw new NotSupportedException("zstd is only read"),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}

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

    /// <summary>The format before xz.</summary>
    Lzma,

    Lzip,
    Lz4,
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
        [(byte)'L', (byte)'Z', (byte)'I', (byte)'P', ..] => CompressionKind.Lzip,
        [0x04, 0x22, 0x4d, 0x18, ..] => CompressionKind.Lz4,
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
        ".lzma" => CompressionKind.Lzma,
        ".lz" or ".lzip" => CompressionKind.Lzip,
        ".lz4" => CompressionKind.Lz4,
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
        CompressionKind.Lzma => new CodecStream(source, XzCodec.LzmaDecoder()),
        CompressionKind.Lzip => new CodecStream(source, XzCodec.LzipDecoder()),
        CompressionKind.Lz4 => new Lz4Reader(source),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>Decompresses what lies in memory, and fills the target as far as it goes.</summary>
    /// <returns>The bytes written; -1 where there are more than the target holds.</returns>
    /// <exception cref="FetchException">The contents are damaged.</exception>
    /// <exception cref="InvalidDataException">So are contents of gzip or brotli.</exception>
    public static int DecompressWhole(ArraySegment<byte> packed, CompressionKind kind, Span<byte> target)
    {
        if (kind == CompressionKind.Zstd)
        {
            return ZstdDecoder.DecompressWhole(packed, target);
        }

        using Stream stream = Decompress(new MemoryStream(packed.Array!, packed.Offset, packed.Count, writable: false), kind);
        int length = stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
        return length == target.Length && stream.ReadByte() >= 0 ? -1 : length;
    }

    /// <summary>Whether the field has a method of this name, though it may be one that is not known here.</summary>
    public static bool IsMethod(string name) => name is "compress" or "grzip" or "lrzip" or "lzop" || TryParse(name, out _);

    /// <summary>What to say of a method that <see cref="TryParse"/> does not know.</summary>
    public static string Unsupported(string name) => IsMethod(name) ? $"compression method '{name}' is not supported" : $"unknown compression method '{name}'";

    /// <summary>Reads the name of a method, as .narinfo files and servers write it.</summary>
    public static bool TryParse(ReadOnlySpan<char> name, out CompressionKind kind)
    {
        (bool known, kind) = name switch
        {
            "none" => (true, CompressionKind.None),
            "gzip" => (true, CompressionKind.Gzip),
            "xz" => (true, CompressionKind.Xz),
            "bzip2" => (true, CompressionKind.Bzip2),
            "zstd" => (true, CompressionKind.Zstd),
            "br" => (true, CompressionKind.Brotli),
            "lzma" => (true, CompressionKind.Lzma),
            "lzip" => (true, CompressionKind.Lzip),
            "lz4" => (true, CompressionKind.Lz4),
            _ => (false, default),
        };
        return known;
    }

    /// <summary>Writes a compressed stream; its end is written on disposal, which disposes <paramref name="target"/> too.</summary>
    /// <param name="target">Takes the compressed bytes.</param>
    /// <param name="kind">The method.</param>
    /// <param name="level">Preset of the method; -1 for our default (docs/decisions/0023).</param>
    /// <param name="parallel">Compress with several threads; methods other than xz and zstd do not.</param>
    /// <param name="length">Most bytes that will be written, where that is known; else -1.</param>
    /// <exception cref="FetchException">The method has no such level.</exception>
    public static Stream Compress(Stream target, CompressionKind kind, int level = -1, bool parallel = false, long length = -1) => kind switch
    {
        CompressionKind.None => target,
        CompressionKind.Gzip => new GzipWriter(target, Level(level, 6, 0, 9, "gzip")),
        CompressionKind.Brotli => new BrotliStream(target, new BrotliCompressionOptions { Quality = Level(level, 11, 0, 11, "br") }),
        CompressionKind.Xz => new CodecStream(target, XzCodec.Encoder(level == -1 ? null : (uint)Level(level, 6, 0, 9, "xz"), parallel, length), writes: true),
        CompressionKind.Bzip2 => new CodecStream(target, Bzip2Codec.Encoder(Level(level, 9, 1, 9, "bzip2")), writes: true),
        CompressionKind.Zstd => new CodecStream(target, new ZstdEncoder(ZstdLevel(level), parallel), writes: true),
        CompressionKind.Lzma => new CodecStream(target, XzCodec.LzmaEncoder((uint)Level(level, 6, 0, 9, "lzma")), writes: true),
        CompressionKind.Lzip => new LzipWriter(target, (uint)Level(level, 6, 0, 9, "lzip")),
        CompressionKind.Lz4 => Lz4(target, level),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    internal static int? ZstdLevel(int level) => level == -1 ? null : Level(level, 3, -7, 22, "zstd");

    // There is one way to write it here; levels are those of the field.
    private static Lz4Writer Lz4(Stream target, int level)
    {
        _ = Level(level, 1, 1, 12, "lz4");
        return new Lz4Writer(target);
    }

    private static int Level(int level, int standard, int lowest, int highest, string name) => level == -1 ? standard
        : level >= lowest && level <= highest ? level
        : throw new FetchException($"compression method '{name}' has no level {level}");
}

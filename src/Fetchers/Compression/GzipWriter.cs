using System;
using System.IO;
using System.IO.Compression;
using Firn.Formats.Sinks;

namespace Firn.Fetchers.Compression;

/// <summary>Writes a gzip stream, of nothing as well: the platform's own writes no byte where it was given none, which no reader takes.</summary>
internal sealed class GzipWriter(Stream target, int level) : ForwardWriter
{
    private readonly GZipStream _inner = new(target, new ZLibCompressionOptions { CompressionLevel = level }, leaveOpen: true);
    private bool _wrote, _disposed;

    /// <summary>Header of unknown time and system, an empty final block, checksum and length 0.</summary>
    private static ReadOnlySpan<byte> Empty => [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _wrote |= !buffer.IsEmpty;
        _inner.Write(buffer);
    }

    public override void Flush() => _inner.Flush();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            _inner.Dispose();
            if (!_wrote)
            {
                target.Write(Empty);
            }

            target.Dispose();
        }

        base.Dispose(disposing);
    }
}

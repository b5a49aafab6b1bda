using System;
using System.Buffers.Binary;
using System.IO;
using System.Numerics;
using Firn.Formats.Sinks;

namespace Firn.Fetchers.Compression;

/// <summary>Writes one member of an lzip file: a header, what liblzma makes, and checksum and lengths behind it.</summary>
/// <remarks>lzip manual, file format</remarks>
internal sealed class LzipWriter : ForwardWriter
{
    private const int TrailerLength = 20;

    private readonly Stream _target;
    private readonly CodecStream _encoder;
    private readonly Counted _packed;
    private uint _checksum;
    private ulong _length;
    private bool _disposed;

    /// <param name="preset">That of liblzma.</param>
    public LzipWriter(Stream target, uint preset)
    {
        _target = target;
        _packed = new Counted(target);
        _encoder = new CodecStream(_packed, XzCodec.RawLzmaEncoder(preset, out uint dictionary), writes: true);
        // Dictionaries of presets are powers of two.
        _packed.Write([(byte)'L', (byte)'Z', (byte)'I', (byte)'P', 1, (byte)BitOperations.Log2(dictionary)]);
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _checksum = XzCodec.Crc32(buffer, _checksum);
        _length += (ulong)buffer.Length;
        _encoder.Write(buffer);
    }

    public override void Flush() => _encoder.Flush();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            try
            {
                _encoder.Dispose();
                Span<byte> trailer = stackalloc byte[TrailerLength];
                BinaryPrimitives.WriteUInt32LittleEndian(trailer, _checksum);
                BinaryPrimitives.WriteUInt64LittleEndian(trailer[4..], _length);
                BinaryPrimitives.WriteUInt64LittleEndian(trailer[12..], (ulong)_packed.Count + TrailerLength);
                _target.Write(trailer);
            }
            finally
            {
                _target.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    /// <summary>Knows how much went through; leaves the target open.</summary>
    private sealed class Counted(Stream target) : ForwardWriter
    {
        public long Count { get; private set; }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Count += buffer.Length;
            target.Write(buffer);
        }

        public override void Flush() => target.Flush();
    }
}

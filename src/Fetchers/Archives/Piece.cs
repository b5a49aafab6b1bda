using System;
using System.IO;

namespace Firn.Fetchers.Archives;

/// <summary>The next so many bytes of another stream.</summary>
internal sealed class Piece(Stream source, long size) : Stream
{
    private readonly long _length = size;
    private long _rest = size;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => _length;

    public override long Position
    {
        get => _length - _rest;
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (_rest == 0 || buffer.IsEmpty)
        {
            return 0;
        }

        int n = source.Read(buffer[..(int)Math.Min(buffer.Length, _rest)]);
        if (n == 0)
        {
            throw new FetchException("archive ends too early");
        }

        _rest -= n;
        return n;
    }

    /// <summary>Reads past what nobody wanted.</summary>
    public void Skip()
    {
        Span<byte> buffer = stackalloc byte[4096];
        while (Read(buffer) > 0)
        {
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

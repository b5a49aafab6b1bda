using System;
using System.IO;
using Firn.Formats.Sinks;

namespace Firn.Fetchers.Archives;

/// <summary>The next so many bytes of another stream.</summary>
internal sealed class Piece(Stream source, long size) : ForwardReader
{
    private readonly long _length = size;
    private long _rest = size;

    public override long Length => _length;

    public override long Position
    {
        get => _length - _rest;
        set => throw new NotSupportedException();
    }

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
}

using System;
using System.IO;
using Firn.Formats.Sinks;

namespace Firn.Fetchers.Compression;

/// <summary>One direction of one C library: takes bytes in, gives bytes out.</summary>
internal interface ICodec : IDisposable
{
    /// <summary>Does what is possible with what is there.</summary>
    /// <param name="finish">No further input will come.</param>
    /// <returns>Whether the coded stream has ended.</returns>
    /// <exception cref="FetchException">The input is not what it should be.</exception>
    bool Step(ReadOnlySpan<byte> input, Span<byte> output, bool finish, out int consumed, out int produced);
}

/// <summary>A stream that runs a codec on another stream, either on reading or on writing.</summary>
internal sealed class CodecStream(Stream inner, ICodec codec, bool writes = false) : ForwardStream
{
    private readonly byte[] _buffer = new byte[65536];
    private int _start;
    private int _length;
    private bool _innerEnded;
    private bool _ended;
    private bool _disposed;

    public override bool CanRead => !writes;

    public override bool CanWrite => writes;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        while (!_ended)
        {
            if (_length == 0 && !_innerEnded)
            {
                _start = 0;
                _length = inner.Read(_buffer);
                _innerEnded = _length == 0;
            }

            _ended = codec.Step(_buffer.AsSpan(_start, _length), buffer, _innerEnded, out int consumed, out int produced);
            _start += consumed;
            _length -= consumed;
            if (produced > 0)
            {
                return produced;
            }

            if (!_ended && consumed == 0 && _innerEnded)
            {
                throw new FetchException("compressed data ends too early");
            }
        }

        return 0;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            codec.Step(buffer, _buffer, finish: false, out int consumed, out int produced);
            inner.Write(_buffer, 0, produced);
            buffer = buffer[consumed..];
        }
    }

    public override void Flush() => inner.Flush();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            try
            {
                for (bool done = !writes; !done;)
                {
                    done = codec.Step([], _buffer, finish: true, out _, out int produced);
                    inner.Write(_buffer, 0, produced);
                }
            }
            finally
            {
                codec.Dispose();
                inner.Dispose();
            }
        }

        base.Dispose(disposing);
    }
}

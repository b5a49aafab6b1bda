using System;
using Firn.Formats;
using Firn.Formats.Sinks;

namespace Firn.Store.Remote.Wire;

/// <summary>
/// Reads bytes whose number is not known beforehand: pieces with their length before each, then an empty one. Disposal
/// takes what is left, so that the connection stands behind it.
/// </summary>
public sealed class FramedReader(WireReader from) : ForwardReader
{
    private ulong _left;
    private bool _ended;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (_ended || buffer.IsEmpty) return 0;
        if (_left == 0)
        {
            // Nothing is behind an end that nobody announced either.
            _ended = true;
            _left = from.Number();
            if (_left == 0) return 0;
            _ended = false;
        }
        int n = from.Read(_left < (ulong)buffer.Length ? buffer[..(int)_left] : buffer);
        if (n == 0)
        {
            _ended = true;
            throw new UnexpectedEndException(from.EndMessage);
        }
        _left -= (ulong)n;
        return n;
    }

    /// <summary>Reads to the end.</summary>
    public void Drain()
    {
        Span<byte> waste = stackalloc byte[4096];
        while (Read(waste) > 0)
        {
            // Whatever it is, nobody wants it.
        }
    }
}

/// <summary>Writes what <see cref="FramedReader"/> reads.</summary>
/// <param name="sent">Called after each piece.</param>
public sealed class FramedWriter(WireWriter to, Action sent) : IByteSink
{
    private const int Piece = 64 * 1024;

    private readonly ByteBuffer _buffer = new(Piece);

    public void Write(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            int n = Math.Min(data.Length, Piece - _buffer.Length);
            _buffer.Write(data[..n]);
            data = data[n..];
            if (_buffer.Length == Piece) Send();
        }
    }

    private void Send()
    {
        to.Number((ulong)_buffer.Length);
        to.Write(_buffer.Span);
        _buffer.Clear();
        to.Flush();
        sent();
    }

    /// <summary>Sends what is left, and the end.</summary>
    public void Finish()
    {
        if (_buffer.Length > 0) Send();
        to.Number(0);
        to.Flush();
    }
}

/// <summary>The beginning of another stream.</summary>
/// <param name="length">How many bytes of it there are.</param>
public sealed class LimitedReader(System.IO.Stream from, ulong length) : ForwardReader
{
    private ulong _left = length;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (_left == 0 || buffer.IsEmpty) return 0;
        int n = from.Read(_left < (ulong)buffer.Length ? buffer[..(int)_left] : buffer);
        if (n == 0) throw new UnexpectedEndException("unexpected end-of-file");
        _left -= (ulong)n;
        return n;
    }
}

using System;
using System.Buffers;
using System.Text;
using Firn.Formats.Hashing;

namespace Firn.Formats.Sinks;

/// <summary>A growing array of bytes; <see cref="Clear"/> keeps the memory, so that one buffer serves many texts.</summary>
public sealed class ByteBuffer : IByteSink
{
    private readonly ArrayPool<byte>? _pool;
    private byte[] _bytes;
    private int _length;

    public ByteBuffer(int capacity = 256) => _bytes = new byte[capacity];

    private ByteBuffer(ArrayPool<byte> pool, int capacity)
    {
        _pool = pool;
        _bytes = pool.Rent(capacity);
    }

    /// <summary>A buffer for a moment, whose memory comes from a pool. <see cref="GiveBack"/> ends its use.</summary>
    public static ByteBuffer Borrow(int capacity) => new(ArrayPool<byte>.Shared, capacity);

    /// <summary>Gives borrowed memory back; neither the buffer nor what it handed out may be used afterwards.</summary>
    public void GiveBack()
    {
        byte[] bytes = _bytes;
        _bytes = [];
        _length = 0;
        _pool?.Return(bytes);
    }

    /// <summary>Bytes written so far.</summary>
    public int Length => _length;

    /// <summary>What was written; valid until the next write.</summary>
    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, _length);

    /// <summary>What was written; valid until the next write.</summary>
    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, _length);

    public void Clear() => _length = 0;

    /// <summary>A copy of what was written.</summary>
    public byte[] ToArray() => Span.ToArray();

    public void Write(ReadOnlySpan<byte> data)
    {
        data.CopyTo(Reserve(data.Length));
        _length += data.Length;
    }

    public void Write(byte value)
    {
        if (_length == _bytes.Length)
        {
            Grow(1);
        }

        _bytes[_length++] = value;
    }

    /// <summary>Writes text of ASCII characters only.</summary>
    public void WriteAscii(string text)
    {
        Encoding.ASCII.GetBytes(text, Reserve(text.Length));
        _length += text.Length;
    }

    /// <summary>Writes a digest in hexadecimal, without its algorithm.</summary>
    public void WriteBase16(in Hash hash)
    {
        Base16.Encode(hash.Bytes, Reserve(2 * hash.Size));
        _length += 2 * hash.Size;
    }

    /// <summary>Writes text as UTF-8.</summary>
    public void WriteUtf8(string text)
    {
        Span<byte> room = Reserve(Encoding.UTF8.GetMaxByteCount(text.Length));
        _length += Encoding.UTF8.GetBytes(text, room);
    }

    /// <summary>Room for at least <paramref name="size"/> bytes behind what was written; <see cref="Advance"/> takes it.</summary>
    public Span<byte> Reserve(int size)
    {
        if (_bytes.Length - _length < size)
        {
            Grow(size);
        }

        return _bytes.AsSpan(_length);
    }

    /// <summary>Counts <paramref name="size"/> bytes of reserved room as written.</summary>
    public void Advance(int size)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, _bytes.Length - _length);
        _length += size;
    }

    private void Grow(int size)
    {
        int capacity = Math.Max(checked(_length + size), (int)Math.Min(Array.MaxLength, 2L * _bytes.Length));
        if (_pool is null)
        {
            Array.Resize(ref _bytes, capacity);
            return;
        }

        byte[] grown = _pool.Rent(capacity);
        Span.CopyTo(grown);
        _pool.Return(_bytes);
        _bytes = grown;
    }
}

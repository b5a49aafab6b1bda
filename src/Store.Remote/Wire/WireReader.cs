using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Firn.Formats;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;

namespace Firn.Store.Remote.Wire;

/// <summary>
/// Reads what the protocols are made of: numbers of 64 bits, little-endian, and texts with their length before them and
/// zeros behind them up to a multiple of 8. As a stream it gives raw bytes, such as a NAR. It takes memory for what has
/// come, never for what is only announced.
/// </summary>
/// <remarks>docs/store/protocols.md</remarks>
public sealed class WireReader(Stream source) : ForwardReader
{
    /// <summary>Longest name, path, address or setting, bytes.</summary>
    public const int MaxName = 64 * 1024;

    /// <summary>Longest message to a user, bytes.</summary>
    public const int MaxMessage = 64 * 1024 * 1024;

    /// <summary>Longest contents that come as one text, bytes.</summary>
    public const int MaxContents = 256 * 1024 * 1024;

    private const int Step = 64 * 1024;

    private readonly byte[] _buffer = new byte[Step];
    private int _next, _end;

    /// <summary>Said where the other side ends the connection inside of something.</summary>
    public string EndMessage { get; init; } = "unexpected end-of-file";

    /// <summary>Whether something has come that was not taken yet; what is still in the system's buffers does not count.</summary>
    public bool HasBuffered => _next < _end;

    /// <summary>Whether the other side is done; waits until it says something.</summary>
    public bool AtEnd()
    {
        if (_next < _end) return false;
        _next = 0;
        _end = source.Read(_buffer);
        return _end == 0;
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (_next == _end)
        {
            if (buffer.Length >= _buffer.Length) return source.Read(buffer);
            if (buffer.IsEmpty || AtEnd()) return 0;
        }
        int n = Math.Min(buffer.Length, _end - _next);
        _buffer.AsSpan(_next, n).CopyTo(buffer);
        _next += n;
        return n;
    }

    private void Fill(Span<byte> bytes)
    {
        if (this.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length) throw new UnexpectedEndException(EndMessage);
    }

    /// <exception cref="UnexpectedEndException">The other side is gone. So do all that follow.</exception>
    public ulong Number()
    {
        Span<byte> bytes = stackalloc byte[8];
        Fill(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>A number that has to fit into 32 bits.</summary>
    /// <exception cref="ProtocolException">It does not.</exception>
    public uint Small()
    {
        ulong number = Number();
        return number <= uint.MaxValue ? (uint)number : throw new ProtocolException($"serialised integer {number} is too large for type 'unsigned int'");
    }

    /// <summary>A truth value: anything but 0 is true.</summary>
    public bool Bool() => Number() != 0;

    /// <summary>A text as bytes.</summary>
    /// <param name="max">Its longest length, bytes.</param>
    /// <exception cref="ProtocolException">It is longer, or what fills it up is not zero.</exception>
    public byte[] Bytes(int max)
    {
        ulong length = Number();
        if (length > (ulong)max) throw new ProtocolException("string is too long");
        int left = (int)length;
        byte[] bytes = new byte[Math.Min(left, Step)];
        Fill(bytes);
        if (left > Step)
        {
            var all = new ByteBuffer(2 * Step);
            all.Write(bytes);
            for (left -= Step; left > 0;)
            {
                int n = Math.Min(left, Step);
                Fill(bytes.AsSpan(0, n));
                all.Write(bytes.AsSpan(0, n));
                left -= n;
            }
            bytes = all.ToArray();
        }
        Padding(length);
        return bytes;
    }

    /// <summary>Reads a text into memory of the caller; its length, 0 for an empty one.</summary>
    /// <exception cref="ProtocolException">It is longer than that memory.</exception>
    public int Bytes(Span<byte> into)
    {
        ulong length = Number();
        if (length > (ulong)into.Length) throw new ProtocolException("string is too long");
        Fill(into[..(int)length]);
        Padding(length);
        return (int)length;
    }

    private void Padding(ulong length)
    {
        Span<byte> padding = stackalloc byte[(int)(0 - length & 7)];
        Fill(padding);
        if (padding.ContainsAnyExcept((byte)0)) throw new ProtocolException("non-zero padding");
    }

    /// <summary>A short text.</summary>
    public string Text(int max = MaxName) => Encoding.UTF8.GetString(Bytes(max));

    /// <summary>A list, of as many items as stand before it.</summary>
    public List<T> List<T>(Func<T> item)
    {
        var items = new List<T>();
        for (ulong left = Number(); left > 0; left--) items.Add(item());
        return items;
    }

    /// <exception cref="FormatsException">It is no path in the store directory.</exception>
    public StorePath Path(StoreDir dir) => dir.Parse(Text());

    /// <summary>A path, or null for an empty text.</summary>
    /// <exception cref="FormatsException">It is neither.</exception>
    public StorePath? PathOrNone(StoreDir dir) => Text() is { Length: > 0 } path ? dir.Parse(path) : null;

    /// <summary>A set of paths.</summary>
    /// <exception cref="FormatsException">One of them is none.</exception>
    public SortedSet<StorePath> Paths(StoreDir dir)
    {
        var paths = new SortedSet<StorePath>();
        for (ulong left = Number(); left > 0; left--) paths.Add(Path(dir));
        return paths;
    }

    /// <summary>A set of texts, sorted by byte.</summary>
    public SortedSet<string> Texts()
    {
        var texts = new SortedSet<string>(StringComparer.Ordinal);
        for (ulong left = Number(); left > 0; left--) texts.Add(Text());
        return texts;
    }
}

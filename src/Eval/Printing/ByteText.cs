using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;

namespace Firn.Eval.Printing;

/// <summary>Text as bytes, growing at its end. In pieces from a pool, so that a text of megabytes is not copied as it grows.</summary>
internal sealed class ByteText
{
    private const int FirstPiece = 256;
    private const int LargestPiece = 64 << 10;

    private readonly List<(byte[] Bytes, int Length)> _full = [];
    private byte[] _piece = new byte[FirstPiece];
    private int _inPiece;
    private int _before;

    public int Length => _before + _inPiece;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        _inPiece += bytes.Length;
    }

    public void Add(byte b)
    {
        Room(1)[0] = b;
        _inPiece++;
    }

    public void AddBlanks(int count)
    {
        Room(count)[..count].Fill((byte)' ');
        _inPiece += count;
    }

    public void Add(string text)
    {
        // Asking for room may begin a new piece, so it comes before the sum.
        Span<byte> room = Room(Encoding.UTF8.GetMaxByteCount(text.Length));
        _inPiece += Encoding.UTF8.GetBytes(text, room);
    }

    /// <summary>The whole text. Nothing may be added afterwards.</summary>
    public byte[] ToArray()
    {
        byte[] text = GC.AllocateUninitializedArray<byte>(Length);
        int at = 0;
        foreach ((byte[] bytes, int length) in _full)
        {
            bytes.AsSpan(0, length).CopyTo(text.AsSpan(at));
            at += length;
            ArrayPool<byte>.Shared.Return(bytes);
        }

        _piece.AsSpan(0, _inPiece).CopyTo(text.AsSpan(at));
        return text;
    }

    private Span<byte> Room(int size)
    {
        if (_piece.Length - _inPiece < size)
        {
            Values.StringBuilding.CheckLength((long)Length + size);
            _full.Add((_piece, _inPiece));
            _before += _inPiece;
            _inPiece = 0;
            _piece = ArrayPool<byte>.Shared.Rent(Math.Max(size, Math.Min(LargestPiece, 2 * _before)));
        }

        return _piece.AsSpan(_inPiece);
    }
}

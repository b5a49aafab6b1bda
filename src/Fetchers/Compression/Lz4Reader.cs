using System;
using System.Buffers.Binary;
using System.IO;
using Firn.Formats.Sinks;

namespace Firn.Fetchers.Compression;

/// <summary>
/// Reads LZ4 frames, one after another. Checksums are passed over: what is read here is known by hashes of its own.
/// </summary>
/// <remarks>lz4.org: LZ4 frame format 1.6.2 and block format</remarks>
internal sealed class Lz4Reader(Stream source) : ForwardReader
{
    private const uint Magic = 0x184d2204;
    private const uint SkippableMask = 0xfffffff0, Skippable = 0x184d2a50;
    private const uint NotCompressed = 0x80000000;
    private const int Window = 1 << 16;
    private const int LeastMatch = 4;

    // The last of what was decoded, which later blocks refer to, and behind it a block.
    private byte[] _decoded = [];
    private byte[] _block = [];
    private int _history, _start, _end, _largest;
    private bool _inFrame, _linked, _blockSums, _contentSum;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        while (_start == _end)
        {
            if (!_inFrame && !BeginFrame())
            {
                return 0;
            }

            NextBlock();
        }

        int n = Math.Min(buffer.Length, _end - _start);
        _decoded.AsSpan(_start, n).CopyTo(buffer);
        _start += n;
        return n;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            source.Dispose();
        }

        base.Dispose(disposing);
    }

    private bool BeginFrame()
    {
        Span<byte> start = stackalloc byte[4];
        uint magic;
        do
        {
            int n = source.ReadAtLeast(start, 4, throwOnEndOfStream: false);
            if (n == 0)
            {
                return false;
            }

            magic = n == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(start) : 0;
            if ((magic & SkippableMask) == Skippable)
            {
                Exactly(start);
                Skip(BinaryPrimitives.ReadUInt32LittleEndian(start));
            }
            else if (magic != Magic)
            {
                throw Bad("it is no frame");
            }
        }
        while (magic != Magic);

        Span<byte> descriptor = stackalloc byte[2];
        Exactly(descriptor);
        int flags = descriptor[0];
        if (flags >> 6 != 1 || (flags & 1) != 0)
        {
            throw Bad("its version or dictionary is not known");
        }

        _linked = (flags & 0x20) == 0;
        _blockSums = (flags & 0x10) != 0;
        _contentSum = (flags & 0x04) != 0;
        _largest = (descriptor[1] >> 4 & 7) switch
        {
            4 => 1 << 16,
            5 => 1 << 18,
            6 => 1 << 20,
            7 => 1 << 22,
            _ => throw Bad("its blocks have no known size"),
        };
        Skip((flags & 0x08) != 0 ? 9u : 1u);
        if (_block.Length < _largest)
        {
            _block = new byte[_largest];
            _decoded = new byte[Window + _largest];
        }

        _history = _start = _end = 0;
        _inFrame = true;
        return true;
    }

    private void NextBlock()
    {
        Span<byte> head = stackalloc byte[4];
        Exactly(head);
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(head);
        if (size == 0)
        {
            Skip(_contentSum ? 4u : 0u);
            _inFrame = false;
            return;
        }

        int length = (int)(size & ~NotCompressed);
        if (length > _largest)
        {
            throw Bad("a block is too long");
        }

        KeepWindow();
        if ((size & NotCompressed) != 0)
        {
            Exactly(_decoded.AsSpan(_history, length));
            _end = _history + length;
        }
        else
        {
            Exactly(_block.AsSpan(0, length));
            _end = Decode(_block.AsSpan(0, length), _decoded.AsSpan(0, _history + _largest), _history);
        }

        _start = _history;
        Skip(_blockSums ? 4u : 0u);
    }

    private void KeepWindow()
    {
        int keep = _linked ? Math.Min(_end, Window) : 0;
        _decoded.AsSpan(_end - keep, keep).CopyTo(_decoded);
        _history = keep;
    }

    private static int Decode(ReadOnlySpan<byte> block, Span<byte> to, int at)
    {
        int i = 0;
        while (true)
        {
            int token = At(block, i++);
            int literals = Extended(block, ref i, token >> 4);
            if (literals > block.Length - i || literals > to.Length - at)
            {
                throw Bad("it is damaged");
            }

            block.Slice(i, literals).CopyTo(to[at..]);
            i += literals;
            at += literals;
            if (i == block.Length)
            {
                return at;
            }

            int distance = At(block, i) | At(block, i + 1) << 8;
            i += 2;
            int match = Extended(block, ref i, token & 15) + LeastMatch;
            if (distance == 0 || distance > at || match > to.Length - at)
            {
                throw Bad("it is damaged");
            }

            // Byte by byte: what is copied may begin in what it makes.
            for (int end = at + match; at < end; at++)
            {
                to[at] = to[at - distance];
            }
        }
    }

    private static int Extended(ReadOnlySpan<byte> block, ref int i, int length)
    {
        if (length == 15)
        {
            int more;
            do
            {
                more = At(block, i++);
                length += more;
            }
            while (more == 255);
        }

        return length;
    }

    private static int At(ReadOnlySpan<byte> block, int i) => i < block.Length ? block[i] : throw Bad("it is damaged");

    private void Exactly(Span<byte> bytes)
    {
        if (source.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
        {
            throw new FetchException("compressed data ends too early");
        }
    }

    private void Skip(uint count)
    {
        Span<byte> passed = stackalloc byte[256];
        while (count > 0)
        {
            Span<byte> some = passed[..(int)Math.Min(count, (uint)passed.Length)];
            Exactly(some);
            count -= (uint)some.Length;
        }
    }

    private static FetchException Bad(string why) => new("cannot read lz4 data: " + why);
}

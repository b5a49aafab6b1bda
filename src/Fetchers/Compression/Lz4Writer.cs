using System;
using System.Buffers.Binary;
using System.IO;
using System.Numerics;
using System.Runtime.InteropServices;
using Firn.Formats.Sinks;

namespace Firn.Fetchers.Compression;

/// <summary>Writes one LZ4 frame of independent blocks, with the checksum of its contents.</summary>
/// <remarks>lz4.org: LZ4 frame format 1.6.2 and block format</remarks>
internal sealed class Lz4Writer(Stream target) : ForwardWriter
{
    private const int BlockSize = 1 << 20;
    private const uint NotCompressed = 0x80000000;

    // Version 1, independent blocks, a checksum of the contents; blocks of up to 1 MiB.
    private const byte Flags = 0x64, BlockKind = 0x60;

    private readonly byte[] _block = new byte[BlockSize];
    private readonly byte[] _packed = new byte[BlockSize];
    private readonly int[] _table = new int[Lz4Block.TableSize];
    private readonly XxHash32 _hash = new();
    private int _length;
    private bool _begun, _disposed;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _hash.Write(buffer);
        while (!buffer.IsEmpty)
        {
            int n = Math.Min(buffer.Length, BlockSize - _length);
            buffer[..n].CopyTo(_block.AsSpan(_length));
            _length += n;
            buffer = buffer[n..];
            if (_length == BlockSize)
            {
                WriteBlock();
            }
        }
    }

    public override void Flush() => target.Flush();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            try
            {
                WriteBlock();
                Number(0);
                Number(_hash.Finish());
            }
            finally
            {
                target.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    private void WriteBlock()
    {
        if (!_begun)
        {
            _begun = true;
            XxHash32 header = new();
            header.Write([Flags, BlockKind]);
            target.Write([0x04, 0x22, 0x4d, 0x18, Flags, BlockKind, (byte)(header.Finish() >> 8)]);
        }

        if (_length == 0)
        {
            return;
        }

        ReadOnlySpan<byte> block = _block.AsSpan(0, _length);
        int packed = Lz4Block.Compress(block, _packed.AsSpan(0, _length), _table);
        Number(packed > 0 ? (uint)packed : (uint)_length | NotCompressed);
        target.Write(packed > 0 ? _packed.AsSpan(0, packed) : block);
        _length = 0;
    }

    private void Number(uint number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, number);
        target.Write(bytes);
    }
}

/// <summary>One LZ4 block: runs of bytes, each followed by a copy of what came up to 64 KiB before.</summary>
internal static class Lz4Block
{
    public const int TableSize = 1 << TableBits;

    private const int TableBits = 14;
    private const int LeastMatch = 4;
    private const int Farthest = 65535;

    // Of the format: the last five bytes are no copy, and none begins in the last twelve.
    private const int LastLiterals = 5, LastStart = 12;

    /// <returns>The bytes written; 0 where they do not fit.</returns>
    public static int Compress(ReadOnlySpan<byte> from, Span<byte> to, int[] table)
    {
        Array.Fill(table, -1);
        int at = 0, anchor = 0, written = 0, misses = 0;
        while (at < from.Length - LastStart)
        {
            uint four = Four(from, at);
            ref int slot = ref table[(four * 2654435761u) >> (32 - TableBits)];
            int candidate = slot;
            slot = at;
            if (candidate < 0 || at - candidate > Farthest || Four(from, candidate) != four)
            {
                // What does not repeat is passed over faster and faster.
                at += 1 + (misses++ >> 6);
                continue;
            }

            misses = 0;
            int length = LeastMatch + Equal(from, candidate + LeastMatch, at + LeastMatch, from.Length - LastLiterals);
            if (!Sequence(from[anchor..at], at - candidate, length - LeastMatch, to, ref written))
            {
                return 0;
            }

            at += length;
            anchor = at;
        }

        return Sequence(from[anchor..], 0, 0, to, ref written) && written < from.Length ? written : 0;
    }

    // A distance of 0 is the end.
    private static bool Sequence(ReadOnlySpan<byte> literals, int distance, int length, Span<byte> to, ref int written)
    {
        int most = 1 + (literals.Length / 255) + 1 + literals.Length + 2 + (length / 255) + 1;
        if (most > to.Length - written)
        {
            return false;
        }

        to[written++] = (byte)((Math.Min(literals.Length, 15) << 4) | Math.Min(length, 15));
        More(literals.Length, to, ref written);
        literals.CopyTo(to[written..]);
        written += literals.Length;
        if (distance > 0)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(to[written..], (ushort)distance);
            written += 2;
            More(length, to, ref written);
        }

        return true;
    }

    private static void More(int length, Span<byte> to, ref int written)
    {
        if (length < 15)
        {
            return;
        }

        for (length -= 15; length >= 255; length -= 255)
        {
            to[written++] = 255;
        }

        to[written++] = (byte)length;
    }

    private static int Equal(ReadOnlySpan<byte> bytes, int a, int b, int end) => bytes[b..end].CommonPrefixLength(bytes[a..]);

    private static uint Four(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}

/// <summary>The checksum of LZ4 frames.</summary>
/// <remarks>github.com/Cyan4973/xxHash: doc/xxhash_spec.md, XXH32 with seed 0</remarks>
internal sealed class XxHash32
{
    private const uint Prime1 = 2654435761, Prime2 = 2246822519, Prime3 = 3266489917, Prime4 = 668265263, Prime5 = 374761393;
    private const int Stripe = 16;

    private readonly uint[] _lanes = [unchecked(Prime1 + Prime2), Prime2, 0, unchecked(0 - Prime1)];
    private readonly byte[] _rest = new byte[Stripe];
    private int _restLength;
    private ulong _length;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        _length += (ulong)bytes.Length;
        if (_restLength > 0)
        {
            int n = Math.Min(Stripe - _restLength, bytes.Length);
            bytes[..n].CopyTo(_rest.AsSpan(_restLength));
            _restLength += n;
            bytes = bytes[n..];
            if (_restLength < Stripe)
            {
                return;
            }

            Stripes(_rest);
            _restLength = 0;
        }

        int whole = bytes.Length / Stripe * Stripe;
        Stripes(bytes[..whole]);
        bytes[whole..].CopyTo(_rest);
        _restLength = bytes.Length - whole;
    }

    public uint Finish()
    {
        uint hash = _length < Stripe ? Prime5
            : BitOperations.RotateLeft(_lanes[0], 1) + BitOperations.RotateLeft(_lanes[1], 7) + BitOperations.RotateLeft(_lanes[2], 12) + BitOperations.RotateLeft(_lanes[3], 18);
        hash += (uint)_length;
        ReadOnlySpan<byte> rest = _rest.AsSpan(0, _restLength);
        for (; rest.Length >= 4; rest = rest[4..])
        {
            hash = BitOperations.RotateLeft(hash + (BinaryPrimitives.ReadUInt32LittleEndian(rest) * Prime3), 17) * Prime4;
        }

        foreach (byte b in rest)
        {
            hash = BitOperations.RotateLeft(hash + (b * Prime5), 11) * Prime1;
        }

        hash = (hash ^ (hash >> 15)) * Prime2;
        hash = (hash ^ (hash >> 13)) * Prime3;
        return hash ^ (hash >> 16);
    }

    private void Stripes(ReadOnlySpan<byte> bytes)
    {
        (uint a, uint b, uint c, uint d) = (_lanes[0], _lanes[1], _lanes[2], _lanes[3]);
        ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(bytes);
        for (int i = 0; i + 3 < words.Length; i += 4)
        {
            a = Round(a, words[i]);
            b = Round(b, words[i + 1]);
            c = Round(c, words[i + 2]);
            d = Round(d, words[i + 3]);
        }

        (_lanes[0], _lanes[1], _lanes[2], _lanes[3]) = (a, b, c, d);
    }

    private static uint Round(uint lane, uint word) => BitOperations.RotateLeft(lane + (word * Prime2), 13) * Prime1;
}

using System;
using System.Buffers.Binary;
using System.Numerics;

namespace Firn.Formats.Hashing;

/// <summary>BLAKE3 in its plain (unkeyed) mode with a digest of 32 bytes.</summary>
/// <remarks>https://github.com/BLAKE3-team/BLAKE3-specs</remarks>
internal sealed class Blake3State
{
    private const int BlockSize = 64, ChunkSize = 1024;
    private const uint ChunkStart = 1, ChunkEnd = 2, Parent = 4, Root = 8;

    // Chaining values of finished subtrees, one a level: at most one for each bit of the chunk counter.
    private readonly uint[] _stack = new uint[54 * 8];
    private readonly byte[] _block = new byte[BlockSize];
    private readonly uint[] _chaining = new uint[8];
    private int _stacked, _blockLength, _blocks;
    private ulong _chunk;

    internal Blake3State() => Initial.CopyTo(_chaining);

    private static ReadOnlySpan<uint> Initial =>
    [
        0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
    ];

    private static ReadOnlySpan<byte> Permutation => [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];

    internal void Update(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            // A full block waits until more comes, since the last one of all is flagged.
            if (_blockLength == BlockSize)
            {
                if (((_blocks + 1) * BlockSize) == ChunkSize)
                {
                    EndChunk();
                }
                else
                {
                    Compress(_chaining, _block, _chunk, BlockSize, StartFlag, _chaining);
                    _blocks++;
                }

                _blockLength = 0;
            }

            int take = Math.Min(BlockSize - _blockLength, data.Length);
            data[..take].CopyTo(_block.AsSpan(_blockLength));
            _blockLength += take;
            data = data[take..];
        }
    }

    internal void Finish(Span<byte> digest)
    {
        _block.AsSpan(_blockLength).Clear();
        Span<uint> input = stackalloc uint[8];
        Span<uint> output = stackalloc uint[8];
        Span<byte> block = stackalloc byte[BlockSize];
        _chaining.CopyTo(input);
        _block.CopyTo(block);
        uint flags = StartFlag | ChunkEnd;
        int length = _blockLength;
        ulong counter = _chunk;
        while (_stacked > 0)
        {
            Compress(input, block, counter, length, flags, output);
            _stacked--;
            WriteWords(_stack.AsSpan(_stacked * 8, 8), block[..32]);
            WriteWords(output, block[32..]);
            Initial.CopyTo(input);
            (flags, length, counter) = (Parent, BlockSize, 0);
        }

        // The root's counter counts blocks of output, of which there is one; a single chunk has counter 0 anyway.
        Compress(input, block, 0, length, flags | Root, output);
        WriteWords(output, digest);
    }

    private uint StartFlag => _blocks == 0 ? ChunkStart : 0;

    private void EndChunk()
    {
        Span<uint> value = stackalloc uint[8];
        Compress(_chaining, _block, _chunk, BlockSize, StartFlag | ChunkEnd, value);
        Span<byte> block = stackalloc byte[BlockSize];
        _chunk++;
        // Two subtrees of one size make a parent: as often as the count of chunks is divisible by two.
        for (ulong total = _chunk; (total & 1) == 0; total >>= 1)
        {
            _stacked--;
            WriteWords(_stack.AsSpan(_stacked * 8, 8), block[..32]);
            WriteWords(value, block[32..]);
            Compress(Initial, block, 0, BlockSize, Parent, value);
        }

        value.CopyTo(_stack.AsSpan(_stacked * 8));
        _stacked++;
        Initial.CopyTo(_chaining);
        _blocks = 0;
    }

    private static void WriteWords(ReadOnlySpan<uint> words, Span<byte> bytes)
    {
        for (int i = 0; i < 8; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[(4 * i)..], words[i]);
        }
    }

    private static void Compress(ReadOnlySpan<uint> chaining, ReadOnlySpan<byte> block, ulong counter, int length, uint flags, Span<uint> output)
    {
        Span<uint> message = stackalloc uint[16];
        Span<uint> next = stackalloc uint[16];
        Span<uint> state = stackalloc uint[16];
        for (int i = 0; i < 16; i++)
        {
            message[i] = BinaryPrimitives.ReadUInt32LittleEndian(block[(4 * i)..]);
        }

        chaining.CopyTo(state);
        Initial[..4].CopyTo(state[8..]);
        state[12] = (uint)counter;
        state[13] = (uint)(counter >> 32);
        state[14] = (uint)length;
        state[15] = flags;
        for (int round = 0; ; round++)
        {
            Mix(state, 0, 4, 8, 12, message[0], message[1]);
            Mix(state, 1, 5, 9, 13, message[2], message[3]);
            Mix(state, 2, 6, 10, 14, message[4], message[5]);
            Mix(state, 3, 7, 11, 15, message[6], message[7]);
            Mix(state, 0, 5, 10, 15, message[8], message[9]);
            Mix(state, 1, 6, 11, 12, message[10], message[11]);
            Mix(state, 2, 7, 8, 13, message[12], message[13]);
            Mix(state, 3, 4, 9, 14, message[14], message[15]);
            if (round == 6)
            {
                break;
            }

            for (int i = 0; i < 16; i++)
            {
                next[i] = message[Permutation[i]];
            }

            next.CopyTo(message);
        }

        for (int i = 0; i < 8; i++)
        {
            output[i] = state[i] ^ state[i + 8];
        }
    }

    private static void Mix(Span<uint> state, int a, int b, int c, int d, uint x, uint y)
    {
        state[a] += state[b] + x;
        state[d] = BitOperations.RotateRight(state[d] ^ state[a], 16);
        state[c] += state[d];
        state[b] = BitOperations.RotateRight(state[b] ^ state[c], 12);
        state[a] += state[b] + y;
        state[d] = BitOperations.RotateRight(state[d] ^ state[a], 8);
        state[c] += state[d];
        state[b] = BitOperations.RotateRight(state[b] ^ state[c], 7);
    }
}

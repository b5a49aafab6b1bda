using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace Firn.Eval.Values;

/// <summary>
/// The shapes that an evaluation made last, so that those that it makes again are the same objects: nine of ten shapes that
/// <c>//</c>, <c>removeAttrs</c> and <c>listToAttrs</c> make are not new. A cache of fixed size, not a register: what is not found
/// is made again.
/// </summary>
/// <remarks>Safe for several threads: a slot is read and written whole, and what is in it never changes.</remarks>
internal sealed class ShapeTable
{
    private const int Size = 8192;

    private Shape?[]? _slots;

    /// <summary>The shape of these names.</summary>
    /// <param name="keys">Ascending.</param>
    /// <param name="positions">One for each key, or empty for none.</param>
    /// <param name="own">The keys as an array that nobody changes, when there is one.</param>
    public Shape Of(ReadOnlySpan<int> keys, ReadOnlySpan<PosIdx> positions, int[]? own = null)
    {
        Shape?[] slots = Volatile.Read(ref _slots) ?? Make();
        ref Shape? slot = ref slots[Hash(keys, MemoryMarshal.Cast<PosIdx, uint>(positions)) & (Size - 1)];
        Shape? found = Volatile.Read(ref slot);
        if (found is not null && keys.SequenceEqual(found.Keys) && positions.SequenceEqual(found.Positions))
        {
            return found;
        }

        Shape made = new(own ?? keys.ToArray(), positions.IsEmpty ? null : positions.ToArray(), this);
        Volatile.Write(ref slot, made);
        return made;
    }

    private Shape?[] Make()
    {
        Shape?[] made = new Shape?[Size];
        return Interlocked.CompareExchange(ref _slots, made, null) ?? made;
    }

    private static uint Hash(ReadOnlySpan<int> keys, ReadOnlySpan<uint> positions)
    {
        ulong hash = (uint)keys.Length;
        foreach (int key in keys)
        {
            hash = (hash ^ (uint)key) * 0x9E3779B97F4A7C15;
        }

        foreach (uint position in positions)
        {
            hash = (hash ^ position) * 0x9E3779B97F4A7C15;
        }

        return (uint)(hash >> 40);
    }
}

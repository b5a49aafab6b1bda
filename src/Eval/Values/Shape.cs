using System;
using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Threading;

namespace Firn.Eval.Values;

/// <summary>
/// The names of an attribute set with their positions, shared by every set that came from the same place in a
/// program. Keys are ids of symbols, ascending; the values of a set stand in the same order.
/// </summary>
/// <remarks>docs/language/evaluator.md</remarks>
public sealed class Shape
{
    /// <summary>The shape of the empty set.</summary>
    public static readonly Shape Empty = new([], null);

    // Up to here a vectorised scan is as fast as the index and needs no memory (measured).
    private const int ScanLimit = 16;

    // Shapes of up to so many names, which are nearly all, have an index of bytes.
    private const int SmallLimit = 254;

    internal readonly int[] Keys;
    private readonly PosIdx[]? _positions;
    private Array? _index;
    private int[]? _nameOrder;
    private MergePlan? _merges;
    private Shape? _withoutPositions;
    private Removal? _removal;

    internal Shape(int[] sortedKeys, PosIdx[]? positions, ShapeTable? table = null, PosIdx pos = default)
    {
        Keys = sortedKeys;
        _positions = positions;
        Table = table;
        Pos = pos;
    }

    // Where shapes that are made of this one are looked for first.
    internal readonly ShapeTable? Table;

    /// <summary>Where a set was written whose attributes these are; none for what was computed.</summary>
    public PosIdx Pos { get; }

    /// <summary>Number of names.</summary>
    public int Count => Keys.Length;

    internal PosIdx[]? Positions => _positions;

    /// <summary>The same names without positions: the shape of a set that was computed from one of this shape.</summary>
    internal Shape WithoutPositions =>
        _positions is null ? this : Volatile.Read(ref _withoutPositions) ?? (_withoutPositions = Table?.Of(Keys, default, Keys) ?? new Shape(Keys, null));

    /// <summary>The name at an index.</summary>
    public Symbol NameAt(int index) => new(Keys[index]);

    /// <summary>Where the attribute at an index was written.</summary>
    public PosIdx PosAt(int index) => _positions is null ? PosIdx.None : _positions[index];

    /// <summary>Index of a name, negative when the shape has none such.</summary>
    public int IndexOf(Symbol name)
    {
        int[] keys = Keys;
        return keys.Length <= ScanLimit ? keys.AsSpan().IndexOf(name.Id) : IndexOfLarge(name.Id);
    }

    private int IndexOfLarge(int key)
    {
        Array index = _index ?? MakeIndex();
        return Keys.Length <= SmallLimit ? Find(Unsafe.As<byte[]>(index), key) : Find(Unsafe.As<int[]>(index), key);
    }

    // Open addressing. A slot holds one more than the place of its key among the keys, 0 when it is free.
    private int Find<T>(T[] index, int key)
        where T : struct, IBinaryInteger<T>
    {
        uint mask = (uint)(index.Length - 1);
        uint slot = Spread(key) & mask;
        while (true)
        {
            int at = int.CreateTruncating(index[slot]) - 1;
            if (at < 0 || Keys[at] == key)
            {
                return at;
            }

            slot = (slot + 1) & mask;
        }
    }

    private static uint Spread(int key) => (uint)key * 2654435769u >> 7;

    private Array MakeIndex()
    {
        uint size = BitOperations.RoundUpToPowerOf2((uint)Keys.Length * 2);
        Array index = Keys.Length <= SmallLimit ? MakeIndex<byte>(size) : MakeIndex<int>(size);

        // Two threads may both make it; either is right.
        Volatile.Write(ref _index, index);
        return index;
    }

    private T[] MakeIndex<T>(uint size)
        where T : struct, IBinaryInteger<T>
    {
        T[] index = new T[size];
        uint mask = size - 1;
        for (int i = 0; i < Keys.Length; i++)
        {
            uint slot = Spread(Keys[i]) & mask;
            while (index[slot] != T.Zero)
            {
                slot = (slot + 1) & mask;
            }

            index[slot] = T.CreateTruncating(i + 1);
        }

        return index;
    }

    /// <summary>The shape without the names at these indices, which are sorted and may be repeated.</summary>
    internal Shape Without(ReadOnlySpan<int> indices)
    {
        Removal? last = Volatile.Read(ref _removal);
        if (last is not null && indices.SequenceEqual(last.Indices))
        {
            return last.Result;
        }

        Removal made = new(indices.ToArray(), Remove(indices));
        Volatile.Write(ref _removal, made);
        return made.Result;
    }

    private Shape Remove(ReadOnlySpan<int> indices)
    {
        int[] keys = ArrayPool<int>.Shared.Rent(Keys.Length);
        PosIdx[]? positions = _positions is null ? null : ArrayPool<PosIdx>.Shared.Rent(Keys.Length);
        int count = Rest(Keys, indices, keys);
        if (positions is not null)
        {
            _ = Rest(_positions!, indices, positions);
        }

        Shape result = Find(Table, keys.AsSpan(0, count), positions.AsSpan(0, positions is null ? 0 : count));
        ArrayPool<int>.Shared.Return(keys);
        if (positions is not null)
        {
            ArrayPool<PosIdx>.Shared.Return(positions);
        }

        return result;
    }

    /// <summary>The shape of these names and positions (empty for none): one that a table has, or a new one.</summary>
    internal static Shape Find(ShapeTable? table, ReadOnlySpan<int> keys, ReadOnlySpan<PosIdx> positions) =>
        table?.Of(keys, positions) ?? new Shape(keys.ToArray(), positions.IsEmpty ? null : positions.ToArray());

    // How many are left.
    private static int Rest<T>(T[] all, ReadOnlySpan<int> indices, Span<T> rest)
    {
        int n = 0;
        for (int i = 0, next = 0; i < all.Length; i++)
        {
            if (next < indices.Length && indices[next] == i)
            {
                while (next < indices.Length && indices[next] == i)
                {
                    next++;
                }
            }
            else
            {
                rest[n++] = all[i];
            }
        }

        return n;
    }

    // What was removed last, mostly by the one place in a program that removes from such sets.
    private sealed class Removal(int[] indices, Shape result)
    {
        public readonly int[] Indices = indices;
        public readonly Shape Result = result;
    }

    /// <summary>Indices in the order of the bytes of their names.</summary>
    internal int[] NameOrder(SymbolTable symbols) => Volatile.Read(ref _nameOrder) ?? MakeNameOrder(symbols);

    private int[] MakeNameOrder(SymbolTable symbols)
    {
        byte[][] names = new byte[Keys.Length][];
        int[] order = new int[Keys.Length];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
            names[i] = symbols.BytesOf(new Symbol(Keys[i]));
        }

        Array.Sort(names, order, ByteOrder.Instance);
        Volatile.Write(ref _nameOrder, order);
        return order;
    }

    internal MergePlan? FindMerge(Shape right)
    {
        for (MergePlan? plan = Volatile.Read(ref _merges); plan is not null; plan = plan.Next)
        {
            if (ReferenceEquals(plan.Right, right))
            {
                return plan;
            }
        }

        return null;
    }

    internal void KeepMerge(MergePlan plan)
    {
        MergePlan? head = Volatile.Read(ref _merges);

        // A left operand that meets ever new shapes (a fold) would otherwise keep them all alive.
        if (head is { Length: >= 8 })
        {
            head = null;
        }

        plan.Next = head;
        plan.Length = head is null ? 1 : head.Length + 1;
        Volatile.Write(ref _merges, plan);
    }

    private sealed class ByteOrder : System.Collections.Generic.IComparer<byte[]>
    {
        public static readonly ByteOrder Instance = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}

/// <summary>
/// How the values of two shapes become those of <c>left // right</c>: runs of neighbours, so that copying is done
/// by spans (one write barrier for each run instead of each value).
/// </summary>
internal sealed class MergePlan
{
    public readonly Shape Right;
    public readonly Shape Result;

    // Pairs: from right? start in the source in the upper 31 bits (bit 0: from the right), then the length. Only once the
    // plan is used again: many plans are made for one merge.
    private int[]? _runs;

    public MergePlan? Next;
    public int Length;

    private MergePlan(Shape right, Shape result)
    {
        Right = right;
        Result = result;
    }

    /// <summary>Merges two sets, and makes the plan of it.</summary>
    public static MergePlan Make(Shape left, Value[] leftValues, Shape right, Value[] rightValues, out Value[] merged)
    {
        int[] room = ArrayPool<int>.Shared.Rent(2 * (left.Count + right.Count));
        ReadOnlySpan<int> runs = room.AsSpan(0, FindRuns(left, right, room, out int count));
        int[] keys = ArrayPool<int>.Shared.Rent(count);
        Join<int>(runs, left.Keys, right.Keys, keys);
        PosIdx[]? positions = null;
        if (left.Positions is not null || right.Positions is not null)
        {
            // Rented ones hold what was there before, and a side may have none.
            positions = ArrayPool<PosIdx>.Shared.Rent(count);
            positions.AsSpan(0, count).Clear();
            Join(runs, left.Positions, right.Positions, positions);
        }

        merged = new Value[count];
        Join(runs, leftValues, rightValues, merged);
        Shape result = Shape.Find(left.Table ?? right.Table, keys.AsSpan(0, count), positions.AsSpan(0, positions is null ? 0 : count));
        ArrayPool<int>.Shared.Return(room);
        ArrayPool<int>.Shared.Return(keys);
        if (positions is not null)
        {
            ArrayPool<PosIdx>.Shared.Return(positions);
        }

        return new(right, result);
    }

    // The number of integers in runs, and that of names.
    private static int FindRuns(Shape left, Shape right, Span<int> runs, out int count)
    {
        int[] a = left.Keys;
        int[] b = right.Keys;
        int i = 0, j = 0, n = 0, r = 0;
        int lastSource = -1, lastEnd = -1;
        while (i < a.Length || j < b.Length)
        {
            bool fromRight = i == a.Length || (j < b.Length && b[j] <= a[i]);
            int source = fromRight ? 1 : 0;
            int at = fromRight ? j : i;
            n++;
            if (lastSource == source && lastEnd == at)
            {
                runs[r - 1]++;
            }
            else
            {
                runs[r++] = (at << 1) | source;
                runs[r++] = 1;
            }

            lastSource = source;
            lastEnd = at + 1;
            if (fromRight)
            {
                if (i < a.Length && a[i] == b[j])
                {
                    i++;
                }

                j++;
            }
            else
            {
                i++;
            }
        }

        count = n;
        return r;
    }

    /// <summary>Merges two sets of the shapes that the plan is for.</summary>
    public Value[] Merge(Shape leftShape, Value[] left, Value[] right)
    {
        Value[] merged = new Value[Result.Count];
        Join(Volatile.Read(ref _runs) ?? KeepRuns(leftShape), left, right, merged);
        return merged;
    }

    private int[] KeepRuns(Shape left)
    {
        int[] room = ArrayPool<int>.Shared.Rent(2 * (left.Count + Right.Count));
        int[] runs = room.AsSpan(0, FindRuns(left, Right, room, out _)).ToArray();
        ArrayPool<int>.Shared.Return(room);

        // Two threads may both make them; either are right.
        Volatile.Write(ref _runs, runs);
        return runs;
    }

    // A source that is not there leaves its places empty.
    private static void Join<T>(ReadOnlySpan<int> runs, T[]? left, T[]? right, T[] merged)
    {
        int n = 0;
        for (int r = 0; r < runs.Length; r += 2)
        {
            T[]? source = (runs[r] & 1) != 0 ? right : left;
            int length = runs[r + 1];
            if (source is null)
            {
                n += length;
                continue;
            }

            if (length == 1)
            {
                merged[n] = source[runs[r] >> 1];
            }
            else
            {
                source.AsSpan(runs[r] >> 1, length).CopyTo(merged.AsSpan(n));
            }

            n += length;
        }
    }
}

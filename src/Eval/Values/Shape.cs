using System;
using System.Buffers;
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
    private const int ScanLimit = 8;

    internal readonly int[] Keys;
    private readonly PosIdx[]? _positions;
    private int[]? _index;
    private int[]? _nameOrder;
    private MergePlan? _merges;
    private Shape? _withoutPositions;
    private Removal? _removal;

    internal Shape(int[] sortedKeys, PosIdx[]? positions)
    {
        Keys = sortedKeys;
        _positions = positions;
    }

    /// <summary>Number of names.</summary>
    public int Count => Keys.Length;

    internal PosIdx[]? Positions => _positions;

    /// <summary>The same names without positions: the shape of a set that was computed from one of this shape.</summary>
    internal Shape WithoutPositions =>
        _positions is null ? this : Volatile.Read(ref _withoutPositions) ?? (_withoutPositions = new Shape(Keys, null));

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
        int[] index = _index ?? MakeIndex();
        uint mask = (uint)(index.Length - 1);
        uint slot = Spread(key) & mask;
        while (true)
        {
            int at = index[slot] - 1;
            if (at < 0 || Keys[at] == key)
            {
                return at;
            }

            slot = (slot + 1) & mask;
        }
    }

    private static uint Spread(int key) => (uint)key * 2654435769u >> 7;

    private int[] MakeIndex()
    {
        int size = 16;
        while (size < Keys.Length * 2)
        {
            size *= 2;
        }

        int[] index = new int[size];
        uint mask = (uint)(size - 1);
        for (int i = 0; i < Keys.Length; i++)
        {
            uint slot = Spread(Keys[i]) & mask;
            while (index[slot] != 0)
            {
                slot = (slot + 1) & mask;
            }

            index[slot] = i + 1;
        }

        // Two threads may both make it; either is right.
        Volatile.Write(ref _index, index);
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

        Removal made = new(indices.ToArray(), new Shape(Rest(Keys, indices), _positions is null ? null : Rest(_positions, indices)));
        Volatile.Write(ref _removal, made);
        return made.Result;
    }

    private static T[] Rest<T>(T[] all, ReadOnlySpan<int> indices)
    {
        int distinct = 0;
        int last = -1;
        foreach (int index in indices)
        {
            distinct += index == last ? 0 : 1;
            last = index;
        }

        T[] rest = new T[all.Length - distinct];
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

        return rest;
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

    // Pairs: from right? start in the source in the upper 31 bits (bit 0: from the right), then the length.
    private readonly int[] _runs;

    public MergePlan? Next;
    public int Length;

    private MergePlan(Shape right, Shape result, int[] runs)
    {
        Right = right;
        Result = result;
        _runs = runs;
    }

    public static MergePlan Make(Shape left, Shape right)
    {
        int[] a = left.Keys;
        int[] b = right.Keys;
        int most = a.Length + b.Length;

        // Many plans are made for one merge only: what is not kept comes from a pool.
        int[] keys = ArrayPool<int>.Shared.Rent(most);
        int[] runs = ArrayPool<int>.Shared.Rent(2 * most);
        bool anyPositions = left.Positions is not null || right.Positions is not null;
        int i = 0, j = 0, n = 0, r = 0;
        int lastSource = -1, lastEnd = -1;
        while (i < a.Length || j < b.Length)
        {
            bool fromRight = i == a.Length || (j < b.Length && b[j] <= a[i]);
            int source = fromRight ? 1 : 0;
            int at = fromRight ? j : i;
            keys[n++] = fromRight ? b[j] : a[i];
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

        int[] keptRuns = runs.AsSpan(0, r).ToArray();
        Shape result = new(keys.AsSpan(0, n).ToArray(), anyPositions ? MergePositions(left, right, keptRuns, n) : null);
        ArrayPool<int>.Shared.Return(keys);
        ArrayPool<int>.Shared.Return(runs);
        return new(right, result, keptRuns);
    }

    private static PosIdx[] MergePositions(Shape left, Shape right, int[] runs, int count)
    {
        PosIdx[] positions = new PosIdx[count];
        int n = 0;
        for (int r = 0; r < runs.Length; r += 2)
        {
            PosIdx[]? source = (runs[r] & 1) != 0 ? right.Positions : left.Positions;
            source?.AsSpan(runs[r] >> 1, runs[r + 1]).CopyTo(positions.AsSpan(n));
            n += runs[r + 1];
        }

        return positions;
    }

    public Value[] Merge(Value[] left, Value[] right)
    {
        Value[] merged = new Value[Result.Count];
        int n = 0;
        int[] runs = _runs;
        for (int r = 0; r < runs.Length; r += 2)
        {
            Value[] source = (runs[r] & 1) != 0 ? right : left;
            int length = runs[r + 1];
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

        return merged;
    }
}

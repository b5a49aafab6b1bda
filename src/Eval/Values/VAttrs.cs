using System;
using System.Buffers;
using System.Runtime.CompilerServices;
using System.Threading;

namespace Firn.Eval.Values;

/// <summary>One attribute of a set.</summary>
public readonly record struct Attr(Symbol Name, Value Value, PosIdx Pos);

/// <summary>An attribute set: a shared <see cref="Values.Shape"/> and the values in its order.</summary>
/// <remarks>
/// A large set updated with a small one is kept as two layers until something needs the whole; lookups go through
/// the layers. docs/language/evaluator.md
/// </remarks>
public sealed class VAttrs : Value
{
    /// <summary><c>{ }</c></summary>
    public static readonly VAttrs Empty = new(Shape.Empty, []);

    private const int LayerMinimum = 96;
    private const int MaxDepth = 6;

    // Values is null while the set is layered; then _base is the Layers. A flat set has _base as its Shape.
    private object _base;
    private Value[]? _values;

    internal VAttrs(Shape shape, Value[] values)
    {
        _base = shape;
        _values = values;
    }

    private VAttrs(Layers layers) => _base = layers;

    /// <inheritdoc/>
    public override ValueKind Kind => ValueKind.Attrs;

    /// <summary>Number of attributes.</summary>
    public int Count => Shape.Count;

    /// <summary>The names; brings the layers together when there are some.</summary>
    public Shape Shape
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if (Volatile.Read(ref _values) is null)
            {
                Flatten();
            }

            return Unsafe.As<Shape>(_base);
        }
    }

    /// <summary>The values in the order of <see cref="Shape"/>; not to be changed. May be thunks.</summary>
    public Value[] Values
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if (Volatile.Read(ref _values) is null)
            {
                Flatten();
            }

            return _values!;
        }
    }

    /// <summary>Whether this is a set whose <see cref="Shape"/> is at hand, and which.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Shape? FlatShape(out Value[]? values)
    {
        values = Volatile.Read(ref _values);
        return values is null ? null : Unsafe.As<Shape>(_base);
    }

    /// <summary>The value of a name, perhaps a thunk; null when there is none.</summary>
    public Value? Get(Symbol name)
    {
        VAttrs set = this;
        while (true)
        {
            Shape? shape = set.FlatShape(out Value[]? values);
            if (shape is not null)
            {
                int at = shape.IndexOf(name);
                return at < 0 ? null : values![at];
            }

            if (set._base is not Layers layers)
            {
                continue;
            }

            Value? found = layers.Over.Get(name);
            if (found is not null)
            {
                return found;
            }

            set = layers.Under;
        }
    }

    /// <summary>Whether there is such a name.</summary>
    public bool Has(Symbol name) => Get(name) is not null;

    /// <summary>Looks a name up.</summary>
    public bool TryGet(Symbol name, out Value value)
    {
        Value? found = Get(name);
        value = found!;
        return found is not null;
    }

    /// <summary>Where the attribute was written; none when there is no such attribute or it has no place.</summary>
    public PosIdx PosOf(Symbol name)
    {
        VAttrs set = this;
        while (true)
        {
            Shape? shape = set.FlatShape(out _);
            if (shape is not null)
            {
                int at = shape.IndexOf(name);
                return at < 0 ? PosIdx.None : shape.PosAt(at);
            }

            if (set._base is not Layers layers)
            {
                continue;
            }

            if (layers.Over.Has(name))
            {
                set = layers.Over;
                continue;
            }

            set = layers.Under;
        }
    }

    /// <summary>The attributes in the order of their names' bytes, which is the order that users see.</summary>
    public AttrsInNameOrder InNameOrder(SymbolTable symbols)
    {
        Shape shape = Shape;
        return new(shape, Values, shape.NameOrder(symbols));
    }

    /// <summary>The attributes in an order that is the same throughout an evaluation, but means nothing.</summary>
    public Attr At(int index) => new(Shape.NameAt(index), Values[index], Shape.PosAt(index));

    /// <summary>The set without the attributes at these indices, which are sorted and may be repeated.</summary>
    internal VAttrs Without(ReadOnlySpan<int> indices)
    {
        Shape shape = Shape.Without(indices);
        Value[] kept = new Value[shape.Count];
        Value[] all = Values;
        int from = 0, to = 0;
        foreach (int index in indices)
        {
            if (index > from)
            {
                all.AsSpan(from, index - from).CopyTo(kept.AsSpan(to));
                to += index - from;
            }

            from = Math.Max(from, index + 1);
        }

        all.AsSpan(from).CopyTo(kept.AsSpan(to));
        return shape.Count == 0 ? Empty : new VAttrs(shape, kept);
    }

    /// <summary><c>left // right</c></summary>
    public static VAttrs Update(VAttrs left, VAttrs right)
    {
        Shape? l = left.FlatShape(out Value[]? leftValues);
        Shape? r = right.FlatShape(out Value[]? rightValues);
        if (l is { Count: 0 })
        {
            return right;
        }

        if (r is { Count: 0 })
        {
            return left;
        }

        if (l is null || l.Count >= LayerMinimum)
        {
            int depth = 1 + Math.Max(left.Depth, right.Depth);
            int under = left.UpperCount;
            int over = right.UpperCount;
            if (depth <= MaxDepth && over * 4 <= under)
            {
                return new VAttrs(new Layers(left, right, depth, under + over));
            }

            l = left.Shape;
            leftValues = left.Values;
        }

        if (r is null)
        {
            r = right.Shape;
            rightValues = right.Values;
        }

        return Merge(l, leftValues!, r, rightValues!);
    }

    private static VAttrs Merge(Shape left, Value[] leftValues, Shape right, Value[] rightValues)
    {
        MergePlan? plan = left.FindMerge(right);
        Value[] merged;
        if (plan is null)
        {
            plan = MergePlan.Make(left, leftValues, right, rightValues, out merged);
            left.KeepMerge(plan);
        }
        else
        {
            merged = plan.Merge(left, leftValues, rightValues);
        }

        return new VAttrs(plan.Result, merged);
    }

    private int Depth => Volatile.Read(ref _values) is null && _base is Layers layers ? layers.Depth : 0;

    private int UpperCount => Volatile.Read(ref _values) is null && _base is Layers layers ? layers.UpperCount : Shape.Count;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Flatten()
    {
        // Readers look at _values first, so the shape is written before it. A thread that finds the shape without
        // the values came between the two writes of another.
        if (_base is not Layers layers)
        {
            SpinWait wait = default;
            while (Volatile.Read(ref _values) is null)
            {
                wait.SpinOnce();
            }

            return;
        }

        VAttrs flat = Merge(layers.Under.Shape, layers.Under.Values, layers.Over.Shape, layers.Over.Values);
        Volatile.Write(ref _base, flat.Shape);
        Volatile.Write(ref _values, flat._values);
    }

    private sealed class Layers(VAttrs under, VAttrs over, int depth, int upperCount)
    {
        public readonly VAttrs Under = under;
        public readonly VAttrs Over = over;
        public readonly int Depth = depth;
        public readonly int UpperCount = upperCount;
    }
}

/// <summary>Enumerates a set by the bytes of the names.</summary>
public struct AttrsInNameOrder
{
    private readonly Shape _shape;
    private readonly Value[] _values;
    private readonly int[] _order;
    private int _at;

    internal AttrsInNameOrder(Shape shape, Value[] values, int[] order)
    {
        _shape = shape;
        _values = values;
        _order = order;
        _at = -1;
    }

    /// <summary>Number of attributes.</summary>
    public readonly int Count => _order.Length;

    /// <summary>Index of the current attribute in the set.</summary>
    public readonly int CurrentIndex => _order[_at];

    /// <summary>The current attribute.</summary>
    public readonly Attr Current
    {
        get
        {
            int i = _order[_at];
            return new(_shape.NameAt(i), _values[i], _shape.PosAt(i));
        }
    }

    /// <summary>This, for <c>foreach</c>.</summary>
    public readonly AttrsInNameOrder GetEnumerator() => this;

    /// <summary>On to the next attribute.</summary>
    public bool MoveNext() => ++_at < _order.Length;
}

/// <summary>Collects attributes in any order and makes a set of them. The first of equal names stays.</summary>
public struct AttrsBuilder
{
    private readonly ShapeTable? _shapes;
    private int[] _keys;
    private Value[] _values;
    private PosIdx[]? _positions;
    private int _count;

    /// <summary>For about this many attributes.</summary>
    public AttrsBuilder(int capacity)
        : this(capacity, null)
    {
    }

    /// <param name="capacity">About how many attributes there will be.</param>
    /// <param name="symbols">Of the evaluation, where sets of the same names are made often.</param>
    public AttrsBuilder(int capacity, SymbolTable? symbols)
    {
        // What becomes part of the shape is copied, if the shape is new at all.
        _keys = ArrayPool<int>.Shared.Rent(capacity);
        _values = new Value[capacity];
        _shapes = symbols?.Shapes;
    }

    /// <summary>Number of attributes added.</summary>
    public readonly int Count => _count;

    /// <summary>Adds an attribute.</summary>
    public void Add(Symbol name, Value value, PosIdx pos = default)
    {
        if (_count == _values.Length)
        {
            Array.Resize(ref _values, Math.Max(4, _count * 2));
        }

        if (_count == _keys.Length)
        {
            _keys = Grown(_keys);
            if (_positions is not null)
            {
                Array.Resize(ref _positions, _keys.Length);
            }
        }

        _keys[_count] = name.Id;
        _values[_count] = value;
        if (pos.IsSet)
        {
            _positions ??= new PosIdx[_keys.Length];
            _positions[_count] = pos;
        }

        _count++;
    }

    /// <summary>Whether a name was added, and where it was written.</summary>
    public readonly bool Find(Symbol name, out PosIdx pos)
    {
        int at = Array.IndexOf(_keys, name.Id, 0, _count);
        pos = at < 0 || _positions is null ? default : _positions[at];
        return at >= 0;
    }

    /// <summary>The set. The builder must not be used afterwards.</summary>
    public VAttrs Build()
    {
        int n = _count;
        int[] keys = _keys;
        if (n == 0)
        {
            ArrayPool<int>.Shared.Return(keys);
            return VAttrs.Empty;
        }

        bool ascending = true;
        for (int i = 1; i < n; i++)
        {
            if (keys[i] <= keys[i - 1])
            {
                ascending = false;
                break;
            }
        }

        if (!ascending)
        {
            return BuildSorted();
        }

        if (n != _values.Length)
        {
            Array.Resize(ref _values, n);
        }

        Shape shape = Shape.Find(_shapes, keys.AsSpan(0, n), _positions.AsSpan(0, _positions is null ? 0 : n));
        ArrayPool<int>.Shared.Return(keys);
        return new VAttrs(shape, _values);
    }

    private static int[] Grown(int[] keys)
    {
        int[] grown = ArrayPool<int>.Shared.Rent(Math.Max(4, keys.Length * 2));
        keys.CopyTo(grown, 0);
        ArrayPool<int>.Shared.Return(keys);
        return grown;
    }

    private readonly VAttrs BuildSorted()
    {
        int n = _count;

        // Sorting key and place together keeps equal names in the order of their adding.
        long[] room = ArrayPool<long>.Shared.Rent(n);
        Span<long> order = room.AsSpan(0, n);
        for (int i = 0; i < n; i++)
        {
            order[i] = ((long)_keys[i] << 32) | (uint)i;
        }

        order.Sort();
        int distinct = 0;
        int last = 0;
        for (int i = 0; i < n; i++)
        {
            int key = (int)(order[i] >> 32);
            if (key != last)
            {
                order[distinct++] = order[i];
                last = key;
            }
        }

        // The keys go where they came from: the sorted order has them too.
        int[] keys = _keys;
        Value[] values = new Value[distinct];
        PosIdx[]? positions = _positions is null ? null : new PosIdx[distinct];
        for (int i = 0; i < distinct; i++)
        {
            int at = (int)order[i];
            keys[i] = (int)(order[i] >> 32);
            values[i] = _values[at];
            if (positions is not null)
            {
                positions[i] = _positions![at];
            }
        }

        ArrayPool<long>.Shared.Return(room);
        Shape shape = Shape.Find(_shapes, keys.AsSpan(0, distinct), positions);
        ArrayPool<int>.Shared.Return(keys);
        return new VAttrs(shape, values);
    }
}

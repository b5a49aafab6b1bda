using System;

namespace Firn.Syntax.Parsing;

/// <summary>
/// Items that nested parts of a source collect: each notes the <see cref="Count"/> where it begins, adds, and takes away
/// what lies above. One array serves them all, where a list for each would leave several.
/// </summary>
internal sealed class Pile<T>
{
    private T[] _items = [];

    public int Count { get; private set; }

    /// <summary>What lies above <paramref name="start"/>; valid until the next change.</summary>
    public ReadOnlySpan<T> From(int start) => _items.AsSpan(start, Count - start);

    public void Add(T item)
    {
        if (Count == _items.Length)
        {
            Array.Resize(ref _items, Math.Max(8, 2 * Count));
        }

        _items[Count++] = item;
    }

    /// <summary>Forgets what lies above <paramref name="start"/>.</summary>
    public void Drop(int start) => Count = start;

    /// <summary>Takes away what lies above <paramref name="start"/>.</summary>
    public T[] Take(int start)
    {
        T[] taken = From(start).ToArray();
        Count = start;
        return taken;
    }
}

using System;
using System.Collections.Generic;
using System.Text;
using Firn.Formats.StorePaths;

namespace Firn.Eval.Values;

/// <summary>What an element of a string context refers to.</summary>
/// <remarks>The order of the members is the order of elements in a context.</remarks>
public enum ContextKind : byte
{
    /// <summary>A store path as it is: a source or a <c>.drv</c> file (<c>path</c>).</summary>
    Opaque,

    /// <summary>A derivation with its whole closure, outputs included (<c>=path</c>).</summary>
    DerivationDeep,

    /// <summary>An output of a derivation (<c>!out!path</c>).</summary>
    Built,
}

/// <summary>One element of a string context. Immutable.</summary>
/// <remarks>docs/language/evaluator.md</remarks>
public sealed class ContextElement : IComparable<ContextElement>, IEquatable<ContextElement>
{
    // The path as the store knows it, once it was asked for. An element belongs to an evaluation, which has one store folder.
    private StorePath _storePath;

    private ContextElement(ContextKind kind, byte[] path, ContextElement? derivation, byte[]? output)
    {
        Kind = kind;
        Path = path;
        Derivation = derivation;
        Output = output;
    }

    /// <summary>Which kind of reference this is.</summary>
    public ContextKind Kind { get; }

    /// <summary>
    /// The full store path, without the kind: the object itself, or for <see cref="ContextKind.Built"/> the
    /// <c>.drv</c> file at the root of the chain of outputs.
    /// </summary>
    public byte[] Path { get; }

    /// <summary>
    /// For <see cref="ContextKind.Built"/> what gives the derivation: an opaque <c>.drv</c> or, for dynamic
    /// derivations, again an output.
    /// </summary>
    public ContextElement? Derivation { get; }

    /// <summary>For <see cref="ContextKind.Built"/> the name of the output.</summary>
    public byte[]? Output { get; }

    /// <summary>A store path as it is.</summary>
    public static ContextElement Opaque(byte[] path) => new(ContextKind.Opaque, path, null, null);

    /// <summary>A store path as it is, whose parsed form is known too.</summary>
    public static ContextElement Opaque(byte[] path, StorePath storePath) => new(ContextKind.Opaque, path, null, null) { _storePath = storePath };

    /// <summary>A derivation and everything that it needs and gives.</summary>
    public static ContextElement DerivationDeep(byte[] drvPath) => new(ContextKind.DerivationDeep, drvPath, null, null);

    /// <summary>An output of the derivation at <paramref name="drvPath"/>.</summary>
    public static ContextElement Built(byte[] drvPath, byte[] output) => Built(Opaque(drvPath), output);

    /// <summary>An output of a derivation that may itself be an output.</summary>
    public static ContextElement Built(ContextElement derivation, byte[] output)
    {
        if (derivation.Kind == ContextKind.DerivationDeep)
        {
            throw new ArgumentException("a deep reference has no outputs", nameof(derivation));
        }

        return new(ContextKind.Built, derivation.Path, derivation, output);
    }

    /// <summary><see cref="Path"/> in the store that the evaluation works with.</summary>
    /// <exception cref="BadStorePathException">It does not lie there.</exception>
    public StorePath PathIn(StoreDir dir)
    {
        if (_storePath.BaseName is null)
        {
            _storePath = dir.Parse(Path);
        }

        return _storePath;
    }

    /// <summary>Whether this is a store path as it is, named like a derivation.</summary>
    public bool IsDerivationPath => Path.AsSpan().EndsWith(".drv"u8);

    /// <inheritdoc/>
    public int CompareTo(ContextElement? other)
    {
        if (ReferenceEquals(this, other))
        {
            return 0;
        }

        if (other is null)
        {
            return 1;
        }

        if (Kind != other.Kind)
        {
            return (int)Kind - (int)other.Kind;
        }

        if (Kind != ContextKind.Built)
        {
            return Path.AsSpan().SequenceCompareTo(other.Path);
        }

        int c = Derivation!.CompareTo(other.Derivation);
        return c != 0 ? c : Output.AsSpan().SequenceCompareTo(other.Output);
    }

    /// <inheritdoc/>
    public bool Equals(ContextElement? other) => CompareTo(other) == 0;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ContextElement e && Equals(e);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.Add(Kind);
        hash.AddBytes(Path);
        hash.AddBytes(Output);
        return hash.ToHashCode();
    }

    /// <summary>The element as it is shown to users: <c>/nix/store/x</c>, <c>x.drv (deep)</c> or <c>x.drv^out</c>.</summary>
    public string Display() => Kind switch
    {
        ContextKind.Opaque => Encoding.UTF8.GetString(Path),
        ContextKind.DerivationDeep => Encoding.UTF8.GetString(Path) + " (deep)",
        ContextKind.Built => Derivation!.Display() + "^" + Encoding.UTF8.GetString(Output!),
    };

    /// <inheritdoc/>
    public override string ToString() => Display();
}

/// <summary>What a string refers to: a sorted set of elements. Immutable; an empty context is <c>null</c>.</summary>
public sealed class StringContext
{
    private readonly ContextElement[] _elements;

    private StringContext(ContextElement[] sorted) => _elements = sorted;

    /// <summary>Number of elements, at least 1.</summary>
    public int Count => _elements.Length;

    /// <summary>The elements in their order.</summary>
    public ReadOnlySpan<ContextElement> Elements => _elements;

    /// <summary>A context of one element.</summary>
    public static StringContext Of(ContextElement element) => new([element]);

    /// <summary>The context of these elements, in any order and possibly repeated; null when there are none.</summary>
    public static StringContext? Of(ReadOnlySpan<ContextElement> elements)
    {
        if (elements.IsEmpty)
        {
            return null;
        }

        ContextElement[] sorted = elements.ToArray();
        Array.Sort(sorted);
        int n = 1;
        for (int i = 1; i < sorted.Length; i++)
        {
            if (sorted[i].CompareTo(sorted[n - 1]) != 0)
            {
                sorted[n++] = sorted[i];
            }
        }

        return new(n == sorted.Length ? sorted : sorted[..n]);
    }

    /// <summary>Whether the element is in this context.</summary>
    public bool Contains(ContextElement element) => Array.BinarySearch(_elements, element) >= 0;

    /// <summary>Everything that either refers to; gives one of the two back when it covers the other.</summary>
    public static StringContext? Union(StringContext? left, StringContext? right)
    {
        if (left is null || ReferenceEquals(left, right))
        {
            return right;
        }

        if (right is null)
        {
            return left;
        }

        ContextElement[] a = left._elements;
        ContextElement[] b = right._elements;
        // Strings grow by small pieces: those are looked up rather than all of the long one compared.
        if (a.Length > 8 * b.Length)
        {
            return Insert(left, right);
        }

        if (b.Length > 8 * a.Length)
        {
            return Insert(right, left);
        }

        // Mostly one covers the other, and nothing has to be made; else the exact size is known by then.
        int common = CountCommon(a, b);
        return common == b.Length ? left : common == a.Length ? right : new(Merge(a, b, common));
    }

    private static int CountCommon(ContextElement[] a, ContextElement[] b)
    {
        int i = 0, j = 0, common = 0;
        while (i < a.Length && j < b.Length)
        {
            int c = a[i].CompareTo(b[j]);
            common += c == 0 ? 1 : 0;
            i += c <= 0 ? 1 : 0;
            j += c >= 0 ? 1 : 0;
        }

        return common;
    }

    private static ContextElement[] Merge(ContextElement[] a, ContextElement[] b, int common)
    {
        ContextElement[] merged = new ContextElement[a.Length + b.Length - common];
        int i = 0, j = 0;
        for (int n = 0; n < merged.Length; n++)
        {
            int c = i == a.Length ? 1 : j == b.Length ? -1 : a[i].CompareTo(b[j]);
            merged[n] = c <= 0 ? a[i] : b[j];
            i += c <= 0 ? 1 : 0;
            j += c >= 0 ? 1 : 0;
        }

        return merged;
    }

    private static StringContext Insert(StringContext many, StringContext few)
    {
        ContextElement[] old = many._elements;
        int missing = 0, from = 0;
        Span<int> places = few.Count <= 64 ? stackalloc int[few.Count] : new int[few.Count];
        for (int i = 0; i < places.Length; i++)
        {
            int place = Array.BinarySearch(old, from, old.Length - from, few._elements[i]);
            places[i] = place;
            from = place < 0 ? ~place : place + 1;
            missing += place < 0 ? 1 : 0;
        }

        if (missing == 0)
        {
            return many;
        }

        ContextElement[] merged = new ContextElement[old.Length + missing];
        int read = 0, written = 0;
        for (int i = 0; i < places.Length; i++)
        {
            if (places[i] >= 0)
            {
                continue;
            }

            int count = ~places[i] - read;
            Array.Copy(old, read, merged, written, count);
            read += count;
            written += count;
            merged[written++] = few._elements[i];
        }

        Array.Copy(old, read, merged, written, old.Length - read);
        return new(merged);
    }
}

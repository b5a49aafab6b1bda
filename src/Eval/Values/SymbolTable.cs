using System;
using System.Collections.Generic;
using System.Text;
using System.Threading;

namespace Firn.Eval.Values;

/// <summary>
/// Names of an evaluation, as bytes, by number. Safe for several threads: readers of interned names take no lock.
/// </summary>
public sealed class SymbolTable
{
    private readonly Lock _gate = new();
    private Entry?[] _buckets = new Entry?[4096];
    private Entry?[] _byId = new Entry?[2048];
    private int _count;

    /// <summary>Starts the table with the <see cref="WellKnown"/> names at their fixed ids.</summary>
    public SymbolTable()
    {
        foreach (string name in WellKnown.Names)
        {
            Intern(Encoding.UTF8.GetBytes(name));
        }
    }

    /// <summary>The shapes of the sets of these names.</summary>
    internal ShapeTable Shapes { get; } = new();

    /// <summary>Number of names.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The symbol of <paramref name="name"/>, made when it is new.</summary>
    public Symbol Intern(ReadOnlySpan<byte> name)
    {
        uint hash = Hash(name);
        Entry?[] buckets = Volatile.Read(ref _buckets);
        Entry? found = Find(buckets, hash, name);
        return found is not null ? new Symbol(found.Id) : InternSlow(hash, name);
    }

    /// <inheritdoc cref="Intern(ReadOnlySpan{byte})"/>
    public Symbol Intern(string name) => Intern(Encoding.UTF8.GetBytes(name));

    /// <summary>The symbol of <paramref name="name"/> when it was interned before, else <see cref="Symbol.None"/>.</summary>
    public Symbol Lookup(ReadOnlySpan<byte> name)
    {
        Entry? found = Find(Volatile.Read(ref _buckets), Hash(name), name);
        return found is null ? Symbol.None : new Symbol(found.Id);
    }

    /// <summary>The bytes of a name; not to be changed.</summary>
    public byte[] BytesOf(Symbol symbol) => Get(symbol).Bytes;

    /// <summary>Whether a symbol, perhaps one of another table or none, is here the name of these bytes.</summary>
    internal bool Is(Symbol symbol, byte[] name)
    {
        Entry?[] byId = Volatile.Read(ref _byId);
        return (uint)symbol.Id < (uint)byId.Length
            && byId[symbol.Id] is { } entry
            && (ReferenceEquals(entry.Bytes, name) || name.AsSpan().SequenceEqual(entry.Bytes));
    }

    /// <summary>A string value holding the name, one for each symbol (as <c>attrNames</c> gives it).</summary>
    public VString ValueOf(Symbol symbol) => Get(symbol).Value;

    /// <summary>The name as text, for messages.</summary>
    public string TextOf(Symbol symbol) => Encoding.UTF8.GetString(Get(symbol).Bytes);

    /// <summary>Orders names by their bytes.</summary>
    public int Compare(Symbol left, Symbol right) =>
        left.Id == right.Id ? 0 : BytesOf(left).AsSpan().SequenceCompareTo(BytesOf(right));

    private Entry Get(Symbol symbol) => Volatile.Read(ref _byId)[symbol.Id]!;

    private static Entry? Find(Entry?[] buckets, uint hash, ReadOnlySpan<byte> name)
    {
        for (Entry? e = Volatile.Read(ref buckets[hash & (uint)(buckets.Length - 1)]); e is not null; e = e.Next)
        {
            if (e.Hash == hash && name.SequenceEqual(e.Bytes))
            {
                return e;
            }
        }

        return null;
    }

    private Symbol InternSlow(uint hash, ReadOnlySpan<byte> name)
    {
        lock (_gate)
        {
            Entry? found = Find(_buckets, hash, name);
            if (found is not null)
            {
                return new Symbol(found.Id);
            }

            int id = _count + 1;
            if (id >= _byId.Length)
            {
                Entry?[] grown = new Entry?[_byId.Length * 2];
                Array.Copy(_byId, grown, _byId.Length);
                Volatile.Write(ref _byId, grown);
            }

            if (id > _buckets.Length)
            {
                Rehash();
            }

            ref Entry? slot = ref _buckets[hash & (uint)(_buckets.Length - 1)];
            Entry entry = new(hash, name.ToArray(), id, slot);
            _byId[id] = entry;
            Volatile.Write(ref _count, id);
            Volatile.Write(ref slot, entry);
            return new Symbol(id);
        }
    }

    // Chains are immutable once visible, so a reader with the old buckets still finds every name it could find before.
    private void Rehash()
    {
        Entry?[] grown = new Entry?[_buckets.Length * 2];
        Entry?[] byId = new Entry?[_byId.Length];
        for (int i = 1; i <= _count; i++)
        {
            Entry old = _byId[i]!;
            ref Entry? slot = ref grown[old.Hash & (uint)(grown.Length - 1)];
            slot = new Entry(old.Hash, old.Bytes, old.Id, slot, old.Value);
            byId[i] = slot;
        }

        Volatile.Write(ref _byId, byId);
        Volatile.Write(ref _buckets, grown);
    }

    private static uint Hash(ReadOnlySpan<byte> name)
    {
        uint hash = 2166136261;
        foreach (byte b in name)
        {
            hash = (hash ^ b) * 16777619;
        }

        return hash ^ (hash >> 15);
    }

    private sealed class Entry(uint hash, byte[] bytes, int id, SymbolTable.Entry? next, VString? value = null)
    {
        public readonly uint Hash = hash;
        public readonly byte[] Bytes = bytes;
        public readonly int Id = id;
        public readonly Entry? Next = next;
        public readonly VString Value = value ?? new VString(bytes);
    }
}

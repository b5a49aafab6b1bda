using System;
using Firn.Syntax.Ast;

namespace Firn.Syntax.Parsing;

/// <summary>
/// The distinct names of sources that are parsed one after the other, found by their bytes (open addressing, linear
/// probing). One table for many sources spares most of the work, since they use the same names.
/// </summary>
public sealed class NameTable
{
    private Name?[] _slots = new Name?[32];
    private Name[] _names = new Name[16];
    private int _count;

    internal Name Intern(ReadOnlySpan<byte> bytes)
    {
        // FNV-1a: names are short.
        uint hash = 2166136261;
        foreach (byte b in bytes)
        {
            hash = (hash ^ b) * 16777619;
        }

        int mask = _slots.Length - 1;
        int slot = (int)(hash ^ (hash >> 15)) & mask;
        while (_slots[slot] is Name name)
        {
            if (name.Hash == (int)hash && name.Bytes.AsSpan().SequenceEqual(bytes))
            {
                return name;
            }

            slot = (slot + 1) & mask;
        }

        Name added = new(bytes.ToArray(), _count, (int)hash);
        _slots[slot] = added;
        if (_count == _names.Length)
        {
            Array.Resize(ref _names, _count * 2);
            Grow();
        }

        _names[_count++] = added;
        return added;
    }

    /// <summary>The names by their numbers.</summary>
    public ReadOnlyMemory<Name> Names => _names.AsMemory(0, _count);

    private void Grow()
    {
        Name?[] old = _slots;
        _slots = new Name?[old.Length * 2];
        int mask = _slots.Length - 1;
        foreach (Name? name in old)
        {
            if (name is null)
            {
                continue;
            }

            uint hash = (uint)name.Hash;
            int slot = (int)(hash ^ (hash >> 15)) & mask;
            while (_slots[slot] is not null)
            {
                slot = (slot + 1) & mask;
            }

            _slots[slot] = name;
        }
    }
}

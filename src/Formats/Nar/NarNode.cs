using System;
using System.Collections.Generic;

namespace Firn.Formats.Nar;

/// <summary>The kinds of file that a NAR can hold.</summary>
public enum NarKind
{
    Regular,
    Directory,
    Symlink,
}

/// <summary>What a NAR tells of one file but for contents.</summary>
public readonly record struct NarFacts
{
    public required NarKind Kind { get; init; }

    public bool Executable { get; init; }

    /// <summary>Length of a regular file, bytes; else 0.</summary>
    public long Size { get; init; }

    /// <summary>Where the contents begin in the NAR, bytes; 0 where there is no NAR.</summary>
    public long Offset { get; init; }

    /// <summary>Of a symbolic link.</summary>
    public ReadOnlyMemory<byte> Target { get; init; }
}

/// <summary>A file of a listing, with what is below.</summary>
public sealed class NarNode(NarFacts facts)
{
    private readonly List<KeyValuePair<byte[], NarNode>> _entries = [];

    public NarFacts Facts => facts;

    /// <summary>Of a directory, sorted by byte.</summary>
    public IReadOnlyList<KeyValuePair<byte[], NarNode>> Entries => _entries;

    /// <summary>The entry of that name; null where there is none.</summary>
    public NarNode? Entry(ReadOnlySpan<byte> name)
    {
        int low = 0, high = _entries.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2, order = _entries[middle].Key.AsSpan().SequenceCompareTo(name);
            if (order == 0)
            {
                return _entries[middle].Value;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return null;
    }

    internal void Add(byte[] name, NarNode node) => _entries.Add(new(name, node));
}

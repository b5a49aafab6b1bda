using System;
using System.Collections.Generic;
using System.Text;

namespace Firn.Shells;

/// <summary>The environment of a process. Names and values are bytes; a name is there once.</summary>
public sealed class ShellVariables
{
    private readonly SortedDictionary<byte[], byte[]> _values = new(ByBytes.Instance);

    /// <summary>Reads the form in which the kernel keeps them: items <c>NAME=value</c>, each with a zero byte after it.</summary>
    public static ShellVariables Parse(ReadOnlySpan<byte> items)
    {
        ShellVariables variables = new();
        while (!items.IsEmpty)
        {
            int end = items.IndexOf((byte)0);
            ReadOnlySpan<byte> item = end < 0 ? items : items[..end];
            items = end < 0 ? default : items[(end + 1)..];
            if (item.IndexOf((byte)'=') is > 0 and int equals)
            {
                // Of a name that is given twice the first counts, as for getenv(3).
                variables._values.TryAdd(item[..equals].ToArray(), item[(equals + 1)..].ToArray());
            }
        }

        return variables;
    }

    /// <summary>The value of a variable; null where it is not set.</summary>
    public string? Get(string name) => _values.TryGetValue(Bytes(name), out byte[]? value) ? Encoding.UTF8.GetString(value) : null;

    public void Set(string name, string value) => Set(Bytes(name), Bytes(value));

    public void Set(byte[] name, byte[] value) => _values[name] = value;

    public void Remove(string name) => _values.Remove(Bytes(name));

    /// <summary>Removes all but some.</summary>
    public void Keep(IReadOnlySet<string> names)
    {
        foreach (byte[] name in new List<byte[]>(_values.Keys))
        {
            if (!names.Contains(Encoding.UTF8.GetString(name)))
            {
                _values.Remove(name);
            }
        }
    }

    /// <summary>The items <c>NAME=value</c> in order of names.</summary>
    public IReadOnlyList<byte[]> Items()
    {
        List<byte[]> items = [];
        foreach ((byte[] name, byte[] value) in _values)
        {
            items.Add([.. name, (byte)'=', .. value]);
        }

        return items;
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private sealed class ByBytes : IComparer<byte[]>
    {
        public static readonly ByBytes Instance = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}

using System;
using System.Collections.Generic;
using System.Text;

namespace Firn.Build.Preparation;

/// <summary>Replaces byte strings by others of any length, such as placeholders by paths.</summary>
internal sealed class Rewriting
{
    private readonly List<(byte[] From, byte[] To)> _rules = [];

    public void Add(string from, string to) => _rules.Add((Encoding.UTF8.GetBytes(from), Encoding.UTF8.GetBytes(to)));

    /// <summary>The text with every occurrence replaced; the same array where there is none.</summary>
    public byte[] Apply(byte[] text)
    {
        foreach ((byte[] from, byte[] to) in _rules)
        {
            int at = text.AsSpan().IndexOf(from);
            if (at < 0)
            {
                continue;
            }

            List<byte> result = [];
            int start = 0;
            while (at >= 0)
            {
                result.AddRange(text.AsSpan(start, at));
                result.AddRange(to);
                start += at + from.Length;
                at = text.AsSpan(start).IndexOf(from);
            }

            result.AddRange(text.AsSpan(start));
            text = [.. result];
        }

        return text;
    }
}

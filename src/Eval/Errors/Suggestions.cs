using System;
using System.Collections.Generic;
using System.Text;

namespace Firn.Eval.Errors;

/// <summary>Names that a misspelt one may have meant.</summary>
public static class Suggestions
{
    private const int MaxDistance = 2;
    private const int MaxCount = 5;

    /// <summary>At most five of the names within two edits, nearest first, equally near ones by their bytes.</summary>
    public static IReadOnlyList<string> For(IEnumerable<string> names, string wanted)
    {
        List<(string, string)> pairs = [];
        foreach (string name in names)
        {
            pairs.Add((name, wanted));
        }

        return For(pairs);
    }

    /// <summary>The same where different things were wanted of different places.</summary>
    public static IReadOnlyList<string> For(IEnumerable<(string Name, string Wanted)> pairs)
    {
        List<(int Distance, string Name)> near = [];
        foreach ((string name, string wanted) in pairs)
        {
            int distance = Distance(Encoding.UTF8.GetBytes(wanted), Encoding.UTF8.GetBytes(name));
            if (distance <= MaxDistance && !near.Contains((distance, name)))
            {
                near.Add((distance, name));
            }
        }

        near.Sort((a, b) => a.Distance != b.Distance ? a.Distance.CompareTo(b.Distance) : string.CompareOrdinal(a.Name, b.Name));
        return near.ConvertAll(n => n.Name)[..Math.Min(near.Count, MaxCount)];
    }

    /// <summary>The line's end: one name, or "one of a, b or c".</summary>
    public static string Describe(IReadOnlyList<string> names)
    {
        if (names.Count == 1)
        {
            return Highlight(names[0]);
        }

        StringBuilder text = new("one of ");
        for (int i = 0; i < names.Count; i++)
        {
            text.Append(i == 0 ? "" : i == names.Count - 1 ? " or " : ", ").Append(Highlight(names[i]));
        }

        return text.ToString();

        static string Highlight(string name) => "\e[35;1m" + name + "\e[0m";
    }

    private static int Distance(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        int[] row = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}

using System;
using System.Collections.Generic;
using System.Text;
using Firn.Formats.StorePaths;

namespace Firn.Build.Execution;

/// <summary>Draws how a store object comes to need others: the shortest way to each, as one tree.</summary>
/// <param name="references">What a path refers to.</param>
/// <param name="print">How paths are written.</param>
internal sealed class ReferenceChains(Func<StorePath, IReadOnlyList<StorePath>> references, Func<StorePath, string> print)
{
    // More than a reader looks at; the paths themselves are all in the message.
    private const int Most = 20;

    /// <summary>The tree, its lines indented by two and without an end of the last.</summary>
    /// <param name="from">The path at its root.</param>
    /// <param name="to">Paths that can be reached from there.</param>
    public string Draw(StorePath from, IReadOnlyList<StorePath> to)
    {
        Dictionary<StorePath, StorePath> parents = Parents(from);
        Dictionary<StorePath, SortedSet<StorePath>> shown = [];
        for (int i = 0; i < Math.Min(to.Count, Most); i++)
        {
            StorePath path = to[i];
            do
            {
                StorePath parent = parents.GetValueOrDefault(path, from);
                if (!shown.TryGetValue(parent, out SortedSet<StorePath>? children))
                {
                    shown[parent] = children = [];
                }

                children.Add(path);
                path = parent;
            }
            while (path != from);
        }

        StringBuilder text = new();
        text.Append("  ").Append(print(from));
        Branches(text, shown, from, from, "  ");
        if (to.Count > Most)
        {
            text.Append("\n  and those to ").Append(to.Count - Most).Append(" more paths");
        }

        return text.ToString();
    }

    private void Branches(StringBuilder text, Dictionary<StorePath, SortedSet<StorePath>> shown, StorePath root, StorePath path, string indent)
    {
        if (!shown.TryGetValue(path, out SortedSet<StorePath>? children))
        {
            return;
        }

        foreach (StorePath child in children)
        {
            bool last = child == children.Max;
            text.Append('\n').Append(indent).Append(last ? "└───" : "├───").Append(print(child));
            // What refers to itself ends there.
            if (child != root)
            {
                Branches(text, shown, root, child, indent + (last ? "    " : "│   "));
            }
        }
    }

    /// <summary>Of each path that is needed the one that needs it and is nearest to the root.</summary>
    private Dictionary<StorePath, StorePath> Parents(StorePath from)
    {
        Dictionary<StorePath, StorePath> parents = [];
        Queue<StorePath> todo = new([from]);
        while (todo.TryDequeue(out StorePath path))
        {
            foreach (StorePath reference in references(path))
            {
                if (reference != from && parents.TryAdd(reference, path))
                {
                    todo.Enqueue(reference);
                }
            }
        }

        return parents;
    }
}

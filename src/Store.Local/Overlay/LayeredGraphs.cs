using System;
using System.Collections.Generic;
using System.Linq;
using Firn.Formats.StorePaths;

namespace Firn.Store.Local.Overlay;

/// <summary>Graphs of paths that are not all in one database, asked for path by path.</summary>
internal static class LayeredGraphs
{
    /// <summary>The paths and all that they refer to.</summary>
    /// <exception cref="InvalidPathException">One of them is not valid.</exception>
    internal static ReferenceGraph Closure(IPathInfos store, IEnumerable<StorePath> paths)
    {
        var found = new Dictionary<StorePath, IReadOnlyList<StorePath>>();
        var todo = new Stack<StorePath>(paths);
        while (todo.TryPop(out StorePath path))
        {
            if (found.ContainsKey(path)) continue;
            found[path] = store.Get(path).References;
            foreach (StorePath reference in found[path]) todo.Push(reference);
        }
        return Graph(found);
    }

    /// <summary>These paths and no others.</summary>
    internal static ReferenceGraph Of(IPathInfos store, IEnumerable<StorePath> paths) =>
        Graph(paths.Distinct().ToDictionary(static path => path, path => store.Find(path)?.References ?? []));

    /// <summary>The paths and all that refer to them.</summary>
    internal static IReadOnlyCollection<StorePath> Referrers(IPathGraph store, IEnumerable<StorePath> paths)
    {
        var found = new HashSet<StorePath>();
        var todo = new Stack<StorePath>(paths);
        while (todo.TryPop(out StorePath path))
            if (found.Add(path))
                foreach (StorePath referrer in store.Referrers(path)) todo.Push(referrer);
        return found;
    }

    /// <summary>Two sorted lists as one.</summary>
    internal static IReadOnlyList<StorePath> Union(IReadOnlyList<StorePath> one, IReadOnlyList<StorePath> other) =>
        [.. new SortedSet<StorePath>(one.Concat(other))];

    private static ReferenceGraph Graph(Dictionary<StorePath, IReadOnlyList<StorePath>> references)
    {
        StorePath[] paths = [.. references.Keys];
        var numbers = new Dictionary<StorePath, int>(paths.Length);
        for (int i = 0; i < paths.Length; i++) numbers.Add(paths[i], i);
        var start = new List<int>(paths.Length + 1);
        var edges = new List<int>();
        foreach (StorePath path in paths)
        {
            start.Add(edges.Count);
            foreach (StorePath reference in references[path])
                if (numbers.TryGetValue(reference, out int number)) edges.Add(number);
        }
        start.Add(edges.Count);
        return new ReferenceGraph(paths, start.ToArray(), edges.ToArray());
    }
}

using System;
using System.Collections.Generic;
using Firn.Formats.StorePaths;

namespace Firn.Store.Graphs;

/// <summary>
/// A closure as a graph of numbered nodes, without references of paths to themselves. Nodes are sorted such that each
/// comes before those that it refers to, so that walking the numbers up or down visits what is needed first.
/// </summary>
public sealed class ClosureGraph
{
    private readonly PathInfo[] _nodes;
    private readonly int[][] _references;
    private readonly int[][] _referrers;
    private readonly Dictionary<StorePath, int> _index;

    private ClosureGraph(PathInfo[] nodes, Dictionary<StorePath, int> index, int[] roots)
    {
        _nodes = nodes;
        _index = index;
        Roots = roots;
        _references = new int[nodes.Length][];
        var referrers = new List<int>[nodes.Length];
        for (int i = 0; i < nodes.Length; i++) referrers[i] = [];
        for (int i = 0; i < nodes.Length; i++)
        {
            var references = new List<int>(nodes[i].References.Count);
            foreach (StorePath reference in nodes[i].References)
                if (reference != nodes[i].Path) references.Add(index[reference]);
            _references[i] = [.. references];
            foreach (int reference in references) referrers[reference].Add(i);
        }
        _referrers = Array.ConvertAll(referrers, static list => list.ToArray());
    }

    /// <summary>Reads the closure of some paths.</summary>
    /// <exception cref="InvalidPathException">One of them is not valid.</exception>
    public static ClosureGraph Of(IPathInfos store, IReadOnlyCollection<StorePath> roots)
    {
        var infos = new Dictionary<StorePath, PathInfo>();
        var todo = new Stack<StorePath>(roots);
        while (todo.TryPop(out StorePath path))
        {
            if (infos.ContainsKey(path)) continue;
            PathInfo info = store.Get(path);
            infos[path] = info;
            foreach (StorePath reference in info.References) todo.Push(reference);
        }
        List<StorePath> order = StoreQueries.SortTopologically(store.StoreDir, infos.Keys, path => infos[path].References);
        var nodes = new PathInfo[order.Count];
        var index = new Dictionary<StorePath, int>(order.Count);
        for (int i = 0; i < nodes.Length; i++)
        {
            nodes[i] = infos[order[i]];
            index[order[i]] = i;
        }
        var starts = new SortedSet<int>();
        foreach (StorePath root in roots) starts.Add(index[root]);
        return new ClosureGraph(nodes, index, [.. starts]);
    }

    public IReadOnlyList<PathInfo> Nodes => _nodes;

    /// <summary>The paths that the closure is of, ascending.</summary>
    public IReadOnlyList<int> Roots { get; }

    /// <summary>Number of a path; -1 where it is not in the closure.</summary>
    public int IndexOf(StorePath path) => _index.GetValueOrDefault(path, -1);

    /// <summary>Sorted by path.</summary>
    public IReadOnlyList<int> References(int node) => _references[node];

    public IReadOnlyList<int> Referrers(int node) => _referrers[node];

    /// <summary>Sum of the NARs, bytes.</summary>
    public ulong Size
    {
        get
        {
            ulong size = 0;
            foreach (PathInfo node in _nodes) size += node.NarSize;
            return size;
        }
    }

    /// <summary>For each node the number of edges on a shortest way from it to <paramref name="target"/>; -1 where there is none.</summary>
    public int[] DistancesTo(int target)
    {
        int[] distances = new int[_nodes.Length];
        Array.Fill(distances, -1);
        distances[target] = 0;
        var queue = new Queue<int>();
        queue.Enqueue(target);
        while (queue.TryDequeue(out int node))
            foreach (int referrer in _referrers[node])
                if (distances[referrer] < 0)
                {
                    distances[referrer] = distances[node] + 1;
                    queue.Enqueue(referrer);
                }
        return distances;
    }
}

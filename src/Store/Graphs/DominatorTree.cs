using System;
using System.Collections.Generic;

namespace Firn.Store.Graphs;

/// <summary>
/// Who alone keeps what in a closure. A path dominates another if every way from a root to that goes through it: when
/// it goes, the other goes too. Each path hangs below the nearest that dominates it.
/// </summary>
public sealed class DominatorTree
{
    /// <summary>Parent of what no single path keeps, the roots among it.</summary>
    public const int Top = -1;

    private readonly int[] _parents;
    private readonly int[] _depths;
    private readonly ulong[] _exclusive;
    private readonly List<int>[] _children;
    private readonly List<int> _top = [];

    public DominatorTree(ClosureGraph graph)
    {
        int count = graph.Nodes.Count;
        _parents = new int[count];
        _depths = new int[count];
        _exclusive = new ulong[count];
        _children = new List<int>[count];
        var roots = new HashSet<int>(graph.Roots);
        // Who refers comes first, so the parents of all referrers are known: the nearest that they share is the answer.
        for (int node = 0; node < count; node++)
        {
            _children[node] = [];
            int parent = Top;
            bool first = true;
            if (!roots.Contains(node))
                foreach (int referrer in graph.Referrers(node))
                {
                    parent = first ? referrer : Shared(parent, referrer);
                    first = false;
                }
            _parents[node] = parent;
            _depths[node] = parent == Top ? 0 : _depths[parent] + 1;
            (parent == Top ? _top : _children[parent]).Add(node);
        }
        for (int node = count - 1; node >= 0; node--)
        {
            _exclusive[node] += graph.Nodes[node].NarSize;
            if (_parents[node] != Top) _exclusive[_parents[node]] += _exclusive[node];
        }
    }

    private int Shared(int a, int b)
    {
        while (a != b)
        {
            if (a == Top || b == Top) return Top;
            if (_depths[a] > _depths[b]) a = _parents[a];
            else if (_depths[b] > _depths[a]) b = _parents[b];
            else (a, b) = (_parents[a], _parents[b]);
        }
        return a;
    }

    /// <summary>The nearest path that alone keeps this one; <see cref="Top"/> where there is none.</summary>
    public int Parent(int node) => _parents[node];

    /// <summary>What this path alone keeps, but for what one of these keeps; greatest first.</summary>
    /// <param name="node">Or <see cref="Top"/>.</param>
    public IReadOnlyList<int> Children(int node)
    {
        List<int> children = node == Top ? _top : _children[node];
        int[] sorted = [.. children];
        Array.Sort(sorted, (a, b) => _exclusive[a] != _exclusive[b] ? _exclusive[b].CompareTo(_exclusive[a]) : a.CompareTo(b));
        return sorted;
    }

    /// <summary>Bytes that leave the closure with this path: its own NAR and those of all that it dominates.</summary>
    public ulong ExclusiveSize(int node) => _exclusive[node];
}

using System;
using System.Collections.Generic;
using Firn.Formats.StorePaths;

namespace Firn.Store;

/// <summary>Many paths and the references among them, as numbers: what a closure of thousands is worked on with.</summary>
public sealed class ReferenceGraph
{
    private readonly StorePath[] _paths;
    private readonly int[] _start, _references;

    /// <param name="paths">Each once, in any order.</param>
    /// <param name="start">For each path where its references begin, and in the end their number.</param>
    /// <param name="references">Indices into <paramref name="paths"/>.</param>
    public ReferenceGraph(StorePath[] paths, ReadOnlySpan<int> start, ReadOnlySpan<int> references)
    {
        int[] before = new int[paths.Length];
        for (int i = 0; i < before.Length; i++) before[i] = i;
        _paths = (StorePath[])paths.Clone();
        Array.Sort(_paths, before);
        int[] after = new int[before.Length];
        for (int i = 0; i < before.Length; i++) after[before[i]] = i;
        _start = new int[before.Length + 1];
        _references = new int[references.Length];
        int next = 0;
        for (int i = 0; i < before.Length; i++)
        {
            _start[i] = next;
            foreach (int reference in references[start[before[i]]..start[before[i] + 1]]) _references[next++] = after[reference];
            Array.Sort(_references, _start[i], next - _start[i]);
        }
        _start[^1] = next;
    }

    /// <summary>Sorted; others name them by their place in here.</summary>
    public IReadOnlyList<StorePath> Paths => _paths;

    /// <summary>What a path refers to among these, sorted.</summary>
    public ReadOnlySpan<int> References(int path) => _references.AsSpan(_start[path], _start[path + 1] - _start[path]);

    /// <summary>Such that each path comes before those that it refers to; otherwise in a stable order that follows from the paths.</summary>
    /// <exception cref="StoreException">They refer to each other in a circle.</exception>
    public List<StorePath> SortTopologically(StoreDir storeDir)
    {
        var state = new byte[_paths.Length];
        const byte open = 1, done = 2;
        var order = new List<StorePath>(_paths.Length);
        var stack = new Stack<(int Path, int Next)>();
        for (int first = 0; first < _paths.Length; first++)
        {
            if (state[first] != 0) continue;
            state[first] = open;
            stack.Push((first, _start[first]));
            while (stack.TryPop(out var frame))
            {
                int next = frame.Next, end = _start[frame.Path + 1], child = -1;
                for (; next < end && child < 0; next++)
                {
                    int reference = _references[next];
                    if (reference == frame.Path) continue;
                    if (state[reference] == 0) child = reference;
                    else if (state[reference] == open)
                        throw new StoreException("cycle detected in the references of '" + storeDir.Print(_paths[reference]) + "' from '" + storeDir.Print(_paths[frame.Path]) + "'");
                }
                if (child >= 0)
                {
                    stack.Push((frame.Path, next));
                    state[child] = open;
                    stack.Push((child, _start[child]));
                }
                else
                {
                    state[frame.Path] = done;
                    order.Add(_paths[frame.Path]);
                }
            }
        }
        order.Reverse();
        return order;
    }
}

/// <summary>A store that follows references faster than path by path.</summary>
public interface IReferenceGraphs
{
    /// <summary>The paths and all that they refer to.</summary>
    /// <exception cref="InvalidPathException">One of them is not valid.</exception>
    ReferenceGraph ClosureGraph(IEnumerable<StorePath> paths);

    /// <summary>The paths and all that refer to them, directly or not, in any order. Paths that are not valid stand alone.</summary>
    IReadOnlyCollection<StorePath> AllReferrers(IEnumerable<StorePath> paths);

    /// <summary>These paths and no others. Paths that are not valid have no references.</summary>
    ReferenceGraph GraphOf(IReadOnlyCollection<StorePath> paths);
}

using System;
using System.Collections.Generic;
using Firn.Formats.StorePaths;

namespace Firn.Store.Local.Schema;

/// <summary>The valid paths of a store as numbers, with compact lists of edges in both directions.</summary>
internal sealed class StoreGraph
{
    private readonly int[] _referenceStart, _references, _referrerStart, _referrers, _outputStart, _outputs;

    internal StoreGraph(List<StorePath> paths, List<ulong> narSizes, Dictionary<StorePath, int> index, List<(int From, int To)> references, int[] derivers, List<(int Derivation, int Output)> outputs)
    {
        Paths = paths;
        NarSizes = narSizes;
        Index = index;
        Derivers = derivers;
        (_referenceStart, _references) = Adjacency(paths.Count, references, backwards: false);
        (_referrerStart, _referrers) = Adjacency(paths.Count, references, backwards: true);
        (_outputStart, _outputs) = Adjacency(paths.Count, outputs, backwards: false);
    }

    internal List<StorePath> Paths { get; }

    /// <summary>Length of the NAR of each path, bytes; 0 where it is not known.</summary>
    internal List<ulong> NarSizes { get; }

    internal Dictionary<StorePath, int> Index { get; }

    /// <summary>For each path the number of the derivation it was built from, or -1 where that is not valid.</summary>
    internal int[] Derivers { get; }

    internal ReadOnlySpan<int> References(int path) => _references.AsSpan(_referenceStart[path], _referenceStart[path + 1] - _referenceStart[path]);

    internal ReadOnlySpan<int> Referrers(int path) => _referrers.AsSpan(_referrerStart[path], _referrerStart[path + 1] - _referrerStart[path]);

    /// <summary>For a derivation the numbers of its outputs that are valid.</summary>
    internal ReadOnlySpan<int> Outputs(int derivation) => _outputs.AsSpan(_outputStart[derivation], _outputStart[derivation + 1] - _outputStart[derivation]);

    private static (int[] Start, int[] To) Adjacency(int count, List<(int From, int To)> edges, bool backwards)
    {
        var start = new int[count + 1];
        foreach (var (from, to) in edges) start[(backwards ? to : from) + 1]++;
        for (int i = 0; i < count; i++) start[i + 1] += start[i];
        var targets = new int[edges.Count];
        var next = (int[])start.Clone();
        foreach (var (from, to) in edges) targets[next[backwards ? to : from]++] = backwards ? from : to;
        return (start, targets);
    }
}

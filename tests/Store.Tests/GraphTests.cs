using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Firn.Formats.Hashing;
using Firn.Formats.Nar;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store.Graphs;
using Xunit;

namespace Firn.Store.Tests;

public class GraphTests
{
    private readonly MemoryStore _store = new(StoreDir.Default);
    private readonly Dictionary<string, StorePath> _paths = [];

    /// <summary>Adds a path with a NAR of some bytes that refers to others, and to itself.</summary>
    private void Add(string name, int size, params string[] references)
    {
        var path = new StorePath(Hash.Sha256(System.Text.Encoding.UTF8.GetBytes(name)).ToString(HashFormat.Nix32, false)[..32] + "-" + name);
        var nar = new ByteBuffer();
        NarWriter.WriteFile(new byte[size], false, nar);
        List<StorePath> all = [path, .. references.Select(r => _paths[r])];
        all.Sort();
        _paths[name] = path;
        // The store wants what a path refers to first, itself included.
        _store.AddNar(new PathInfo { Path = path, NarHash = Hash.Sha256(nar.Span), NarSize = (ulong)nar.Length, References = all }, new MemoryStream(nar.ToArray()));
    }

    private ClosureGraph Graph(params string[] roots) => ClosureGraph.Of(_store, [.. roots.Select(r => _paths[r])]);

    private string Name(ClosureGraph graph, int node) => node == DominatorTree.Top ? "" : graph.Nodes[node].Path.Name;

    /// <summary>top → a, b; a → libs; b → libs, only; libs → libc; top → libc.</summary>
    private ClosureGraph Diamond()
    {
        Add("libc", 1000);
        Add("libs", 100, "libc");
        Add("only", 500);
        Add("a", 10, "libs");
        Add("b", 20, "libs", "only");
        Add("top", 1, "a", "b", "libc");
        return Graph("top");
    }

    [Fact]
    public void WhatRefersComesBeforeWhatItRefersTo()
    {
        ClosureGraph graph = Diamond();
        Assert.Equal(6, graph.Nodes.Count);
        for (int node = 0; node < graph.Nodes.Count; node++)
        {
            Assert.DoesNotContain(node, graph.References(node));
            Assert.All(graph.References(node), reference => Assert.True(reference > node));
            Assert.All(graph.Referrers(node), referrer => Assert.Contains(node, graph.References(referrer)));
        }
        int[] distances = graph.DistancesTo(graph.IndexOf(_paths["libc"]));
        Assert.Equal((1, 1, 2, -1), (distances[graph.IndexOf(_paths["top"])], distances[graph.IndexOf(_paths["libs"])], distances[graph.IndexOf(_paths["a"])], distances[graph.IndexOf(_paths["only"])]));
    }

    [Fact]
    public void PathHangsBelowWhatAloneKeepsIt()
    {
        ClosureGraph graph = Diamond();
        var tree = new DominatorTree(graph);
        Assert.Equal(["libc:top", "libs:top", "only:b", "a:top", "b:top", "top:"],
            new[] { "libc", "libs", "only", "a", "b", "top" }.Select(n => n + ":" + Name(graph, tree.Parent(graph.IndexOf(_paths[n])))));
        Assert.Equal(graph.Size, tree.ExclusiveSize(graph.IndexOf(_paths["top"])));
        Assert.Equal(_store.Get(_paths["b"]).NarSize + _store.Get(_paths["only"]).NarSize, tree.ExclusiveSize(graph.IndexOf(_paths["b"])));
        Assert.Equal(["libc", "b", "libs", "a"], tree.Children(graph.IndexOf(_paths["top"])).Select(n => Name(graph, n)));
    }

    [Fact]
    public void ExclusiveSizeIsWhatLeavesWithAPath()
    {
        var random = new Random(7);
        for (int i = 0; i < 40; i++)
            Add("n" + i, random.Next(5000), [.. Enumerable.Range(0, i).Where(_ => random.Next(8) == 0).Select(j => "n" + j)]);
        string[] roots = ["n39", "n38"];
        ClosureGraph graph = Graph(roots);
        var tree = new DominatorTree(graph);
        for (int gone = 0; gone < graph.Nodes.Count; gone++)
        {
            var left = new HashSet<int>();
            var todo = new Stack<int>(graph.Roots.Where(r => r != gone));
            while (todo.TryPop(out int node))
                if (left.Add(node))
                    foreach (int reference in graph.References(node))
                        if (reference != gone) todo.Push(reference);
            ulong size = 0;
            foreach (int node in left) size += graph.Nodes[node].NarSize;
            // A root that another refers to is still a root.
            Assert.Equal(graph.Size - size, tree.ExclusiveSize(gone));
        }
    }

    [Fact]
    public void ReductionReachesAsFarWithFewestEdges()
    {
        ClosureGraph graph = Diamond();
        int[][] reduced = TransitiveReduction.Of(graph);
        Assert.Equal(["a", "b"], reduced[graph.IndexOf(_paths["top"])].Select(n => Name(graph, n)).Order());
        Assert.Equal(["libs", "only"], reduced[graph.IndexOf(_paths["b"])].Select(n => Name(graph, n)).Order());
        Assert.Equal(6, reduced.Sum(r => r.Length));
    }

    [Fact]
    public void LayoutKeepsNodesApartAndLinesGoRight()
    {
        var random = new Random(3);
        for (int i = 0; i < 60; i++)
            Add("n" + i, 10, [.. Enumerable.Range(0, i).Where(_ => random.Next(12) == 0).Select(j => "n" + j)]);
        ClosureGraph graph = Graph([.. Enumerable.Range(40, 20).Select(i => "n" + i)]);
        int[][] edges = TransitiveReduction.Of(graph);
        var layout = new LayeredLayout(edges, 40, 10);
        for (int node = 0; node < edges.Length; node++)
            for (int i = 0; i < edges[node].Length; i++)
            {
                int[] route = layout.Routes[node][i];
                Assert.Equal((node, edges[node][i]), (route[0], route[^1]));
                for (int j = 1; j < route.Length; j++) Assert.Equal(layout.Column(route[j - 1]) + 1, layout.Column(route[j]));
            }
        var columns = Enumerable.Range(0, edges.Length).GroupBy(layout.Column);
        foreach (var column in columns)
        {
            double[] heights = [.. column.Select(layout.Height).Order()];
            for (int i = 1; i < heights.Length; i++) Assert.True(heights[i] - heights[i - 1] >= 40 - 1e-6);
            Assert.InRange(heights[0], 20 - 1e-6, layout.TotalHeight);
            Assert.InRange(heights[^1], 0, layout.TotalHeight - 20 + 1e-6);
        }
    }
}

using System;
using System.Collections.Generic;

namespace Firn.Store.Graphs;

/// <summary>The references of a closure without those that follow from others: the fewest edges that reach as far.</summary>
public static class TransitiveReduction
{
    /// <summary>For each node the references that are left.</summary>
    /// <remarks>Memory grows with the square of the number of nodes: 12 MB for ten thousand.</remarks>
    public static int[][] Of(ClosureGraph graph)
    {
        int count = graph.Nodes.Count, words = (count + 63) / 64;
        ulong[][] reach = new ulong[count][];
        int[][] reduced = new int[count][];
        for (int node = count - 1; node >= 0; node--)
        {
            ulong[] reached = reach[node] = new ulong[words];
            // Numbers grow along references, so in ascending order no later one can make an earlier one needless.
            int[] references = [.. graph.References(node)];
            Array.Sort(references);
            var kept = new List<int>();
            foreach (int reference in references)
            {
                if ((reached[reference >> 6] >> (reference & 63) & 1) != 0) continue;
                kept.Add(reference);
                reached[reference >> 6] |= 1UL << (reference & 63);
                for (int i = 0; i < words; i++) reached[i] |= reach[reference][i];
            }
            reduced[node] = [.. kept];
        }
        return reduced;
    }
}

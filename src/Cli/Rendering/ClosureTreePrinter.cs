using System.Collections.Generic;
using System.Text;
using Firn.Formats.Json;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Graphs;

namespace Firn.Cli.Rendering;

/// <summary>
/// Shows a closure by who alone keeps what (<c>nix path-info --closure-tree</c>): each path stands below the nearest
/// path without which it would leave the closure, greatest first.
/// </summary>
/// <remarks>docs/store/closures.md</remarks>
internal sealed class ClosureTreePrinter(StoreDir storeDir, ClosureGraph graph)
{
    private const int MostReferrers = 3;

    private readonly DominatorTree _tree = new(graph);
    private readonly PathNames _names = new(graph.Nodes);

    public void Print(CommandContext context)
    {
        context.WriteLine($"{graph.Nodes.Count} paths, {Size(graph.Size)}");
        IReadOnlyList<int> top = _tree.Children(DominatorTree.Top);
        foreach (int node in top)
        {
            Print(context, node, "", "");
        }
    }

    private static string Size(ulong bytes) => ByteSize.Render((long)bytes);

    private void Print(CommandContext context, int node, string first, string rest)
    {
        IReadOnlyList<int> children = _tree.Children(node);
        StringBuilder line = new(first);
        line.Append(_names.Of(graph.Nodes[node].Path)).Append("  ").Append(Size(graph.Nodes[node].NarSize));
        if (children.Count > 0)
        {
            line.Append(", ").Append(Size(_tree.ExclusiveSize(node))).Append(" with what it alone keeps");
        }

        IReadOnlyList<int> referrers = graph.Referrers(node);
        int parent = _tree.Parent(node);
        if (referrers.Count > 1 || (referrers.Count == 1 && referrers[0] != parent))
        {
            line.Append("  ← ");
            for (int i = 0; i < referrers.Count && i < MostReferrers; i++)
            {
                line.Append(i == 0 ? "" : ", ").Append(_names.Of(graph.Nodes[referrers[i]].Path));
            }

            if (referrers.Count > MostReferrers)
            {
                line.Append(" and ").Append(referrers.Count - MostReferrers).Append(" more");
            }
        }

        context.WriteLine(line.ToString());
        for (int i = 0; i < children.Count; i++)
        {
            bool last = i == children.Count - 1;
            Print(context, children[i], rest + (last ? "└── " : "├── "), rest + (last ? "    " : "│   "));
        }
    }

    /// <summary>For each path: its size, what would leave with it, who refers to it, who alone keeps it, and what would leave with each of its references.</summary>
    public void PrintJson(CommandContext context, bool pretty)
    {
        ByteBuffer text = new();
        JsonTextWriter json = new(text, pretty);
        json.BeginObject();
        json.Name("closureSize");
        json.Number((long)graph.Size);
        json.Name("paths");
        json.BeginObject();
        List<int> order = [];
        for (int i = 0; i < graph.Nodes.Count; i++)
        {
            order.Add(i);
        }

        order.Sort((a, b) => graph.Nodes[a].Path.CompareTo(graph.Nodes[b].Path));
        foreach (int node in order)
        {
            json.Name(graph.Nodes[node].Path.BaseName);
            json.BeginObject();
            json.Name("exclusiveSize");
            json.Number((long)_tree.ExclusiveSize(node));
            json.Name("keptBy");
            if (_tree.Parent(node) == DominatorTree.Top)
            {
                json.Null();
            }
            else
            {
                json.String(graph.Nodes[_tree.Parent(node)].Path.BaseName);
            }

            json.Name("narSize");
            json.Number((long)graph.Nodes[node].NarSize);
            json.Name("references");
            json.BeginObject();
            foreach (int reference in graph.References(node))
            {
                // An edge matters by itself only where it is the one way to its end.
                json.Name(graph.Nodes[reference].Path.BaseName);
                json.Number(graph.Referrers(reference).Count == 1 && _tree.Parent(reference) == node ? (long)_tree.ExclusiveSize(reference) : 0);
            }

            json.EndObject();
            json.Name("referrers");
            json.BeginArray();
            foreach (int referrer in graph.Referrers(node))
            {
                json.String(graph.Nodes[referrer].Path.BaseName);
            }

            json.EndArray();
            json.EndObject();
        }

        json.EndObject();
        json.Name("storeDir");
        json.String(storeDir.Path);
        json.Name("version");
        json.Number(1);
        json.EndObject();
        context.WriteLine(text.Span);
    }
}

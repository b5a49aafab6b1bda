using System.Collections.Generic;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Rendering;

/// <summary>Draws what paths refer to for programs that draw graphs.</summary>
internal sealed class StoreGraphPrinter(CommandContext context, ILocalFsStore store)
{
    private static readonly string[] Colours = ["black", "red", "green", "blue", "magenta", "burlywood"];

    /// <summary>Every path of the closure, least first.</summary>
    private IEnumerable<PathInfo> Nodes(SortedSet<StorePath> roots)
    {
        SortedSet<StorePath> waiting = new(roots);
        HashSet<StorePath> done = [];
        while (waiting.Count > 0)
        {
            StorePath path = waiting.Min;
            waiting.Remove(path);
            if (!done.Add(path))
            {
                continue;
            }

            PathInfo info = store.Get(path);
            yield return info;
            waiting.UnionWith(info.References);
            waiting.Remove(path);
        }
    }

    /// <summary>The language of Graphviz.</summary>
    public void PrintDot(SortedSet<StorePath> roots)
    {
        int edge = 0;
        context.WriteLine("digraph G {");
        foreach (PathInfo info in Nodes(roots))
        {
            context.WriteLine($"\"{info.Path}\" [label = \"{info.Path.Name}\", shape = box, style = filled, fillcolor = \"#ff0000\"];");
            foreach (StorePath reference in info.References)
            {
                if (reference != info.Path)
                {
                    context.WriteLine($"\"{reference}\" -> \"{info.Path}\" [color = \"{Colours[edge++ % Colours.Length]}\"];");
                }
            }
        }

        context.WriteLine("}");
    }

    /// <summary>The name to its first dash, which is part of it; empty without one.</summary>
    private static string SymbolicName(string name) => name[..(name.IndexOf('-', System.StringComparison.Ordinal) + 1)];

    /// <summary>GraphML.</summary>
    public void PrintGraphMl(SortedSet<StorePath> roots)
    {
        context.WriteLine("<?xml version='1.0' encoding='utf-8'?>");
        context.WriteLine("<graphml xmlns='http://graphml.graphdrawing.org/xmlns'");
        context.WriteLine("    xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'");
        context.WriteLine("    xsi:schemaLocation='http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd'>");
        foreach ((string key, string type) in (System.ReadOnlySpan<(string, string)>)[("narSize", "long"), ("name", "string"), ("type", "string")])
        {
            context.Write(System.Text.Encoding.ASCII.GetBytes($"<key id='{key}' for='node' attr.name='{key}' attr.type='{type}'/>"));
        }

        context.WriteLine("<graph id='G' edgedefault='directed'>");
        foreach (PathInfo info in Nodes(roots))
        {
            context.WriteLine($"  <node id=\"{info.Path}\">");
            context.WriteLine($"    <data key=\"narSize\">{info.NarSize}</data>");
            context.WriteLine($"    <data key=\"name\">{SymbolicName(info.Path.Name)}</data>");
            context.WriteLine($"    <data key=\"type\">{(info.Path.IsDerivation ? "derivation" : "output-path")}</data>");
            context.WriteLine("  </node>");
            foreach (StorePath reference in info.References)
            {
                if (reference != info.Path)
                {
                    context.WriteLine($"  <edge source=\"{info.Path}\" target=\"{reference}\"/>");
                }
            }
        }

        context.WriteLine("</graph>");
        context.WriteLine("</graphml>");
    }
}

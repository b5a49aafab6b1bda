using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net;
using System.Text;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Graphs;

namespace Firn.Cli.Rendering;

/// <summary>
/// Draws a closure as an SVG: references go from left to right, a box tells name and size, darker where what leaves
/// with the path is a greater part of the whole. Pointing at a box tells the rest.
/// </summary>
internal static class ClosureDrawing
{
    // Pixels. Letters of the font are taken to be that wide, since nobody can measure them here.
    private const double LetterWidth = 6.7, BoxHeight = 36, BoxGap = 12, LineGap = 10, ColumnGap = 70, Padding = 10, Border = 20;
    private const int LongestName = 40;

    public static byte[] Draw(ClosureGraph graph, StoreDir storeDir, bool allEdges)
    {
        int[][] edges = allEdges ? Edges(graph) : TransitiveReduction.Of(graph);
        LayeredLayout layout = new(edges, BoxHeight + BoxGap, LineGap);
        DominatorTree tree = new(graph);
        PathNames names = new(graph.Nodes);
        string[] labels = new string[graph.Nodes.Count];
        double[] widths = new double[layout.Columns];
        for (int i = 0; i < labels.Length; i++)
        {
            string name = names.Of(graph.Nodes[i].Path);
            labels[i] = name.Length <= LongestName ? name : name[..(LongestName - 1)] + "…";
            widths[layout.Column(i)] = Math.Max(widths[layout.Column(i)], (Math.Max(labels[i].Length, 20) * LetterWidth) + (2 * Padding));
        }

        double[] starts = new double[layout.Columns];
        double at = Border;
        for (int i = 0; i < starts.Length; i++)
        {
            starts[i] = at;
            at += widths[i] + ColumnGap;
        }

        double width = Math.Max(at - ColumnGap + Border, 2 * Border), height = layout.TotalHeight + (2 * Border) + 24;
        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture, $$"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{{width:F0}}" height="{{height:F0}}" viewBox="0 0 {{width:F0}} {{height:F0}}" font-family="sans-serif" font-size="12">
            <style>path { fill: none; stroke: #8a94a3; stroke-width: 1.2; } path:hover { stroke: #c0392b; stroke-width: 2.5; } rect { stroke: #5d6d7e; } .size { fill: #455a64; font-size: 10px; }</style>
            <rect x="0" y="0" width="{{width:F0}}" height="{{height:F0}}" fill="white" stroke="none"/>
            <text x="{{Border}}" y="{{Border}}" font-weight="bold">{{graph.Nodes.Count}} paths, {{ByteSize.Render((long)graph.Size)}}</text>

            """);
        double top = Border + 24;
        for (int node = 0; node < edges.Length; node++)
        {
            for (int i = 0; i < edges[node].Length; i++)
            {
                svg.Append("<path d=\"").Append(Line(layout, layout.Routes[node][i], starts, widths, top)).Append("\"><title>")
                    .Append(Text(names.Of(graph.Nodes[node].Path))).Append(" → ").Append(Text(names.Of(graph.Nodes[edges[node][i]].Path))).Append("</title></path>\n");
            }
        }

        double total = Math.Max(1, (double)graph.Size);
        for (int node = 0; node < labels.Length; node++)
        {
            PathInfo info = graph.Nodes[node];
            ulong exclusive = tree.ExclusiveSize(node);
            double x = starts[layout.Column(node)], y = top + layout.Height(node) - (BoxHeight / 2), share = Math.Sqrt(exclusive / total);
            string sizes = ByteSize.Render((long)info.NarSize) + (exclusive > info.NarSize ? $" · keeps {ByteSize.Render((long)exclusive)}" : "");
            svg.Append(CultureInfo.InvariantCulture, $"""
                <g><title>{Text(storeDir.Print(info.Path))}
                {ByteSize.Render((long)info.NarSize)}; {ByteSize.Render((long)exclusive)} would leave with it; referred to by {graph.Referrers(node).Count}, refers to {graph.References(node).Count}</title>
                <rect x="{x:F1}" y="{y:F1}" width="{widths[layout.Column(node)]:F1}" height="{BoxHeight}" rx="4" fill="hsl(205, 70%, {96 - (36 * share):F0}%)"/>
                <text x="{x + Padding:F1}" y="{y + 15:F1}">{Text(labels[node])}</text>
                <text class="size" x="{x + Padding:F1}" y="{y + 29:F1}">{Text(sizes)}</text></g>

                """);
        }

        svg.Append("</svg>\n");
        return Encoding.UTF8.GetBytes(svg.ToString());
    }

    private static int[][] Edges(ClosureGraph graph)
    {
        int[][] edges = new int[graph.Nodes.Count][];
        for (int i = 0; i < edges.Length; i++)
        {
            edges[i] = [.. graph.References(i)];
        }

        return edges;
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    /// <summary>From the right side of a box, straight through the columns that the line passes, to the left side of another.</summary>
    private static string Line(LayeredLayout layout, int[] route, double[] starts, double[] widths, double top)
    {
        StringBuilder path = new();
        List<(double X, double Y)> points = [(Right(route[0]), Y(route[0]))];
        for (int i = 1; i < route.Length - 1; i++)
        {
            points.Add((starts[layout.Column(route[i])], Y(route[i])));
            points.Add((Right(route[i]), Y(route[i])));
        }

        points.Add((starts[layout.Column(route[^1])], Y(route[^1])));
        path.Append(CultureInfo.InvariantCulture, $"M{points[0].X:F1},{points[0].Y:F1}");
        for (int i = 1; i < points.Count; i++)
        {
            (double x0, double y0) = points[i - 1];
            (double x1, double y1) = points[i];
            if (i % 2 == 0)
            {
                path.Append(CultureInfo.InvariantCulture, $" L{x1:F1},{y1:F1}");
            }
            else
            {
                double middle = (x0 + x1) / 2;
                path.Append(CultureInfo.InvariantCulture, $" C{middle:F1},{y0:F1} {middle:F1},{y1:F1} {x1:F1},{y1:F1}");
            }
        }

        return path.ToString();

        double Right(int point) => starts[layout.Column(point)] + widths[layout.Column(point)];

        double Y(int point) => top + layout.Height(point);
    }
}

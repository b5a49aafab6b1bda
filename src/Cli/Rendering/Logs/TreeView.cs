using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Firn.Store;

namespace Firn.Cli.Rendering.Logs;

/// <summary>
/// Draws what builds, waits and downloads as a tree by dependency, each thing once, below what needs it. A pure
/// function of a snapshot and the size of the screen.
/// </summary>
internal static class TreeView
{
    private const int Narrowest = 20;
    private const int MostRows = 24;

    /// <summary>The lines, the summary last.</summary>
    /// <param name="width">Columns of the screen; no line is longer.</param>
    /// <param name="height">Rows of the screen; there are fewer lines.</param>
    public static IReadOnlyList<string> Render(TreeSnapshot snapshot, int width, int height, TreeStyle style)
    {
        width = Math.Max(1, width);
        int rows = Math.Max(0, Math.Min(MostRows, height - 2));
        List<string> lines = [];
        if (width >= Narrowest && rows > 0)
        {
            Tree tree = new(snapshot.Nodes);
            HashSet<int> shown = tree.Choose(rows);
            foreach ((int node, string prefix) in tree.Lay(shown, style.Unicode))
            {
                lines.Add(Line(snapshot.Nodes[node], prefix, tree.WaitsFor(node), width, style));
            }
        }

        lines.Add(Summary(snapshot, width, style));
        return lines;
    }

    /// <summary>The line with the sums.</summary>
    public static string Summary(TreeSnapshot snapshot, int width, TreeStyle style)
    {
        Text text = new(width, style);
        ActivityTotals builds = snapshot.Builds, copies = snapshot.Copies;
        int waiting = 0;
        foreach (TreeNode node in snapshot.Nodes)
        {
            waiting += node.State == NodeState.Waiting ? 1 : 0;
        }

        List<(string Colour, string Part)> parts = [];
        if (builds.Expected > 0 || builds.Running > 0)
        {
            parts.Add(("32", string.Create(CultureInfo.InvariantCulture, $"{builds.Done}/{builds.Expected} built")));
        }

        if (copies.Expected > 0)
        {
            string size = snapshot.Transfers.Expected > 0
                ? $", {ByteSize.Render((long)snapshot.Transfers.Done)} of {ByteSize.Render((long)snapshot.Transfers.Expected)}" : "";
            string rate = snapshot.Rate >= 1 ? $" at {ByteSize.Render((long)snapshot.Rate)}/s" : "";
            parts.Add(("34", string.Create(CultureInfo.InvariantCulture, $"{copies.Done}/{copies.Expected} fetched{size}{rate}")));
        }

        if (builds.Running > 0)
        {
            parts.Add(("33", string.Create(CultureInfo.InvariantCulture, $"{builds.Running} building")));
        }

        if (waiting > 0)
        {
            parts.Add(("2", string.Create(CultureInfo.InvariantCulture, $"{waiting} waiting")));
        }

        if (builds.Failed + copies.Failed > 0)
        {
            parts.Add(("31;1", string.Create(CultureInfo.InvariantCulture, $"{builds.Failed + copies.Failed} failed")));
        }

        if (snapshot.Status.Length > 0)
        {
            parts.Add(("", snapshot.Status));
        }

        parts.Add(("", Duration(snapshot.Elapsed)));
        for (int i = 0; i < parts.Count; i++)
        {
            text.Add("", i == 0 ? "" : style.Unicode ? " · " : " | ").Add(parts[i].Colour, parts[i].Part);
        }

        if (snapshot.Other.Length > 0)
        {
            text.Add("", "  ").Add("2", snapshot.Other);
        }

        return text.ToString();
    }

    /// <summary>Such as <c>8s</c>, <c>2m05s</c>, <c>1h03m</c>.</summary>
    public static string Duration(TimeSpan time) =>
        time.TotalMinutes < 1 ? string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, (int)time.TotalSeconds)}s")
        : time.TotalHours < 1 ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes}m{time.Seconds:00}s")
        : string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}h{time.Minutes:00}m");

    private static string Line(TreeNode node, string prefix, int waitsFor, int width, TreeStyle style)
    {
        (string mark, string colour) = (node.State, style.Unicode) switch
        {
            (NodeState.Building, true) => ("▶", "33"),
            (NodeState.Building, false) => (">", "33"),
            (NodeState.Fetching, true) => ("↓", "34"),
            (NodeState.Fetching, false) => ("v", "34"),
            (NodeState.Failed, true) => ("✗", "31;1"),
            (NodeState.Failed, false) => ("x", "31;1"),
            (NodeState.Done, true) => ("✓", "32"),
            (NodeState.Done, false) => ("+", "32"),
            (_, true) => ("◌", "2"),
            _ => (".", "2"),
        };
        Text text = new(width, style);
        text.Add("2", prefix).Add(colour, mark + " ").Add(node.State == NodeState.Waiting ? "2" : "1", node.Name);
        if (node.Place.Length > 0)
        {
            text.Add("2", (node.State == NodeState.Fetching ? " from " : " on ") + node.Place);
        }

        switch (node.State)
        {
            case NodeState.Building or NodeState.Fetching:
                text.Add("", " ").Add("", Duration(node.Elapsed));
                if (node.Expected is { } expected)
                {
                    text.Add("2", " of ~" + Duration(expected));
                }

                if (node.Received > 0 || node.Size > 0)
                {
                    text.Add("34", " " + ByteSize.Render((long)node.Received) + (node.Size > 0 ? " of " + ByteSize.Render((long)node.Size) : ""));
                    if (node.Rate >= 1)
                    {
                        text.Add("2", " " + ByteSize.Render((long)node.Rate) + "/s");
                    }
                }

                if (node.Phase.Length > 0)
                {
                    text.Add("36", " (" + node.Phase + ")");
                }

                if (node.LastLine.Length > 0)
                {
                    text.Add("2", "  " + node.LastLine);
                }

                break;
            case NodeState.Waiting:
                if (waitsFor > 0)
                {
                    text.Add("2", string.Create(CultureInfo.InvariantCulture, $" waits for {waitsFor}"));
                }

                if (node.Expected is { } time)
                {
                    text.Add("2", " ~" + Duration(time));
                }

                break;
            case NodeState.Failed:
                text.Add("31", " failed after " + Duration(node.Elapsed));
                break;
            case NodeState.Done:
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }

        return text.ToString();
    }

    /// <summary>Pieces of a line, cut at its width.</summary>
    private sealed class Text(int width, TreeStyle style)
    {
        private readonly StringBuilder _line = new();
        private int _left = width;

        public Text Add(string colour, string piece)
        {
            if (_left <= 0 || piece.Length == 0)
            {
                return this;
            }

            string cut = TerminalText.Cut(piece, _left);
            _left = cut.Length == piece.Length ? _left - TerminalText.Columns(cut) : 0;
            if (!style.Unicode)
            {
                cut = cut.Replace('…', '~');
            }

            _line.Append(colour.Length == 0 || !style.Colours ? cut : $"\x1b[{colour}m{cut}\x1b[0m");
            return this;
        }

        public override string ToString() => _line.ToString();
    }

    /// <summary>The graph as a tree: each node hangs below the first that needs it.</summary>
    private sealed class Tree
    {
        private readonly IReadOnlyList<TreeNode> _nodes;
        private readonly int[] _parents;
        private readonly List<int> _order = [];

        public Tree(IReadOnlyList<TreeNode> nodes)
        {
            _nodes = nodes;
            _parents = new int[nodes.Count];
            Array.Fill(_parents, -1);
            bool[] needed = new bool[nodes.Count], seen = new bool[nodes.Count];
            foreach (TreeNode node in nodes)
            {
                foreach (int need in node.Needs)
                {
                    needed[need] = true;
                }
            }

            Queue<int> queue = new();
            for (int i = 0; i < nodes.Count; i++)
            {
                if (!needed[i])
                {
                    seen[i] = true;
                    queue.Enqueue(i);
                }
            }

            while (queue.TryDequeue(out int node))
            {
                _order.Add(node);
                foreach (int need in nodes[node].Needs)
                {
                    if (!seen[need])
                    {
                        seen[need] = true;
                        _parents[need] = node;
                        queue.Enqueue(need);
                    }
                }
            }
        }

        /// <summary>How much of what a node needs is still to be done.</summary>
        public int WaitsFor(int node)
        {
            int count = 0;
            foreach (int need in _nodes[node].Needs)
            {
                count += _nodes[need].State == NodeState.Done ? 0 : 1;
            }

            return count;
        }

        /// <summary>What is shown: failures and what runs, with what waits for it above, then what waits, from the top.</summary>
        public HashSet<int> Choose(int rows)
        {
            HashSet<int> shown = [];
            foreach (NodeState state in (ReadOnlySpan<NodeState>)[NodeState.Failed, NodeState.Building, NodeState.Fetching])
            {
                foreach (int node in _order)
                {
                    if (_nodes[node].State == state && shown.Count < rows)
                    {
                        shown.Add(node);
                    }
                }
            }

            foreach (int node in new List<int>(shown))
            {
                // Nearest first: with few rows the things that run hang below what waits for them directly.
                for (int above = _parents[node]; above >= 0 && shown.Count < rows; above = _parents[above])
                {
                    if (_nodes[above].State != NodeState.Done)
                    {
                        shown.Add(above);
                    }
                }
            }

            foreach (int node in _order)
            {
                if (shown.Count < rows && _nodes[node].State == NodeState.Waiting)
                {
                    shown.Add(node);
                }
            }

            return shown;
        }

        /// <summary>The chosen nodes from the top, with the lines that lead to them.</summary>
        public List<(int Node, string Prefix)> Lay(HashSet<int> shown, bool unicode)
        {
            Dictionary<int, List<int>> children = [];
            foreach (int node in _order)
            {
                if (shown.Contains(node))
                {
                    int above = _parents[node];
                    while (above >= 0 && !shown.Contains(above))
                    {
                        above = _parents[above];
                    }

                    if (!children.TryGetValue(above, out List<int>? list))
                    {
                        children[above] = list = [];
                    }

                    list.Add(node);
                }
            }

            (string tee, string corner, string bar) = unicode ? ("├─ ", "└─ ", "│  ") : ("|- ", "`- ", "|  ");
            List<(int, string)> laid = [];
            Stack<(int Node, string Prefix, string Below)> stack = new();
            Push(-1, "", top: true);
            while (stack.TryPop(out (int Node, string Prefix, string Below) next))
            {
                laid.Add((next.Node, next.Prefix));
                Push(next.Node, next.Below, top: false);
            }

            return laid;

            void Push(int node, string below, bool top)
            {
                if (!children.TryGetValue(node, out List<int>? list))
                {
                    return;
                }

                for (int i = list.Count - 1; i >= 0; i--)
                {
                    bool last = i == list.Count - 1;
                    stack.Push(top ? (list[i], "", "") : (list[i], below + (last ? corner : tee), below + (last ? "   " : bar)));
                }
            }
        }
    }
}

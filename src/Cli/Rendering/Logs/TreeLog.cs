using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Firn.Formats.Logging;
using Firn.Store;

namespace Firn.Cli.Rendering.Logs;

/// <summary>A tree of what builds, waits and downloads, and a summary at the end (<c>multiline</c>).</summary>
internal sealed class TreeLog(ErrorStream error, Func<(int Width, int Height)> size, Func<Verbosity> verbosity, TreeStyle style, bool showLogs)
    : ScreenLog(error, size, verbosity, style.Colours, showLogs)
{
    private readonly List<Node> _nodes = [];
    private readonly Dictionary<string, int> _byPath = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, Node> _byActivity = [];
    private readonly Speed _speed = new();
    private long? _began;
    private int _built, _fetched, _failed;

    public override bool WantsPlan => true;

    public override void Plan(BuildPlanView plan) => Change(() =>
    {
        int[] places = new int[plan.Nodes.Count];
        for (int i = 0; i < places.Length; i++)
        {
            places[i] = Place(plan.Nodes[i].Path, plan.Nodes[i].Name);
        }

        for (int i = 0; i < places.Length; i++)
        {
            Node node = _nodes[places[i]];
            node.Expected = plan.Nodes[i].Expected;
            node.Needs = [.. System.Linq.Enumerable.Select(plan.Nodes[i].Needs, n => places[n])];
        }
    });

    public override void Ended(ulong activity, bool succeeded) => Change(() =>
    {
        if (_byActivity.TryGetValue(activity, out Node? node))
        {
            node.State = succeeded ? NodeState.Done : NodeState.Failed;
            _built += succeeded && !node.IsFetch ? 1 : 0;
            _fetched += succeeded && node.IsFetch ? 1 : 0;
            _failed += succeeded ? 0 : 1;
        }
    });

    public override void End()
    {
        Finish();
        if (_built + _fetched + _failed > 0 && _began is { } began)
        {
            Message(Verbosity.Notice, Summary(_built, _fetched, Table.Totals(ActivityType.FileTransfer).Done, _failed, Stopwatch.GetElapsedTime(began)));
        }
    }

    /// <summary>What was done, in one line.</summary>
    internal static string Summary(int built, int fetched, ulong bytes, int failed, TimeSpan elapsed)
    {
        List<string> parts = [];
        if (built > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"built {built}"));
        }

        if (fetched > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"fetched {fetched}") + (bytes > 0 ? $" ({ByteSize.Render((long)bytes)})" : ""));
        }

        if (failed > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{failed} failed"));
        }

        return string.Join(", ", parts) + " in " + TreeView.Duration(elapsed);
    }

    protected override void Started(ShownActivity activity)
    {
        if (activity.Type is not (ActivityType.Build or ActivityType.Substitute))
        {
            return;
        }

        _began ??= activity.Began;
        Node node = _nodes[Place(activity.Subject, LogLabel.Name(activity.Subject))];
        node.State = activity.Type == ActivityType.Build ? NodeState.Building : NodeState.Fetching;
        node.IsFetch = activity.Type == ActivityType.Substitute;
        node.Activity = activity;
        _byActivity[activity.Number] = node;
    }

    protected override void Stopped(ShownActivity activity)
    {
        if (_byActivity.Remove(activity.Number, out Node? node))
        {
            node.Elapsed = Stopwatch.GetElapsedTime(activity.Began);
            node.State = node.State is NodeState.Building or NodeState.Fetching ? NodeState.Done : node.State;
            node.Activity = null;
        }
    }

    protected override IReadOnlyList<string> Frame(int width, int height) => TreeView.Render(Snapshot(), width, height, style);

    private int Place(string path, string name)
    {
        if (!_byPath.TryGetValue(path, out int place))
        {
            _byPath[path] = place = _nodes.Count;
            _nodes.Add(new Node(name));
        }

        return place;
    }

    private TreeSnapshot Snapshot()
    {
        Dictionary<Node, (ulong Done, ulong Size, bool Network)> bytes = [];
        string other = "";
        foreach (ShownActivity activity in Table.Activities)
        {
            switch (activity.Type)
            {
                case ActivityType.FileTransfer or ActivityType.CopyPath when Owner(activity) is { } owner:
                    // What comes over the network says more than what of it is unpacked.
                    bool network = activity.Type == ActivityType.FileTransfer;
                    if (activity.Expected > 0 && (network || !bytes.GetValueOrDefault(owner).Network))
                    {
                        bytes[owner] = (activity.Done, activity.Expected, network);
                    }

                    break;
                case ActivityType.QueryPathInfo:
                    other = "asking " + activity.Place;
                    break;
                case ActivityType.FileTransfer:
                    other = TerminalText.Plain(Encoding.UTF8.GetBytes(activity.Subject));
                    break;
                case ActivityType.Unknown or ActivityType.FetchTree or ActivityType.BuildWaiting or ActivityType.PostBuildHook when activity.Text.Length > 0:
                    other = TerminalText.Plain(Encoding.UTF8.GetBytes(activity.Text));
                    break;
                default:
                    break;
            }
        }

        List<TreeNode> nodes = new(_nodes.Count);
        foreach (Node node in _nodes)
        {
            (ulong done, ulong size, _) = bytes.GetValueOrDefault(node);
            nodes.Add(new TreeNode(node.Name, node.State)
            {
                Needs = node.Needs,
                Elapsed = node.Activity is { } running ? Stopwatch.GetElapsedTime(running.Began) : node.Elapsed,
                Expected = node.Expected,
                Phase = node.Activity?.Phase ?? "",
                LastLine = node.Activity?.LastLine ?? "",
                Received = done,
                Size = size,
                Rate = done > 0 ? node.Speed.Sample(done) : 0,
                Place = node.Activity?.Place ?? "",
            });
        }

        ActivityTotals transfers = Table.Totals(ActivityType.FileTransfer);
        ActivityTotals builds = Table.Totals(ActivityType.Builds), copies = Table.Totals(ActivityType.CopyPaths);
        return new TreeSnapshot(nodes)
        {
            Builds = builds,
            Copies = copies,
            Transfers = transfers,
            Rate = transfers.Done > 0 ? _speed.Sample(transfers.Done) : 0,
            Elapsed = _began is { } began ? Stopwatch.GetElapsedTime(began) : TimeSpan.Zero,
            Other = other,
            Status = builds.IsNothing && copies.IsNothing ? BarLog.Status(Table) : "",
        };
    }

    private Node? Owner(ShownActivity activity)
    {
        for (ShownActivity? above = activity; above is not null; above = Table.Find(above.Parent))
        {
            if (_byActivity.TryGetValue(above.Number, out Node? node))
            {
                return node;
            }
        }

        return null;
    }

    private sealed class Node(string name)
    {
        public string Name => name;

        public NodeState State { get; set; }

        public bool IsFetch { get; set; }

        public IReadOnlyList<int> Needs { get; set; } = [];

        public TimeSpan? Expected { get; set; }

        public TimeSpan Elapsed { get; set; }

        public ShownActivity? Activity { get; set; }

        public Speed Speed { get; } = new();
    }

    /// <summary>How fast a number grows, smoothed over a few seconds.</summary>
    private sealed class Speed
    {
        private long _at;
        private ulong _amount;
        private double _rate;

        public double Sample(ulong amount)
        {
            long now = Stopwatch.GetTimestamp();
            double seconds = _at == 0 ? 0 : Stopwatch.GetElapsedTime(_at, now).TotalSeconds;
            if (_at == 0 || amount < _amount)
            {
                (_at, _amount) = (now, amount);
                return _rate;
            }

            if (seconds < 0.2)
            {
                return _rate;
            }

            double share = Math.Min(1, seconds / 3);
            double rate = (amount - _amount) / seconds;
            _rate = _rate == 0 ? rate : (_rate * (1 - share)) + (rate * share);
            (_at, _amount) = (now, amount);
            return _rate;
        }
    }
}

using System;
using System.Collections.Generic;

namespace Firn.Cli.Rendering.Logs;

/// <summary>How far something is.</summary>
internal enum NodeState
{
    Waiting,
    Building,
    Fetching,
    Done,
    Failed,
}

/// <summary>Something that is built or fetched, at one moment.</summary>
internal sealed record TreeNode(string Name, NodeState State)
{
    /// <summary>Indices of what comes before it.</summary>
    public IReadOnlyList<int> Needs { get; init; } = [];

    /// <summary>Since it began.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>How long it took before, or null where nothing is known.</summary>
    public TimeSpan? Expected { get; init; }

    public string Phase { get; init; } = "";

    public string LastLine { get; init; } = "";

    /// <summary>Bytes that came.</summary>
    public ulong Received { get; init; }

    /// <summary>Bytes to come in all; 0 where that is not known.</summary>
    public ulong Size { get; init; }

    /// <summary>Bytes a second.</summary>
    public double Rate { get; init; }

    /// <summary>The machine that builds it or the store that has it; empty for this machine.</summary>
    public string Place { get; init; } = "";
}

/// <summary>Everything that the tree shows, at one moment.</summary>
internal sealed record TreeSnapshot(IReadOnlyList<TreeNode> Nodes)
{
    public ActivityTotals Builds { get; init; }

    public ActivityTotals Copies { get; init; }

    /// <summary>Bytes over the network.</summary>
    public ActivityTotals Transfers { get; init; }

    /// <summary>Bytes a second over the network.</summary>
    public double Rate { get; init; }

    public TimeSpan Elapsed { get; init; }

    /// <summary>What else is done just now, such as the asking of caches; empty for nothing.</summary>
    public string Other { get; init; } = "";

    /// <summary>How far what is counted otherwise is, such as paths that are verified; empty for nothing.</summary>
    public string Status { get; init; } = "";
}

/// <summary>How lines are drawn.</summary>
internal sealed record TreeStyle(bool Colours, bool Unicode);

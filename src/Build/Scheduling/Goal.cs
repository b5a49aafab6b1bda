using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Firn.Formats.StorePaths;

namespace Firn.Build.Scheduling;

/// <summary>How a goal ended.</summary>
/// <param name="Status">The kind of end.</param>
/// <param name="Error">Why it failed, as a user reads it; null where it did not, or where that was said already.</param>
/// <param name="Path">The valid path, where the goal was one output.</param>
internal readonly record struct Outcome(BuildStatus Status, string? Error = null, StorePath? Path = null)
{
    public bool Succeeded => Status is BuildStatus.Built or BuildStatus.AlreadyValid or BuildStatus.Substituted or BuildStatus.ResolvesToAlreadyValid;

    /// <summary>Whether something went wrong; what was given up has neither succeeded nor failed.</summary>
    public bool Failed => !Succeeded && Status != BuildStatus.Cancelled;
}

/// <summary>Something to be made valid: a path, an output, or all outputs of a derivation that is built.</summary>
/// <param name="path">The store path or the derivation.</param>
internal sealed class Goal(StorePath path)
{
    public StorePath Path { get; } = path;

    /// <summary>Ends when the goal does; never fails.</summary>
    public Task<Outcome> Task { get; set; } = null!;

    /// <summary>What it waits for just now.</summary>
    public IReadOnlyList<Goal> WaitsFor { get; set; } = [];

    /// <summary>Ends the waiting of a goal that waits for itself.</summary>
    public TaskCompletionSource<IReadOnlyList<StorePath>>? Cycle { get; set; }

    /// <summary>Another goal waits for it as for something else than itself.</summary>
    public bool Needed { get; set; }

    /// <summary>Goals that it does the work of: who needs them needs it.</summary>
    public List<Goal> Guises { get; } = [];

    /// <summary>Whether its failure is more than what the caller hears of last: something else fails with it.</summary>
    public bool IsNeeded => Needed || Guises.Exists(static g => g.IsNeeded);

    /// <summary>The caller asked for it: when it fails, the others are given up unless they are to go on.</summary>
    public bool Wanted { get; set; }

    /// <summary>The derivation that is built in its stead, now that its inputs are known; null where it is built itself.</summary>
    public StorePath? Resolved { get; set; }

    /// <summary>What its build made, by output.</summary>
    public IReadOnlyDictionary<string, StorePath> Made { get; set; } = System.Collections.Immutable.ImmutableDictionary<string, StorePath>.Empty;

    /// <summary>When its build began, or null where none did.</summary>
    public DateTimeOffset? Started { get; set; }

    public TimeSpan Elapsed { get; set; }

    /// <summary>What its build cost, where that is known.</summary>
    public CpuTimes? Cpu { get; set; }
}

/// <summary>A goal waits for itself by way of others.</summary>
/// <param name="circle">The paths on the way, from its own to its own.</param>
internal sealed class CycleException(IReadOnlyList<StorePath> circle) : Exception
{
    /// <summary>The way, as a user reads it.</summary>
    public string Print(StoreDir dir) => string.Join(" -> ", circle.Select(path => "'" + dir.Print(path) + "'"));
}

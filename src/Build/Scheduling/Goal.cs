using System;
using System.Collections.Generic;
using System.Linq;
using Firn.Formats.Derivations;
using Firn.Formats.StorePaths;

namespace Firn.Build.Scheduling;

/// <summary>What is known of a goal while the graph is made.</summary>
internal enum GoalState
{
    /// <summary>Nothing.</summary>
    New,

    /// <summary>Its inputs are being looked at.</summary>
    Entered,

    /// <summary>It has to be built.</summary>
    Waiting,

    /// <summary>What is wanted of it is valid.</summary>
    Valid,
}

/// <summary>One derivation that is to be built, and how far it is.</summary>
internal sealed class Goal(StorePath path)
{
    public StorePath Path { get; } = path;

    /// <summary>Null until it is read.</summary>
    public Derivation? Derivation { get; set; }

    /// <summary>Outputs that somebody wants, by name.</summary>
    public SortedSet<string> Wanted { get; } = new(StringComparer.Ordinal);

    /// <summary>Somebody wants all outputs.</summary>
    public bool WantsAll { get; set; }

    /// <summary>Goals that wait for this one.</summary>
    public List<Goal> Waiters { get; } = [];

    /// <summary>Goals that this one still waits for.</summary>
    public int Missing { get; set; }

    /// <summary>Goals that this one waited for in vain.</summary>
    public int Failed { get; set; }

    /// <summary>What is to be visible to the build, closures not yet taken.</summary>
    public List<StorePath> Inputs { get; } = [];

    public BuildMode Mode { get; set; }

    public GoalState State { get; set; }

    /// <summary>Null until it has ended.</summary>
    public BuildStatus? Status { get; set; }

    public string? Error { get; set; }

    public DateTimeOffset? Started { get; set; }

    public TimeSpan Elapsed { get; set; }

    public bool Succeeded => Status is BuildStatus.Built or BuildStatus.AlreadyValid or BuildStatus.Substituted;

    /// <summary>Names of the outputs that are wanted.</summary>
    public IEnumerable<string> WantedOutputs => WantsAll ? Derivation!.Outputs.Select(o => o.Name) : Wanted;
}

using System;
using System.Collections.Generic;
using Firn.Build;
using Firn.Formats.StorePaths;

namespace Firn.Cli.Installables;

/// <summary>What an installable came to: a store path, or outputs of a derivation with their paths.</summary>
/// <param name="Derivation">The derivation, or null for a path that is there as it is.</param>
/// <param name="Outputs">The names of the outputs and their paths in order of names; the path alone, without a name, where there is no derivation.</param>
internal sealed record BuiltPath(StorePath? Derivation, IReadOnlyList<(string Name, StorePath Path)> Outputs)
{
    /// <summary>How the derivation came to be, where that was built too: the one that was there beforehand, and the output of each that led to the next; empty where it was there itself.</summary>
    public IReadOnlyList<(StorePath Derivation, string Output)> Via { get; init; } = [];

    /// <summary>When a build for it began; null where there was nothing to build.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>What the build cost, where that is known.</summary>
    public CpuTimes? Cpu { get; init; }

    /// <summary>How long that build took.</summary>
    public TimeSpan Elapsed { get; init; }
}

/// <summary>How far to go with what is named.</summary>
internal enum RealiseMode
{
    /// <summary>Build it.</summary>
    Outputs,

    /// <summary>Have the derivation in the store, and no more.</summary>
    Derivation,

    /// <summary>As that, and say nothing of what would have to be built.</summary>
    Known,
}

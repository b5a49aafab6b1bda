using System;
using System.Collections.Generic;
using Firn.Formats.Realisations;
using Firn.Formats.StorePaths;

namespace Firn.Build;

/// <summary>How the making of one derived path ended. The numbers are those of the worker protocol.</summary>
public enum BuildStatus
{
    Built = 0,
    Substituted = 1,
    AlreadyValid = 2,
    PermanentFailure = 3,
    InputRejected = 4,
    OutputRejected = 5,
    TransientFailure = 6,
    TimedOut = 8,
    MiscFailure = 9,
    DependencyFailed = 10,
    LogLimitExceeded = 11,
    NotDeterministic = 12,
    ResolvesToAlreadyValid = 13,
    NoSubstituters = 14,
    HashMismatch = 15,
    Cancelled = 16,
}

/// <summary>Processor time of a build.</summary>
public readonly record struct CpuTimes(TimeSpan User, TimeSpan System);

/// <summary>What came of one derived path.</summary>
/// <param name="Path">What was asked for.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Error">Why it failed, as a user reads it; null where it did not.</param>
/// <param name="Outputs">The wanted outputs by name, sorted; for an opaque path empty.</param>
/// <param name="Started">When its own build began, or null where none did.</param>
/// <param name="Elapsed">How long its own build took.</param>
public sealed record BuildResult(
    DerivedPath Path, BuildStatus Status, string? Error, IReadOnlyDictionary<string, StorePath> Outputs, DateTimeOffset? Started, TimeSpan Elapsed)
{
    /// <summary>The derivations that were built on the way to the one whose outputs these are, that one last; empty where it was there beforehand.</summary>
    public IReadOnlyList<StorePath> Chain { get; init; } = [];

    /// <summary>What another place says of the outputs, with its signatures; empty for what was made here.</summary>
    public IReadOnlyList<Realisation> Realisations { get; init; } = [];

    /// <summary>What its own build cost; null where none was made or nothing counted it.</summary>
    public CpuTimes? Cpu { get; init; }

    /// <summary>Whether the path is valid now.</summary>
    public bool Succeeded => Status is BuildStatus.Built or BuildStatus.Substituted or BuildStatus.AlreadyValid or BuildStatus.ResolvesToAlreadyValid;
}

/// <summary>What is to be done with outputs that are valid already.</summary>
public enum BuildMode
{
    /// <summary>They are taken as they are.</summary>
    Normal,

    /// <summary>They are built again and replaced where they differ from what was registered.</summary>
    Repair,

    /// <summary>They are built again and compared.</summary>
    Check,
}

/// <summary>What would have to be done.</summary>
/// <param name="WillBuild">Derivations, in an order in which they can be built.</param>
/// <param name="WillDownload">The ones among them that only download something.</param>
/// <param name="Unknown">Paths that are not valid and that nothing here makes, sorted.</param>
public sealed record MissingPaths(IReadOnlyList<StorePath> WillBuild, IReadOnlyList<StorePath> WillDownload, IReadOnlyList<StorePath> Unknown)
{
    /// <summary>Paths that other stores have, sorted by name.</summary>
    public IReadOnlyList<StorePath> WillSubstitute { get; init; } = [];

    /// <summary>Bytes to transfer for them, as far as that is known.</summary>
    public ulong DownloadSize { get; init; }

    /// <summary>Bytes that their contents take.</summary>
    public ulong UnpackedSize { get; init; }
}

namespace Firn.Store.Remote.Serve;

/// <summary>What a client wants of a build. Times in seconds, sizes in bytes, 0 for no limit.</summary>
public sealed record ServeBuildOptions
{
    public uint MaxSilentTime { get; init; }

    public uint Timeout { get; init; }

    /// <summary>Null where the client is too old to say.</summary>
    public ulong? MaxLogSize { get; init; }

    /// <summary>Whether a difference to an earlier build is shown (<c>run-diff-hook</c>).</summary>
    public bool ShowDifferences { get; init; }

    /// <summary>Null where the client is too old to say.</summary>
    public bool? KeepFailed { get; init; }
}

using System;
using System.Collections.Generic;
using Firn.Formats.StorePaths;

namespace Firn.Store;

/// <summary>Paths that must not be collected while this process lives.</summary>
public interface ITempRoots
{
    /// <summary>Protects a path, valid or not, from now on. Waits where a collector is deleting it.</summary>
    void AddTempRoot(StorePath path);

    /// <summary>Protects many at once.</summary>
    void AddTempRoots(IReadOnlyList<StorePath> paths);
}

/// <summary>One reason to keep a path.</summary>
/// <param name="Path">A valid path.</param>
/// <param name="Link">The file that refers to it, or a text in braces such as <c>{temp:123}</c>.</param>
public readonly record struct Root(StorePath Path, string Link);

/// <summary>Links that keep paths.</summary>
public interface IRoots
{
    /// <summary>Makes <paramref name="link"/> a symbolic link to the path, known to collectors. Returns the link.</summary>
    /// <param name="link">Absolute. Replaced if it is a link into the store.</param>
    /// <exception cref="StoreException">It lies in the store or is something else.</exception>
    string AddPermanentRoot(StorePath path, string link);

    /// <summary>Makes an existing link outside of the store's own directories known to collectors.</summary>
    void AddIndirectRoot(string link);

    /// <summary>Every root, of running processes too, sorted by path and link.</summary>
    /// <param name="censor">Hide which processes and files they are.</param>
    IReadOnlyList<Root> FindRoots(bool censor);
}

/// <summary>What a collector is to do.</summary>
public enum CollectorAction
{
    /// <summary>Find what roots reach.</summary>
    ReturnLive,
    /// <summary>Find what no root reaches.</summary>
    ReturnDead,
    /// <summary>Delete what no root reaches.</summary>
    DeleteDead,
    /// <summary>Delete <see cref="CollectorRequest.Paths"/>.</summary>
    DeleteSpecific,
}

public sealed record CollectorRequest
{
    public CollectorAction Action { get; init; } = CollectorAction.DeleteDead;

    /// <summary>With <see cref="CollectorAction.DeleteSpecific"/>: delete though a root reaches them.</summary>
    public bool IgnoreLiveness { get; init; }

    public IReadOnlyCollection<StorePath> Paths { get; init; } = [];

    /// <summary>
    /// Asked about valid paths that no root reaches, while nothing can be collected: true keeps the path and all that
    /// keeping it means. Null keeps none.
    /// </summary>
    public Func<StorePath, bool>? Keeps { get; init; }

    /// <summary>Stop once more than so many bytes are free.</summary>
    public ulong MaxFreed { get; init; } = ulong.MaxValue;
}

/// <summary>What a collector did; filled while it works, so that a caller can report what was done before an error.</summary>
public sealed class CollectorResult
{
    /// <summary>Whole paths that are live, dead or deleted; may name files that were no store objects.</summary>
    public SortedSet<string> Paths { get; } = new(StringComparer.Ordinal);

    public ulong BytesFreed { get; set; }
}

/// <summary>Deletes what is not needed.</summary>
public interface ICollector
{
    /// <exception cref="StoreException">A path that is to be deleted is alive, or the file system refuses.</exception>
    void Collect(CollectorRequest request, CollectorResult result);
}

/// <summary>Keeps space free while others add.</summary>
public interface ISpaceKeeper
{
    /// <summary>How often it is worth asking; zero for never.</summary>
    TimeSpan CheckInterval { get; }

    /// <summary>Collects where settings ask for it and too little is free; cheap otherwise.</summary>
    /// <param name="wait">Return only when that is over.</param>
    void KeepSpace(bool wait);
}

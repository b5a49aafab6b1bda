using System;
using System.Collections.Generic;
using Firn.Formats.StorePaths;

namespace Firn.Store;

/// <summary>What is known about the use of paths, for collecting by age.</summary>
public interface IUsage
{
    /// <summary>When a path was last known to be of use, seconds since 1970: its registration, or a later reading of one of its files as the file system remembers it.</summary>
    /// <exception cref="InvalidPathException">It is not valid.</exception>
    long LastUse(StorePath path);

    /// <summary>Bytes that each of these files or directories in the store would set free; what several of them share is counted with the last.</summary>
    /// <param name="paths">Whole paths, as a collector reports them.</param>
    IReadOnlyList<ulong> Reclaimable(IReadOnlyList<string> paths);
}

/// <summary>Which garbage to keep for a while, since it may be needed again.</summary>
public sealed record RetentionPolicy
{
    /// <summary>Keep what was used after this time, seconds since 1970.</summary>
    public long? UsedSince { get; init; }

    /// <summary>Keep so many of the paths that no other garbage refers to, those used last.</summary>
    public int? KeepRecent { get; init; }

    /// <summary>Whether it keeps anything at all.</summary>
    public bool IsEmpty => UsedSince is null && KeepRecent is null;

    /// <summary>The question for <see cref="CollectorRequest.Keeps"/>. Paths that become valid from now on are kept.</summary>
    /// <param name="now">Seconds since 1970.</param>
    public Func<StorePath, bool>? Decide<TStore>(TStore store, long now) where TStore : IPathInfos, IPathGraph, ICollector, IUsage
    {
        if (IsEmpty) return null;
        HashSet<StorePath> recent = KeepRecent is { } count ? Recent(store, count) : [];
        return path => recent.Contains(path) || (store.Find(path) is { } info && info.RegistrationTime >= now) || (UsedSince is { } since && store.LastUse(path) >= since);
    }

    private static HashSet<StorePath> Recent<TStore>(TStore store, int count) where TStore : IPathInfos, IPathGraph, ICollector, IUsage
    {
        var result = new CollectorResult();
        store.Collect(new CollectorRequest { Action = CollectorAction.ReturnDead }, result);
        var dead = new HashSet<StorePath>();
        foreach (string path in result.Paths)
            if (store.StoreDir.Parse(path) is var parsed && store.IsValid(parsed)) dead.Add(parsed);
        var heads = new List<(long Used, StorePath Path)>();
        foreach (StorePath path in dead)
            if (IsHead(path)) heads.Add((store.LastUse(path), path));
        heads.Sort(static (a, b) => a.Used != b.Used ? b.Used.CompareTo(a.Used) : a.Path.CompareTo(b.Path));
        var recent = new HashSet<StorePath>();
        for (int i = 0; i < Math.Min(count, heads.Count); i++) recent.Add(heads[i].Path);
        return recent;

        // A derivation goes along with what it built.
        bool IsHead(StorePath path)
        {
            foreach (StorePath referrer in store.Referrers(path))
                if (referrer != path && dead.Contains(referrer)) return false;
            if (path.IsDerivation)
                foreach (DerivationOutputPath output in store.DerivationOutputs(path))
                    if (dead.Contains(output.Path)) return false;
            return true;
        }
    }
}

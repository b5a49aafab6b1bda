using System.Collections.Generic;
using System.Threading;
using Firn.Build;
using Firn.Formats.StorePaths;

namespace Firn.Store.Remote.Worker;

/// <summary>What both protocols do before they say which paths are valid.</summary>
internal static class Substitution
{
    /// <summary>Those of the paths that are valid, sorted.</summary>
    public static IReadOnlyCollection<StorePath> Valid(IStore store, SortedSet<StorePath> paths)
    {
        if (store is IValidityFilter filter) return new SortedSet<StorePath>(filter.FilterValid(paths));
        var valid = new SortedSet<StorePath>();
        foreach (StorePath path in paths)
            if (store.IsValid(path)) valid.Add(path);
        return valid;
    }

    /// <summary>Takes what other stores offer; what they then fail to give is a warning, and missing still.</summary>
    public static void TakeOffered(IStore store, IBuilder builder, SortedSet<StorePath> paths, IStoreLog log, CancellationToken cancel)
    {
        var wanted = new List<DerivedPath>();
        foreach (StorePath path in paths)
            if (!path.IsDerivation && !store.IsValid(path)) wanted.Add(new DerivedPath.Opaque(path));
        if (wanted.Count == 0) return;
        var offered = new HashSet<StorePath>(builder.FindMissing(wanted).WillSubstitute);
        wanted.RemoveAll(path => !offered.Contains(((DerivedPath.Opaque)path).Path));
        foreach (BuildResult result in builder.Realise(wanted, BuildMode.Normal, cancel))
            if (result.Error is { } error) log.Write(StoreLogLevel.Warning, error);
    }
}

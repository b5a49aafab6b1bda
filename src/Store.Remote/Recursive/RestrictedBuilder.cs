using System.Collections.Generic;
using System.Threading;
using Firn.Build;
using Firn.Build.Events;
using Firn.Build.Scheduling;
using Firn.Formats.Derivations;
using Firn.Formats.Realisations;
using Firn.Formats.StorePaths;

namespace Firn.Store.Remote.Recursive;

/// <summary>Builds what a running build knows of, and lets it know of what comes of that.</summary>
/// <param name="builder">Builds in the whole store.</param>
/// <param name="store">The whole store.</param>
/// <param name="events">Takes failures.</param>
public sealed class RestrictedBuilder(IBuilder builder, ILocalFsStore store, RecursiveView view, IBuildEvents events) : IBuilder
{
    private StorePath Root(DerivedPath path) => path switch
    {
        DerivedPath.Opaque opaque => opaque.Path,
        DerivedPath.Built built => built.Derivation,
        DerivedPath.BuiltOfBuilt inner => inner.Root,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    public MissingPaths FindMissing(IReadOnlyList<DerivedPath> paths)
    {
        var allowed = new List<DerivedPath>();
        var unknown = new SortedSet<StorePath>();
        foreach (DerivedPath path in paths)
        {
            if (view.Allows(Root(path))) allowed.Add(path);
            else unknown.Add(Root(path));
        }
        MissingPaths missing = builder.FindMissing(allowed);
        unknown.UnionWith(missing.Unknown);
        return missing with { Unknown = [.. unknown] };
    }

    public IReadOnlyList<BuildResult> Realise(IReadOnlyList<DerivedPath> paths, BuildMode mode = BuildMode.Normal, CancellationToken cancel = default)
    {
        if (mode != BuildMode.Normal) throw new StoreException("unsupported build mode");
        foreach (DerivedPath path in paths)
            if (!view.Allows(Root(path))) throw new StoreException("cannot build '" + path.Print(store.StoreDir) + "' in recursive Nix because path is unknown");
        IReadOnlyList<BuildResult> results = builder.Realise(paths, mode, cancel);
        var made = new SortedSet<StorePath>();
        foreach (BuildResult result in results)
            if (result.Succeeded) made.UnionWith(result.Outputs.Values);
        // What is referred to first, so that what is there is whole.
        List<StorePath> order = store.SortTopologically(store.Closure(made));
        order.Reverse();
        foreach (StorePath path in order) view.Add(path);
        var files = new DerivationFiles(store, store.StoreDir);
        foreach (BuildResult result in results)
        {
            if (!result.Succeeded || result.Path is not DerivedPath.Built built) continue;
            foreach (string output in result.Outputs.Keys) view.Add(new DerivationOutputId(files.RealisationHash(built.Derivation), output));
        }
        return results;
    }

    public IReadOnlyList<BuildResult> RealiseAll(IReadOnlyList<DerivedPath> paths, BuildMode mode = BuildMode.Normal, CancellationToken cancel = default)
    {
        IReadOnlyList<BuildResult> results = Realise(paths, mode, cancel);
        BuildResults.Check(results, store.StoreDir, events, exitCode: 1);
        return results;
    }

    public BuildResult BuildDerivation(StorePath path, Derivation derivation, BuildMode mode = BuildMode.Normal, CancellationToken cancel = default) =>
        throw new StoreException("a derivation that is not in the store cannot be built in recursive Nix");
}

using System;
using System.Collections.Generic;
using Firn.Formats.Realisations;
using Firn.Formats.StorePaths;
using Firn.Store.Local.Overlay;
using Firn.Store.Local.Posix;
using Firn.Store.Local.Schema;

namespace Firn.Store.Local;

// What the store asks of its database, and where it lies on top of another store, of that one too. Only what is wanted
// of the lower store gets rows here: they say what this store uses.
public sealed partial class LocalStore
{
    private LowerLayer? Lower => Options.Lower;

    public PathInfo? Find(StorePath path) => Db.Find(path) ?? Lower?.Find(path);

    public bool IsValid(StorePath path) => Db.IsValid(path) || (Lower is { } lower && lower.IsValid(path) && Adopt([path]));

    /// <summary>As <see cref="Find"/>, for who is about to use the path: it has a row then.</summary>
    private PathInfo? FindHere(StorePath path) => Lower == null ? Db.Find(path) : IsValid(path) ? Find(path) : null;

    public IReadOnlySet<StorePath> FilterValid(IReadOnlyCollection<StorePath> paths)
    {
        IReadOnlySet<StorePath> known = Db.FilterValid(paths);
        if (Lower is not { } lower || known.Count == paths.Count) return known;
        var valid = new HashSet<StorePath>(known);
        foreach (StorePath path in paths)
            if (!known.Contains(path) && lower.IsValid(path)) valid.Add(path);
        Adopt(valid);
        return valid;
    }

    public IReadOnlyList<StorePath> AllValid() => Db.AllValid();

    public IReadOnlyList<StorePath> Referrers(StorePath path) =>
        Lower is { } lower ? LayeredGraphs.Union(Db.Referrers(path), lower.Referrers(path)) : Db.Referrers(path);

    public IReadOnlyList<StorePath> ValidDerivers(StorePath path) =>
        Lower is { } lower ? LayeredGraphs.Union(Db.ValidDerivers(path), lower.ValidDerivers(path)) : Db.ValidDerivers(path);

    public IReadOnlyList<DerivationOutputPath> DerivationOutputs(StorePath derivation)
    {
        IReadOnlyList<DerivationOutputPath> known = Lower is { } lower && !Db.IsValid(derivation) && lower.IsValid(derivation)
            ? lower.DerivationOutputs(derivation)
            : Db.DerivationOutputs(derivation);
        return known.Count > 0 || !Options.ContentAddressedDerivations ? known : _derivations.RealisedOutputs(derivation, FindRealisation);
    }

    public StorePath? FindByHashPart(string hashPart) => hashPart.Length == StorePath.HashLength
        ? Db.FindByHashPart(hashPart) ?? Lower?.FindByHashPart(hashPart)
        : throw new StoreException("invalid hash part");

    public ReferenceGraph ClosureGraph(IEnumerable<StorePath> paths) => Lower == null ? Db.ClosureGraph(paths) : LayeredGraphs.Closure(this, paths);

    public IReadOnlyCollection<StorePath> AllReferrers(IEnumerable<StorePath> paths) => Lower == null ? Db.AllReferrers(paths) : LayeredGraphs.Referrers(this, paths);

    public ReferenceGraph GraphOf(IReadOnlyCollection<StorePath> paths) => Lower == null ? Db.GraphOf(paths) : LayeredGraphs.Of(this, paths);

    public void AddSignatures(StorePath path, IReadOnlyCollection<string> signatures)
    {
        if (Lower != null) Adopt([path]);
        Db.AddSignatures(path, signatures);
    }

    public Realisation? FindRealisation(DerivationOutputId output) => Db.FindRealisation(output) ?? Lower?.FindRealisation(output);

    public void RegisterRealisation(Realisation realisation)
    {
        if (Lower is { } lower)
        {
            // Signatures of both are to come together, and two paths for one output to be noticed.
            Realisation? below = Db.FindRealisation(realisation.Id) == null ? lower.FindRealisation(realisation.Id) : null;
            Adopt(below == null ? [realisation.OutPath] : [realisation.OutPath, below.OutPath]);
            if (below != null) Db.RegisterRealisation(below);
        }
        Db.RegisterRealisation(realisation);
    }

    private void Register(IReadOnlyCollection<StoreDatabase.Registration> registrations, bool ordered)
    {
        if (Options.SyncBeforeRegistering) Libc.sync();
        if (Lower is { } lower)
        {
            // What is below already keeps what is known of it there, such as signatures; references have to be known.
            var named = new HashSet<StorePath>();
            var added = new HashSet<StorePath>();
            foreach (StoreDatabase.Registration registration in registrations) added.Add(registration.Info.Path);
            named.UnionWith(added);
            foreach (StoreDatabase.Registration registration in registrations) named.UnionWith(registration.Info.References);
            List<StoreDatabase.Registration> below = Below(lower, named);
            if (below.Count > 0)
            {
                registrations = [.. below, .. registrations];
                ordered = false;
            }
        }
        Db.Register(registrations, ordered, _derivations.ReadOutputs);
    }

    /// <summary>Takes what the lower store knows of these paths and their closures into the database, unless nothing is written.</summary>
    /// <returns>True, as they are valid either way.</returns>
    private bool Adopt(IEnumerable<StorePath> paths)
    {
        if (Options.ReadOnly || Lower is not { } lower) return true;
        List<StoreDatabase.Registration> below = Below(lower, paths);
        if (below.Count > 0) Db.Register(below, ordered: false, _derivations.ReadOutputs);
        return true;
    }

    private List<StoreDatabase.Registration> Below(LowerLayer lower, IEnumerable<StorePath> paths) =>
        lower.Missing(paths, Db.IsValid).ConvertAll(info => new StoreDatabase.Registration(info, info.Path.IsDerivation ? lower.DerivationOutputs(info.Path) : null));

    /// <summary>Deletes from the upper layer what the lower one has as well.</summary>
    private OptimiseResult OptimiseLayers(LowerLayer lower, Action<ulong, ulong> progress)
    {
        using Descriptor directory = Files.OpenDirectory(RealStoreDir);
        IReadOnlyList<StorePath> valid = AllValid();
        ulong freed = 0, done = 0;
        progress(done, (ulong)valid.Count);
        foreach (StorePath path in valid)
        {
            if (lower.IsValid(path)) freed += lower.Delete(directory, path.BaseName, RealStoreDir);
            progress(++done, (ulong)valid.Count);
        }
        lower.Refresh(Options);
        return new OptimiseResult(0, freed);
    }
}

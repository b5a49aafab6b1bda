using System;
using System.Collections.Generic;
using System.IO;
using Firn.Build;
using Firn.Formats.Realisations;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;

namespace Firn.Store.Remote.Recursive;

/// <summary>
/// A store as a running build may see it: paths outside its view are not valid, those in it tell nothing of this machine
/// and its time, and roots and collecting are none of its business.
/// </summary>
/// <param name="store">The whole store.</param>
public sealed class RestrictedStore(ILocalFsStore store, RecursiveView view)
    : IStore, IPathGraph, INarAdder, ITextAdder, ITrustPolicy, ITempRoots, IRoots, ICollector, IRealisations
{
    public StoreDir StoreDir => store.StoreDir;

    public StoreReference Reference => store.Reference;

    public bool? Trusted => false;

    public string? Version => store.Version;

    public void Connect() { }

    public void Dispose() { }

    private void Require(StorePath path)
    {
        if (!view.Allows(path)) throw new InvalidPathException(StoreDir, path);
    }

    public PathInfo? Find(StorePath path) => view.Allows(path) && store.Find(path) is { } info
        ? info with { Deriver = null, RegistrationTime = 0, Ultimate = false, Signatures = [] }
        : null;

    public bool IsValid(StorePath path) => view.Allows(path) && store.IsValid(path);

    public IReadOnlyList<StorePath> AllValid() => [.. view.Paths()];

    /// <summary>Says nothing: who refers to a path is a fact of the whole store.</summary>
    public IReadOnlyList<StorePath> Referrers(StorePath path) => [];

    /// <summary>Says nothing, likewise.</summary>
    public IReadOnlyList<StorePath> ValidDerivers(StorePath path) => [];

    public StorePath? FindByHashPart(string hashPart)
    {
        foreach (StorePath path in view.Paths())
            if (path.HashPart == hashPart) return path;
        return null;
    }

    public IReadOnlyList<DerivationOutputPath> DerivationOutputs(StorePath derivation)
    {
        Require(derivation);
        return store.DerivationOutputs(derivation);
    }

    public void WriteNar(StorePath path, IByteSink to)
    {
        Require(path);
        store.WriteNar(path, to);
    }

    public byte[] ReadFile(StorePath path, string inside = "")
    {
        Require(path);
        return store.ReadFile(path, inside);
    }

    public bool Accepts(PathInfo info) => store is not ITrustPolicy policy || policy.Accepts(info);

    public bool Accepts(Realisation realisation) => store is not ITrustPolicy policy || policy.Accepts(realisation);

    // A reference to a path outside the view would tell whether that is valid, and bring it into the closure of an output.
    private void RequireReferences(StorePath path, IReadOnlyList<StorePath> references)
    {
        foreach (StorePath reference in references)
            if (reference != path) Require(reference);
    }

    public void AddNar(PathInfo info, Stream nar, bool repair = false)
    {
        if (repair) throw new StoreException("repairing is not possible in recursive Nix");
        RequireReferences(info.Path, info.References);
        // What has the name already is no answer to the question what is in it: only the contents show that they are known.
        if (!view.Allows(info.Path) && store.IsValid(info.Path)) nar = Verified(info, nar);
        store.AddNar(info, nar);
        view.Add(info.Path);
    }

    private Stream Verified(PathInfo info, Stream nar)
    {
        PathInfo valid = store.Find(info.Path) ?? throw new InvalidPathException(StoreDir, info.Path);
        var hasher = new Formats.Hashing.Hasher(Formats.Hashing.HashAlgorithm.Sha256);
        Formats.Nar.NarReader.Read(nar, new Formats.Nar.NarWriter(hasher));
        if (hasher.Finish() != valid.NarHash) throw new StoreException("path '" + StoreDir.Print(info.Path) + "' cannot be added with these contents");
        RequireReferences(info.Path, valid.References);
        return Stream.Null;
    }

    public StorePath AddText(string name, ReadOnlyMemory<byte> contents, IReadOnlyList<StorePath> references, bool repair = false)
    {
        if (repair) throw new StoreException("repairing is not possible in recursive Nix");
        foreach (StorePath reference in references) Require(reference);
        StorePath path = store.AddText(name, contents, references);
        view.Add(path);
        return path;
    }

    public void AddTexts(IReadOnlyList<TextObject> texts)
    {
        foreach (TextObject text in texts) AddText(text.Path.Name, text.Contents, text.References);
    }

    /// <summary>Does nothing: what the build knows of stays while it runs.</summary>
    public void AddTempRoot(StorePath path) { }

    /// <inheritdoc cref="AddTempRoot"/>
    public void AddTempRoots(IReadOnlyList<StorePath> paths) { }

    public string AddPermanentRoot(StorePath path, string link) => throw new StoreException("roots cannot be made in recursive Nix");

    /// <summary>Does nothing: links of a build are gone with it.</summary>
    public void AddIndirectRoot(string link) { }

    public IReadOnlyList<Root> FindRoots(bool censor) => [];

    /// <summary>Does nothing.</summary>
    public void Collect(CollectorRequest request, CollectorResult result) { }

    public Realisation? FindRealisation(DerivationOutputId output) => view.Allows(output) ? store.FindRealisation(output) : null;

    public void RegisterRealisation(Realisation realisation) => throw new StoreException("realisations cannot be registered in recursive Nix");
}

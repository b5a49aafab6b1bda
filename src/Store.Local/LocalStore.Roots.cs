using System;
using System.Collections.Generic;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;
using Firn.Store.Local.Gc;
using Firn.Store.Local.Posix;
using Firn.Store.Local.Roots;

namespace Firn.Store.Local;

public sealed partial class LocalStore : IRoots, ICollector, ISpaceKeeper
{
    public string AddPermanentRoot(StorePath path, string link)
    {
        AddTempRoot(path);
        string canonical = MakeRootLink(path, link);
        AddIndirectRoot(canonical);
        return canonical;
    }

    public string MakeRootLink(StorePath path, string link)
    {
        string canonical = StoreDir.Canonical(link);
        if (StoreDir.Contains(canonical))
            throw new StoreException("creating a garbage collector root (" + Files.Quote(canonical) + ") in the Nix store is forbidden (are you running nix-build inside the store?)");
        if (Files.TryStat(Files.WorkingDirectory, Files.Bytes(canonical), out FileFacts facts)
            && (!facts.IsSymlink || Files.ReadLink(canonical, out _) is not { } target || !target.StartsWith('/') || !StoreDir.Contains(StoreDir.Canonical(target))))
            throw new StoreException("cannot create symlink " + Files.Quote(canonical) + "; already exists");
        Files.CreateDirectories(canonical[..Math.Max(canonical.LastIndexOf('/'), 1)]);
        Files.ReplaceSymlink(StoreDir.Print(path), canonical);
        return canonical;
    }

    public void AddIndirectRoot(string link)
    {
        string name = Hash.Of(HashAlgorithm.Sha1, Files.Bytes(link)).ToString(HashFormat.Nix32, false);
        string directory = Options.StateDir + "/gcroots/auto";
        Files.CreateDirectories(directory);
        Files.ReplaceSymlink(link, directory + "/" + name);
    }

    public IReadOnlyList<Root> FindRoots(bool censor)
    {
        Open();
        var finder = new RootsFinder(Options, IsValid);
        SortedSet<Root> roots = finder.FindPermanent(censor);
        roots.UnionWith(finder.FindTemporary(censor));
        return [.. roots];
    }

    /// <summary>What running processes use of the store, valid or not; the store is not opened for it.</summary>
    public IReadOnlyCollection<StorePath> FindRuntimeRoots() => new RootsFinder(Options, static _ => true).FindRuntime();

    public TimeSpan CheckInterval => Options.MinFree == 0 || Options.ReadOnly ? TimeSpan.Zero : Options.MinFreeCheckInterval;

    public void KeepSpace(bool wait) => _autoCollector.Check(wait);

    public void Collect(CollectorRequest request, CollectorResult result)
    {
        Open();
        new Collector(this, Db, request, result).Run();
        Lower?.Refresh(Options);
    }
}

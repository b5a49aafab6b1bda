using System;
using System.Collections.Generic;
using Firn.Formats.Realisations;
using Firn.Formats.StorePaths;
using Firn.Store.Local.Posix;
using Firn.Store.Local.Trees;

namespace Firn.Store.Local.Overlay;

/// <summary>
/// What is below a store whose directory is an overlay file system: another store, whose objects are the lower layer,
/// and the directory that is the upper one. The store's own database knows what is in use here, of either layer.
/// </summary>
/// <remarks>docs/store/overlay.md</remarks>
/// <param name="lower">The store below; only read.</param>
/// <param name="upperDirectory">The upper layer, absolute.</param>
/// <param name="remount">Makes the file system forget what it knows of the layers; null where nobody said how.</param>
public sealed class LowerLayer(ILocalFsStore lower, string upperDirectory, Action? remount) : IDisposable
{
    private bool _stale;

    /// <summary>The upper layer.</summary>
    public string UpperDirectory => upperDirectory;

    /// <summary>The directory that has to be the lower layer.</summary>
    public string LowerDirectory => lower.RealStoreDir;

    internal PathInfo? Find(StorePath path) => lower.Find(path);

    internal bool IsValid(StorePath path) => lower.IsValid(path);

    internal IReadOnlyList<StorePath> Referrers(StorePath path) => lower.Referrers(path);

    internal IReadOnlyList<StorePath> ValidDerivers(StorePath path) => lower.ValidDerivers(path);

    internal IReadOnlyList<DerivationOutputPath> DerivationOutputs(StorePath derivation) => lower.IsValid(derivation) ? lower.DerivationOutputs(derivation) : [];

    internal StorePath? FindByHashPart(string hashPart) => lower.FindByHashPart(hashPart);

    internal Realisation? FindRealisation(DerivationOutputId output) => lower.FindRealisation(output);

    /// <summary>
    /// What the lower store knows of these paths and of all that they refer to, without those that are known here
    /// already and what only they refer to.
    /// </summary>
    /// <param name="isKnown">Whether the store above knows a path.</param>
    internal List<PathInfo> Missing(IEnumerable<StorePath> paths, Func<StorePath, bool> isKnown)
    {
        var missing = new List<PathInfo>();
        var seen = new HashSet<StorePath>();
        var todo = new Stack<StorePath>(paths);
        while (todo.TryPop(out StorePath path))
        {
            if (!seen.Add(path) || isKnown(path) || lower.Find(path) is not { } info) continue;
            missing.Add(info);
            foreach (StorePath reference in info.References) todo.Push(reference);
        }
        return missing;
    }

    /// <summary>
    /// Deletes a store object from the upper layer. One that the lower layer has too is deleted there directly: through
    /// the overlay, a mark in its place would hide the lower one.
    /// </summary>
    /// <param name="overlay">The directory of the overlay, open.</param>
    /// <returns>Bytes made free.</returns>
    internal ulong Delete(Descriptor overlay, string name, string overlayPath)
    {
        using Descriptor upper = Files.OpenDirectory(upperDirectory);
        byte[] bytes = Files.Bytes(name);
        if (!Files.TryStat(upper.Value, bytes, out _)) return 0;
        if (!IsLower(name)) return TreeDeleter.Delete(overlay.Value, bytes, overlayPath);
        _stale = true;
        return TreeDeleter.Delete(upper.Value, bytes, upperDirectory);
    }

    /// <summary>The names in a directory of the upper layer; none where it is missing.</summary>
    /// <param name="inside">Empty for the layer itself.</param>
    internal IReadOnlyList<Files.Entry> List(string inside)
    {
        string path = inside.Length == 0 ? upperDirectory : upperDirectory + "/" + inside;
        int opened = Files.TryOpen(Files.WorkingDirectory, Files.Bytes(path), Libc.O_RDONLY | Libc.O_DIRECTORY);
        if (opened == -Libc.ENOENT) return [];
        if (opened < 0) throw new PosixException(-opened, "opening directory " + Files.Quote(path));
        using var directory = new Descriptor(opened);
        return Files.List(opened, path);
    }

    /// <summary>Whether the lower layer has a file, valid or not.</summary>
    internal bool HasFile(string inside) => Files.Exists(lower.RealStoreDir + "/" + inside);

    /// <summary>After deleting: makes the file system see what the layers hold now.</summary>
    internal void Refresh(LocalStoreOptions options)
    {
        if (!_stale) return;
        _stale = false;
        if (remount == null) options.Log.Write(StoreLogLevel.Warning, Files.Quote(options.RealStoreDir) + " needs remounting, set remount-hook to do this automatically");
        else remount();
    }

    /// <summary>Closes the lower store.</summary>
    public void Dispose() => lower.Dispose();

    private bool IsLower(string name)
    {
        try
        {
            return lower.IsValid(new StorePath(name));
        }
        catch (Formats.BadStorePathException)
        {
            return false;
        }
    }
}

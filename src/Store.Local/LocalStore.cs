using System;
using System.Collections.Generic;
using System.Threading;
using Firn.Formats.Realisations;
using Firn.Formats.StorePaths;
using Firn.Store.Local.Gc;
using Firn.Store.Local.Locks;
using Firn.Store.Local.Posix;
using Firn.Store.Local.Roots;
using Firn.Store.Local.Schema;

namespace Firn.Store.Local;

/// <summary>
/// A store on this machine's disk in the layout of Nix, for use by several processes, of Nix too. Nothing is
/// opened before the first question. A process has at most one of these for one state directory.
/// </summary>
/// <remarks>docs/formats/store-database.md</remarks>
public sealed partial class LocalStore : IPathInfos, IPathGraph, IRealPaths, IRegistrar, ITempRoots, IOutputLocks, IRealisations, IReferenceGraphs, IValidityFilter, IDisposable
{
    private readonly Lock _opening = new();
    private readonly TempRoots _tempRoots;
    private readonly DerivationChecker _derivations;
    private readonly AutoCollector _autoCollector;
    private StoreDatabase? _database;
    private Descriptor? _bigLock;

    public LocalStore(LocalStoreOptions options)
    {
        Options = options;
        _tempRoots = new TempRoots(options.StateDir, options.StoreDir, options.Log);
        _derivations = new DerivationChecker(options);
        _autoCollector = new AutoCollector(options, request => Collect(request, new CollectorResult()));
    }

    public LocalStoreOptions Options { get; }

    public StoreDir StoreDir => Options.StoreDir;

    public string RealStoreDir => Options.RealStoreDir;

    public string RealPath(StorePath path) => Options.RealStoreDir + "/" + path.BaseName;

    private StoreDatabase Db
    {
        get
        {
            if (Volatile.Read(ref _database) is { } open) return open;
            lock (_opening)
            {
                if (_database == null)
                {
                    StoreDirectories.Opened opened = StoreDirectories.Open(Options);
                    _bigLock = opened.BigLock;
                    Volatile.Write(ref _database, opened.Database);
                }
                return _database;
            }
        }
    }

    /// <summary>Opens the store now, creating it where there is none.</summary>
    /// <exception cref="StoreException">It cannot be opened.</exception>
    public void Open() => _ = Db;

    public void Dispose()
    {
        _autoCollector.Dispose();
        _tempRoots.Dispose();
        lock (_opening)
        {
            _database?.Dispose();
            _database = null;
            _bigLock?.Dispose();
        }
        Lower?.Dispose();
    }

    private void Log(StoreLogLevel level, string message) => Options.Log.Write(level, message);

    public void AddTempRoot(StorePath path)
    {
        // Nothing can delete from a store that is only read.
        if (Options.ReadOnly) return;
        Open();
        _tempRoots.Add(path);
    }

    public void AddTempRoots(IReadOnlyList<StorePath> paths)
    {
        if (Options.ReadOnly) return;
        Open();
        _tempRoots.Add(paths);
    }

    public void Register(IReadOnlyCollection<PathInfo> infos)
    {
        var registrations = new List<StoreDatabase.Registration>(infos.Count);
        foreach (PathInfo info in infos) registrations.Add(new StoreDatabase.Registration(info, null));
        Register(registrations, ordered: false);
    }

    private sealed class OutputLock(PathLocks locks) : IOutputLock
    {
        public void DeleteOnRelease() => locks.DeleteOnRelease = true;

        public void Dispose() => locks.Dispose();
    }

    private List<string> RealPaths(IReadOnlyCollection<StorePath> paths)
    {
        var real = new List<string>(paths.Count);
        foreach (StorePath path in paths) real.Add(RealPath(path));
        return real;
    }

    public IOutputLock? TryLock(IReadOnlyCollection<StorePath> paths) => PathLocks.TryTake(RealPaths(paths)) is { } locks ? new OutputLock(locks) : null;

    public IOutputLock Lock(IReadOnlyCollection<StorePath> paths) => new OutputLock(PathLocks.Take(RealPaths(paths)));
}

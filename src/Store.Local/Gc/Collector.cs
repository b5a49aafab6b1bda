using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using Firn.Formats;
using Firn.Formats.StorePaths;
using Firn.Store.Local.Locks;
using Firn.Store.Local.Posix;
using Firn.Store.Local.Roots;
using Firn.Store.Local.Schema;
using Firn.Store.Local.Trees;

namespace Firn.Store.Local.Gc;

/// <summary>
/// One collection. The graph of the store is read once, under the exclusive lock on <c>gc.lock</c>, and marked from
/// the roots. What is not marked goes in batches, referrers before what they refer to: rows first, then files.
/// A root that arrives meanwhile marks what it reaches, all of which is still there because it goes last.
/// </summary>
internal sealed class Collector
{
    // A row lies on pages that those of other paths lie on too, and each transaction writes its pages: so many paths to
    // one make it cheap. It is small enough that a client does not wait long.
    private const int BatchSize = 4000;

    private readonly LocalStore _store;
    private readonly StoreDatabase _database;
    private readonly CollectorRequest _request;
    private readonly CollectorResult _result;
    private readonly LocalStoreOptions _options;
    private readonly bool _keepOutputs, _keepDerivations;

    private readonly Lock _lock = new();
    private readonly HashSet<string> _rootHashParts = new(StringComparer.Ordinal);
    private readonly HashSet<string> _pending = new(StringComparer.Ordinal);
    private readonly ManualResetEventSlim _pendingDone = new(true);
    private StoreGraph? _graph;
    private bool[] _alive = [];
    private bool[] _gone = [];

    internal Collector(LocalStore store, StoreDatabase database, CollectorRequest request, CollectorResult result)
    {
        _store = store;
        _database = database;
        _request = request;
        _result = result;
        _options = store.Options;
        // Deleting what is alive is limited to what was asked for.
        bool exact = request.Action == CollectorAction.DeleteSpecific && request.IgnoreLiveness;
        _keepOutputs = _options.KeepOutputs && !exact;
        _keepDerivations = _options.KeepDerivations && !exact;
    }

    private bool Deletes => _request.Action is CollectorAction.DeleteDead or CollectorAction.DeleteSpecific;

    private void Log(StoreLogLevel level, string message) => _options.Log.Write(level, message);

    internal void Run()
    {
        if (Deletes) TreeDeleter.Delete(_options.StateDir + "/db/reserved");
        using Descriptor gcLock = FileLock.Open(_options.StateDir + "/gc.lock");
        FileLock.Take(gcLock.Value, LockKind.Exclusive, message => Log(StoreLogLevel.Error, message), "waiting for the big garbage collector lock...");
        WaitForTest(_options.CollectorTestPause1);
        using var server = new RootsServer(_options.StateDir, _options.StoreDir, Protect, _options.Log);

        Log(StoreLogLevel.Info, "finding garbage collector roots...");
        var finder = new RootsFinder(_options, _database.IsValid);
        var roots = new List<StorePath>();
        // Temporary ones first: a process that has made its root permanent and is gone before the others are read has left
        // the permanent one. New ones come over the socket from now on.
        SortedSet<Root> temporary = finder.FindTemporary(censor: true);
        if (!_request.IgnoreLiveness)
            foreach (Root root in finder.FindPermanent(censor: true)) roots.Add(root.Path);
        WaitForTest(_options.CollectorTestPause2);

        lock (_lock)
        {
            _graph = _database.LoadGraph(_keepOutputs && _options.ContentAddressedDerivations ? Realised : null);
            _alive = new bool[_graph.Paths.Count];
            _gone = new bool[_graph.Paths.Count];
            // Clients may have sent some before there was a graph.
            foreach (string hashPart in _rootHashParts) MarkHashPart(hashPart);
            foreach (StorePath root in roots) Mark(root);
            // Of these also what serves them is kept, such as lock files: their process is at work.
            foreach (Root root in temporary)
            {
                _rootHashParts.Add(root.Path.HashPart);
                Mark(root.Path);
            }
        }

        if (_request.Keeps is { } keeps) KeepMore(keeps);
        switch (_request.Action)
        {
            case CollectorAction.ReturnLive:
                Log(StoreLogLevel.Info, "determining live/dead paths...");
                for (int i = 0; i < _alive.Length; i++)
                    if (_alive[i]) _result.Paths.Add(_options.StoreDir.Print(_graph.Paths[i]));
                return;
            case CollectorAction.ReturnDead:
                Log(StoreLogLevel.Info, "determining live/dead paths...");
                ReturnDead();
                return;
            case CollectorAction.DeleteSpecific:
                DeleteSpecific();
                break;
            case CollectorAction.DeleteDead:
                if (_request.MaxFreed > 0) DeleteDead();
                break;
        }
        DeleteUnusedLinks();
    }

    private void KeepMore(Func<StorePath, bool> keeps)
    {
        // Who refers comes first: what a kept path needs is not asked about. Answers may take time, so without the lock.
        foreach (int path in DeadInOrder())
        {
            if (_alive[path] || !keeps(_graph!.Paths[path])) continue;
            lock (_lock) Mark(path);
        }
    }

    private IReadOnlyList<DerivationOutputPath> Realised(StorePath derivation)
    {
        try
        {
            return _store.DerivationOutputs(derivation);
        }
        catch (Exception e) when (e is StoreException or FormatsException)
        {
            // What it made cannot be told where the derivation or one that it needs is damaged; that is no reason to
            // collect nothing.
            Log(StoreLogLevel.Debug, e.Message);
            return [];
        }
    }

    private static void WaitForTest(string? pipe)
    {
        if (pipe != null) Files.ReadSmallFile(pipe);
    }

    // ---- marking; under the lock

    private void Mark(StorePath root)
    {
        if (_graph!.Index.TryGetValue(root, out int index)) Mark(index);
    }

    private void MarkHashPart(string hashPart)
    {
        if (_database.FindByHashPart(hashPart) is { } path) Mark(path);
    }

    private void Mark(int root)
    {
        StoreGraph graph = _graph!;
        if (_alive[root] || _gone[root]) return;
        var todo = new Stack<int>();
        _alive[root] = true;
        todo.Push(root);
        while (todo.TryPop(out int path))
        {
            foreach (int reference in graph.References(path)) Reach(reference);
            if (_keepOutputs)
                foreach (int output in graph.Outputs(path)) Reach(output);
            if (_keepDerivations && graph.Derivers[path] is >= 0 and int deriver) Reach(deriver);
        }

        void Reach(int path)
        {
            if (_alive[path] || _gone[path]) return;
            _alive[path] = true;
            todo.Push(path);
        }
    }

    /// <summary>A root from a client. Returns when it is marked, or its deletion is over.</summary>
    private void Protect(StorePath path)
    {
        string hashPart = path.HashPart;
        lock (_lock)
        {
            Log(StoreLogLevel.Debug, "got new GC root '" + _options.StoreDir.Print(path) + "'");
            _rootHashParts.Add(hashPart);
            if (_graph != null) Mark(path);
        }
        while (true)
        {
            lock (_lock)
            {
                if (!_pending.Contains(hashPart)) return;
            }
            Log(StoreLogLevel.Debug, "synchronising with deletion of path '" + _options.StoreDir.Print(path) + "'");
            _pendingDone.Wait();
        }
    }

    // ---- deleting

    /// <summary>Dead paths such that each comes before those that it refers to.</summary>
    private List<int> DeadInOrder()
    {
        StoreGraph graph = _graph!;
        var dead = new List<int>();
        for (int i = 0; i < _alive.Length; i++)
            if (!_alive[i]) dead.Add(i);
        return InOrder(dead);
    }

    private List<int> InOrder(List<int> paths)
    {
        StoreGraph graph = _graph!;
        var waiting = new Dictionary<int, int>(paths.Count);
        foreach (int path in paths) waiting[path] = 0;
        foreach (int path in paths)
            foreach (int reference in graph.References(path))
                if (reference != path && waiting.ContainsKey(reference)) waiting[reference]++;
        var order = new List<int>(paths.Count);
        var ready = new Queue<int>();
        foreach (int path in paths)
            if (waiting[path] == 0) ready.Enqueue(path);
        while (ready.TryDequeue(out int path))
        {
            order.Add(path);
            foreach (int reference in graph.References(path))
                if (reference != path && waiting.ContainsKey(reference) && --waiting[reference] == 0) ready.Enqueue(reference);
        }
        return order;
    }

    private void ReturnDead()
    {
        for (int i = 0; i < _alive.Length; i++)
            if (!_alive[i]) _result.Paths.Add(_options.StoreDir.Print(_graph!.Paths[i]));
        // What lies in the store without being valid is dead as well.
        foreach (string name in ListStore())
            if (TryParse(name, out StorePath path) && !_graph!.Index.ContainsKey(path) && !_rootHashParts.Contains(path.HashPart))
                _result.Paths.Add(_options.StoreDir.Print(path));
    }

    private static bool TryParse(string name, out StorePath path)
    {
        try
        {
            path = new StorePath(name);
            return true;
        }
        catch (BadStorePathException)
        {
            path = default;
            return false;
        }
    }

    private List<string> ListStore()
    {
        var names = new List<string>();
        foreach (Files.Entry entry in ListOwn(""))
        {
            string name = Files.Text(entry.Name);
            if (name != ".links") names.Add(name);
        }
        return names;
    }

    /// <summary>A directory of the store: of one that lies on top of another no more than is its own.</summary>
    private IReadOnlyList<Files.Entry> ListOwn(string inside)
    {
        if (_options.Lower is { } lower) return lower.List(inside);
        string path = inside.Length == 0 ? _options.RealStoreDir : _options.RealStoreDir + "/" + inside;
        using Descriptor directory = Files.OpenDirectory(path);
        return Files.List(directory.Value, path);
    }

    private void DeleteDead()
    {
        Log(StoreLogLevel.Info, "deleting garbage...");
        // Files of paths that were valid at the start, and are dead, go with their rows.
        List<string> present = ListStore();
        var valid = new HashSet<string>(StringComparer.Ordinal);
        foreach (StorePath path in _graph!.Paths) valid.Add(path.BaseName);
        if (!DeletePaths(DeadInOrder())) return;
        foreach (string name in present)
            if (!valid.Contains(name) && !DeleteStray(name)) return;
    }

    /// <summary>Deletes those of the paths that are still not alive; false when enough is free.</summary>
    private bool DeletePaths(List<int> order)
    {
        using Descriptor storeDir = Files.OpenDirectory(_options.RealStoreDir);
        for (int next = 0; next < order.Count;)
        {
            var batch = new List<int>();
            lock (_lock)
            {
                // With a limit, no more than surely fit below it: a tree is never larger than its NAR.
                ulong left = _request.MaxFreed - Math.Min(_result.BytesFreed, _request.MaxFreed);
                for (; next < order.Count && batch.Count < BatchSize; next++)
                {
                    int i = next;
                    StorePath path = _graph!.Paths[order[i]];
                    if (_alive[order[i]]) continue;
                    ulong size = _graph.NarSizes[order[i]];
                    if (_request.MaxFreed != ulong.MaxValue && batch.Count > 0 && (size == 0 || size > left)) break;
                    left -= Math.Min(left, size == 0 ? left : size);
                    batch.Add(order[i]);
                    _gone[order[i]] = true;
                    _pending.Add(path.HashPart);
                }
                _pendingDone.Reset();
            }
            try
            {
                foreach (int index in Invalidate(batch))
                    if (!DeleteFile(storeDir, _graph!.Paths[index].BaseName, isKnown: true)) return false;
            }
            finally
            {
                ReleasePending();
            }
        }
        return true;
    }

    private void ReleasePending()
    {
        lock (_lock)
        {
            _pending.Clear();
            _pendingDone.Set();
        }
    }

    /// <summary>Forgets the rows of a batch and returns those whose files may go.</summary>
    private List<int> Invalidate(List<int> batch)
    {
        try
        {
            _database.Invalidate(batch.ConvertAll(index => _graph!.Paths[index]));
            return batch;
        }
        catch (PathInUseException)
        {
            // Something registered a reference to one of them without naming it as a root. The others can go.
            var done = new List<int>();
            foreach (int index in batch)
                try
                {
                    _database.Invalidate(_graph!.Paths[index]);
                    done.Add(index);
                }
                catch (PathInUseException e)
                {
                    Log(StoreLogLevel.Error, e.Message);
                }
            return done;
        }
    }

    /// <summary>Deletes what lies in the store without being valid; false when enough is free.</summary>
    private bool DeleteStray(string name)
    {
        using Descriptor storeDir = Files.OpenDirectory(_options.RealStoreDir);
        if (!TryParse(name, out StorePath path)) return DeleteFile(storeDir, name, isKnown: false);
        lock (_lock)
        {
            // Lock files and the like have the hash part of the path that they serve.
            if (_rootHashParts.Contains(path.HashPart)) return true;
            _pending.Add(path.HashPart);
            _pendingDone.Reset();
        }
        try
        {
            // It may have been registered since the graph was read.
            return _database.IsValid(path) || DeleteFile(storeDir, name, isKnown: true);
        }
        finally
        {
            ReleasePending();
        }
    }

    private bool DeleteFile(Descriptor storeDir, string name, bool isKnown)
    {
        byte[] bytes = Files.Bytes(name);
        using Descriptor? held = name.StartsWith("tmp-", StringComparison.Ordinal) ? TryHold(storeDir, bytes) : null;
        if (held == null && name.StartsWith("tmp-", StringComparison.Ordinal))
        {
            Log(StoreLogLevel.Debug, "skipping locked tempdir " + Files.Quote(_options.RealStoreDir + "/" + name));
            return true;
        }
        string text = _options.StoreDir.Path + "/" + name;
        Log(StoreLogLevel.Info, "deleting '" + text + "'");
        _result.Paths.Add(text);
        try
        {
            _result.BytesFreed += _options.Lower is { } lower
                ? lower.Delete(storeDir, name, _options.RealStoreDir)
                : TreeDeleter.Delete(storeDir.Value, bytes, _options.RealStoreDir);
        }
        catch (PosixException e) when (_options.IgnoreGcDeleteFailure)
        {
            Log(StoreLogLevel.Warning, (isKnown ? "ignoring failure to remove store path " : "ignoring failure to remove garbage in store directory ") + Files.Quote(_options.RealStoreDir + "/" + name) + ": " + e.Message);
        }
        if (_result.BytesFreed <= _request.MaxFreed) return true;
        Log(StoreLogLevel.Info, "deleted more than " + _request.MaxFreed + " bytes; stopping");
        return false;
    }

    // A temporary directory belongs to a process for as long as that holds a lock on it.
    private static Descriptor? TryHold(Descriptor storeDir, byte[] name)
    {
        int opened = Files.TryOpen(storeDir.Value, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        if (opened < 0) return null;
        var directory = new Descriptor(opened);
        if (FileLock.TryTake(opened, LockKind.Exclusive)) return directory;
        directory.Dispose();
        return null;
    }

    private void DeleteSpecific()
    {
        var wanted = new HashSet<int>();
        var strays = new List<StorePath>();
        foreach (StorePath path in _request.Paths)
            if (_graph!.Index.TryGetValue(path, out int index)) wanted.Add(index);
            else strays.Add(path);
        // A path can go if all that keeps it goes as well.
        foreach (StorePath path in new SortedSet<StorePath>(_request.Paths))
        {
            bool dead = _graph!.Index.TryGetValue(path, out int index) ? CanDelete(index, wanted) : !_rootHashParts.Contains(path.HashPart);
            if (!dead)
                throw new StoreException("Cannot delete path '" + _options.StoreDir.Print(path) + "' since it is still alive. To find out why, use: nix-store --query --roots and nix-store --query --referrers");
            if (_gone.Length > 0 && _graph.Index.ContainsKey(path) && _gone[index]) continue;
            if (_graph.Index.ContainsKey(path))
            {
                if (!DeletePaths(InOrder(KeptBy(index, wanted)))) return;
            }
            else if (!DeleteStray(path.BaseName)) return;
        }
    }

    /// <summary>The path and all that keep it alive directly or not: none may be alive or unasked for.</summary>
    private bool CanDelete(int path, HashSet<int> wanted)
    {
        foreach (int each in KeptBy(path, null))
            if (!_gone[each] && (_alive[each] || !wanted.Contains(each))) return false;
        return true;
    }

    private List<int> KeptBy(int start, HashSet<int>? wanted)
    {
        StoreGraph graph = _graph!;
        var seen = new HashSet<int> { start };
        var todo = new Queue<int>();
        todo.Enqueue(start);
        while (todo.TryDequeue(out int path))
        {
            foreach (int referrer in graph.Referrers(path)) Visit(referrer);
            if (_keepDerivations)
                foreach (int output in graph.Outputs(path))
                    if (graph.Derivers[output] == path) Visit(output);
            if (_keepOutputs)
                foreach (StorePath deriver in _database.ValidDerivers(graph.Paths[path]))
                    if (graph.Index.TryGetValue(deriver, out int index)) Visit(index);
        }
        var found = new List<int>();
        foreach (int path in seen)
            if (!_gone[path] && (wanted == null || wanted.Contains(path))) found.Add(path);
        return found;

        void Visit(int path)
        {
            if (!_gone[path] && seen.Add(path)) todo.Enqueue(path);
        }
    }

    /// <summary>Deletes shared files that no path has any more.</summary>
    private void DeleteUnusedLinks()
    {
        Log(StoreLogLevel.Info, "deleting unused links...");
        string links = _options.RealStoreDir + "/.links";
        using Descriptor directory = Files.OpenDirectory(links);
        long actual = 0, unshared = 0;
        foreach (Files.Entry entry in ListOwn(".links"))
        {
            // One that the lower layer has too would be hidden, not deleted.
            if (_options.Lower?.HasFile(".links/" + Files.Text(entry.Name)) == true) continue;
            if (!Files.TryStat(directory.Value, entry.Name, out FileFacts facts)) continue;
            if (facts.Links != 1)
            {
                actual += (long)facts.Size;
                unshared += ((long)facts.Links - 1) * (long)facts.Size;
                continue;
            }
            string path = links + "/" + Files.Text(entry.Name);
            Log(StoreLogLevel.Talkative, "deleting unused link " + Files.Quote(path));
            int error = Files.Unlink(directory.Value, entry.Name);
            if (error != 0 && error != Libc.ENOENT) throw new PosixException(error, "cannot unlink " + Files.Quote(path));
        }
        long overhead = (long)Files.Stat(directory.Value).Blocks * 512;
        Log(StoreLogLevel.Info, "note: hard linking is currently saving " + ByteSize.Render(unshared - actual - overhead));
    }
}

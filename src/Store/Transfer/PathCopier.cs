using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Firn.Formats.Logging;
using Firn.Formats.Realisations;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;

namespace Firn.Store.Transfer;

/// <summary>How paths are copied.</summary>
public sealed record CopyOptions
{
    /// <summary>Refuse what the target does not trust.</summary>
    public bool CheckSignatures { get; init; } = true;

    /// <summary>Let the target take what it can from its own substituters first, where it is a store elsewhere.</summary>
    public bool Substitute { get; init; }

    /// <summary>Replace paths that are valid already.</summary>
    public bool Repair { get; init; }

    /// <summary>Go on with the other paths when one fails; the error comes at the end.</summary>
    public bool KeepGoing { get; init; }

    public IStoreLog Log { get; init; } = new NoStoreLog();

    /// <summary>Takes what is copied.</summary>
    public IActivityLog Activities { get; init; } = new NoActivityLog();
}

/// <summary>Copies paths from one store to another, each after those that it refers to.</summary>
public static class PathCopier
{
    // Longer ones go through a thread of their own rather than through memory.
    private const ulong LongestInMemory = 4 * 1024 * 1024;

    /// <summary>Copies those that the target does not have.</summary>
    /// <param name="paths">With all that they refer to, where the target lacks it.</param>
    /// <returns>For each path its name in the target, which differs where the target has another store directory.</returns>
    /// <exception cref="StoreException">The target cannot take paths, does not trust one, or one of the stores failed.</exception>
    public static SortedDictionary<StorePath, StorePath> Copy(IStore from, IStore to, IReadOnlyCollection<StorePath> paths, CopyOptions options)
    {
        INarAdder adder = to.Require<INarAdder>("Adding paths");
        var names = new SortedDictionary<StorePath, StorePath>();
        var missing = new List<StorePath>();
        IReadOnlySet<StorePath>? valid = options.Substitute && to is IRemoteSubstitution substituting
            ? substituting.SubstituteAndFilter(paths)
            : (to as IValidityFilter)?.FilterValid(paths);
        foreach (StorePath path in paths)
        {
            names[path] = path;
            if (options.Repair || !(valid is null ? to.IsValid(path) : valid.Contains(path))) missing.Add(path);
        }
        using Activity all = options.Activities.Begin(Verbosity.Info, ActivityType.CopyPaths, "copying " + missing.Count + " paths");
        List<StorePath> order = from.SortTopologically(missing);
        order.Reverse();
        var copies = new List<(StorePath Path, PathInfo Info)>(order.Count);
        foreach (StorePath path in order)
        {
            PathInfo info = from.Get(path);
            info = info with { Path = NameIn(to.StoreDir, info), Ultimate = false };
            names[path] = info.Path;
            if (info.Path == path || options.Repair || !to.IsValid(info.Path)) copies.Add((path, info));
        }
        var progress = new CopyProgress(all, copies);
        int atATime = Math.Min((from as IParallelStore)?.ObjectsAtATime ?? 1, (to as IParallelStore)?.ObjectsAtATime ?? 1);
        Exception? failure = CopyAll(copies, atATime, options.KeepGoing, copy =>
        {
            using CopyProgress.One one = progress.Begin();
            try
            {
                CopyOne(from, to, adder, copy.Path, copy.Info, options);
                one.Succeeded();
            }
            catch (StoreException e) when (options.KeepGoing)
            {
                options.Log.Write(StoreLogLevel.Error, "could not copy " + from.StoreDir.Print(copy.Path) + ": " + e.Message);
                throw;
            }
        });
        if (failure is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        return names;
    }

    /// <summary>Copies each after those that it refers to, several at a time. The failure of the first in their order, or null.</summary>
    /// <param name="copies">Each after those that it refers to.</param>
    private static Exception? CopyAll(List<(StorePath Path, PathInfo Info)> copies, int atATime, bool keepGoing, Action<(StorePath Path, PathInfo Info)> copy)
    {
        if (atATime <= 1)
        {
            Exception? first = null;
            foreach ((StorePath Path, PathInfo Info) one in copies)
            {
                try
                {
                    copy(one);
                }
                catch (StoreException e) when (keepGoing)
                {
                    first ??= e;
                }
            }
            return first;
        }

        bool failed = false;
        using var places = new SemaphoreSlim(atATime);
        var running = new Dictionary<StorePath, Task>(copies.Count);
        foreach ((StorePath Path, PathInfo Info) one in copies) running[one.Path] = RunAsync(one);
        try
        {
            Task.WaitAll([.. running.Values]);
        }
        catch (AggregateException e)
        {
            foreach ((StorePath path, _) in copies)
                if (running[path].Exception is { } failure) return failure.InnerException;
            return e;
        }
        return null;

        async Task RunAsync((StorePath Path, PathInfo Info) one)
        {
            var references = new List<Task>();
            foreach (StorePath reference in one.Info.References)
                if (reference != one.Path && running.TryGetValue(reference, out Task? task)) references.Add(task);
            await Task.Yield();
            // Its own copy tells what failed with a reference.
            foreach (Task reference in references) await reference.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await places.WaitAsync().ConfigureAwait(false);
            try
            {
                if (Volatile.Read(ref failed) && !keepGoing) return;
                copy(one);
            }
            catch
            {
                Volatile.Write(ref failed, true);
                throw;
            }
            finally
            {
                places.Release();
            }
        }
    }

    /// <summary>Copies paths and all that they refer to.</summary>
    /// <inheritdoc cref="Copy"/>
    public static SortedDictionary<StorePath, StorePath> CopyClosure(IStore from, IStore to, IEnumerable<StorePath> paths, CopyOptions options) =>
        Copy(from, to, Closure(from, paths), options);

    // Where questions are slow, those about all that is at the same distance are asked together.
    private static SortedSet<StorePath> Closure(IStore from, IEnumerable<StorePath> paths)
    {
        if (from is IReferenceGraphs or not IValidityFilter) return from.Closure(paths);
        var filter = (IValidityFilter)from;
        var all = new SortedSet<StorePath>(paths);
        var next = new List<StorePath>(all);
        while (next.Count > 0)
        {
            filter.FilterValid(next);
            var found = new List<StorePath>();
            foreach (StorePath path in next)
                foreach (StorePath reference in from.Get(path).References)
                    if (all.Add(reference)) found.Add(reference);
            next = found;
        }
        return all;
    }

    /// <summary>Copies what is known of outputs whose paths are there already.</summary>
    /// <exception cref="StoreException">The target keeps no realisations, does not trust one, or knows another path for the same output.</exception>
    public static void CopyRealisations(IStore to, IEnumerable<Realisation> realisations, CopyOptions options)
    {
        foreach (Realisation realisation in realisations)
        {
            IRealisations target = to.Require<IRealisations>("Registering realisations");
            if (options.CheckSignatures && to is ITrustPolicy policy && !policy.Accepts(realisation))
                throw new StoreException("cannot register realisation '" + realisation.OutPath + "' because it lacks a signature by a trusted key");
            target.RegisterRealisation(realisation);
        }
    }

    private static StorePath NameIn(StoreDir storeDir, PathInfo info) =>
        info.ContentAddress is { } address && info.References.Count == 0 ? storeDir.MakeFromContentAddress(info.Path.Name, address) : info.Path;

    private static void CopyOne(IStore from, IStore to, INarAdder adder, StorePath path, PathInfo info, CopyOptions options)
    {
        if (options.CheckSignatures && to is ITrustPolicy policy && !policy.Accepts(info))
            throw new StoreException("cannot add path '" + to.StoreDir.Print(info.Path) + "' because it lacks a signature by a trusted key");
        string shown = from.StoreDir.Print(path);
        using Activity activity = options.Activities.Begin(Verbosity.Info, ActivityType.CopyPath, Message(from, to, shown), shown, Place(from), Place(to));
        using IDisposable entered = activity.Enter();
        if (from is INarSource source)
        {
            using Stream nar = new CountedReader(source.OpenNar(from.Get(path), null, CancellationToken.None), done => activity.Progress(done, info.NarSize));
            Add(adder, info, nar, options);
        }
        else if (to is INarReceiver receiver)
        {
            receiver.AddNar(info, sink => from.WriteNar(path, sink), options.Repair);
            activity.Progress(info.NarSize, info.NarSize);
        }
        else if (info.NarSize is > 0 and <= LongestInMemory)
        {
            var buffer = new MemoryStream((int)info.NarSize);
            from.WriteNar(path, new StreamSink(buffer));
            buffer.Position = 0;
            Add(adder, info, buffer, options);
            activity.Progress(info.NarSize, info.NarSize);
        }
        else
        {
            using var pipe = new CountedReader(new SinkToStream(sink => from.WriteNar(path, sink)), done => activity.Progress(done, info.NarSize));
            Add(adder, info, pipe, options);
        }
    }

    private static void Add(INarAdder adder, PathInfo info, Stream nar, CopyOptions options)
    {
        if (adder is ICheckingNarAdder checking) checking.AddNar(info, nar, options.Repair, options.CheckSignatures);
        else adder.AddNar(info, nar, options.Repair);
    }

    private static string Message(IStore from, IStore to, string path)
    {
        string text = "copying path '" + path + "'";
        if (IsHere(from)) return text + " to '" + to.Reference.Render(withParameters: false) + "'";
        text += " from '" + from.Reference.Render(withParameters: false) + "'";
        return IsHere(to) ? text : text + " to '" + to.Reference.Render(withParameters: false) + "'";
    }

    private static string Place(IStore store) => IsHere(store) ? "local" : store.Reference.Render(withParameters: false);

    private static bool IsHere(IStore store) => store.Reference.Scheme is "local" or "unix" && store.Reference.Place.Length == 0;
}

/// <summary>Tells how many paths of a copy are done.</summary>
internal sealed class CopyProgress
{
    private readonly Activity _all;
    private readonly int _expected;
    private readonly Lock _lock = new();
    private int _done, _running, _failed;

    public CopyProgress(Activity all, List<(StorePath Path, PathInfo Info)> copies)
    {
        _all = all;
        _expected = copies.Count;
        ulong bytes = 0;
        foreach ((_, PathInfo info) in copies) bytes += info.NarSize;
        all.Expect(ActivityType.CopyPath, bytes);
    }

    public One Begin()
    {
        Tell(done: 0, running: 1, failed: 0);
        return new One(this);
    }

    private void Tell(int done, int running, int failed)
    {
        lock (_lock)
        {
            _done += done;
            _running += running;
            _failed += failed;
            _all.Progress((ulong)_done, (ulong)_expected, (ulong)_running, (ulong)_failed);
        }
    }

    /// <summary>A path on its way; disposing tells how it ended.</summary>
    public sealed class One(CopyProgress owner) : IDisposable
    {
        private bool _succeeded;

        public void Succeeded() => _succeeded = true;

        public void Dispose() => owner.Tell(_succeeded ? 1 : 0, -1, _succeeded ? 0 : 1);
    }
}

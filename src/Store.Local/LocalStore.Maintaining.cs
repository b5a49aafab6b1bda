using System;
using System.Collections.Generic;
using System.Linq;
using Firn.Formats;
using Firn.Formats.Hashing;
using Firn.Formats.Logging;
using Firn.Formats.Nar;
using Firn.Formats.StorePaths;
using Firn.Store.Local.Locks;
using Firn.Store.Local.Posix;
using Firn.Store.Local.Trees;
using Firn.Store.Local.Verification;

namespace Firn.Store.Local;

public sealed partial class LocalStore : IVerifier, IOptimiser
{
    public bool Verify(bool checkContents, IRepairer? repairer)
    {
        Open();
        Log(StoreLogLevel.Info, "reading the Nix store...");
        // Under the lock nothing is collected meanwhile.
        using Descriptor gcLock = FileLock.Open(Options.StateDir + "/gc.lock");
        FileLock.Take(gcLock.Value, LockKind.Shared, message => Log(StoreLogLevel.Error, message), "waiting for the big garbage collector lock...");
        return new StoreVerifier(this, Db, repairer).Verify(checkContents);
    }

    // Paths protected at once: each time costs a few system calls.
    private const int OptimiseBatch = 256;

    public OptimiseResult Optimise()
    {
        using Activity all = Options.Activities.Begin(Verbosity.Error, ActivityType.OptimiseStore, "");
        if (Lower is { } lower) return OptimiseLayers(lower, (done, expected) => all.Progress(done, expected));
        using var optimiser = new TreeOptimiser(Options, whole: true) { Linked = (bytes, blocks) => all.Result(ResultType.FileLinked, bytes, blocks) };
        Log(StoreLogLevel.Talkative, "loaded " + optimiser.Known + " hash inodes");
        IReadOnlyList<StorePath> valid = AllValid();
        ulong done = 0;
        all.Progress(done, (ulong)valid.Count);
        foreach (StorePath[] paths in valid.Chunk(OptimiseBatch))
        {
            AddTempRoots(paths);
            // Some may have been collected since the list was made.
            IReadOnlySet<StorePath> still = FilterValid(paths);
            foreach (StorePath path in paths)
            {
                if (still.Contains(path))
                {
                    using Activity one = Options.Activities.Begin(Verbosity.Talkative, ActivityType.Unknown, "optimising path '" + StoreDir.Print(path) + "'");
                    optimiser.Optimise(path.BaseName);
                }
                all.Progress(++done, (ulong)valid.Count);
            }
        }
        return optimiser.Result;
    }

    private void OptimiseTree(string path, bool repair)
    {
        using var optimiser = new TreeOptimiser(Options, whole: false, distrust: repair);
        optimiser.Optimise(path[(path.LastIndexOf('/') + 1)..]);
    }

    /// <summary>Rewrites the database into as few bytes as it needs.</summary>
    public void Vacuum() => Db.Vacuum();
}

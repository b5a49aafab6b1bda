using System;
using System.Collections.Generic;
using Firn.Store.Local.Posix;

namespace Firn.Store.Local.Locks;

/// <summary>
/// Exclusive locks on paths: a file "PATH.lock" beside each, held with flock. Before its owner unlinks a lock
/// file it stays locked, and gets one byte written, so that who waits on the unlinked file knows to open anew.
/// </summary>
/// <remarks>docs/formats/store-database.md, "Locks".</remarks>
public sealed class PathLocks : IDisposable
{
    private readonly List<(Descriptor Descriptor, string Path)> _held = [];

    /// <summary>Remove the lock files on release; only safe once the path needs no lock any more, or has none waiting.</summary>
    public bool DeleteOnRelease { get; set; }

    /// <summary>Locks every path, in sorted order, so that two processes cannot wait for each other.</summary>
    /// <param name="onWait">Told the message when a lock is taken by somebody else.</param>
    /// <exception cref="PosixException">A lock file cannot be opened.</exception>
    public static PathLocks Take(IEnumerable<string> paths, Action<string>? onWait = null, string waitMessage = "")
    {
        PathLocks? locks = TryTake(paths, wait: true, onWait, waitMessage);
        return locks!;
    }

    public static PathLocks Take(string path, Action<string>? onWait = null, string waitMessage = "") => Take([path], onWait, waitMessage);

    /// <summary>Locks every path or none; null where one is taken.</summary>
    public static PathLocks? TryTake(IEnumerable<string> paths) => TryTake(paths, wait: false, null, "");

    private static PathLocks? TryTake(IEnumerable<string> paths, bool wait, Action<string>? onWait, string waitMessage)
    {
        var sorted = new SortedSet<string>(paths, StringComparer.Ordinal);
        var locks = new PathLocks();
        try
        {
            foreach (string path in sorted)
            {
                string lockPath = path + ".lock";
                while (true)
                {
                    Descriptor file = FileLock.Open(lockPath);
                    if (!FileLock.TryTake(file.Value, LockKind.Exclusive))
                    {
                        if (!wait)
                        {
                            file.Dispose();
                            locks.Dispose();
                            return null;
                        }
                        if (waitMessage.Length > 0) onWait?.Invoke(waitMessage);
                        FileLock.Take(file.Value, LockKind.Exclusive);
                    }
                    // A byte in it says that it has been unlinked: others may hold a new file of this name.
                    if (Files.Stat(file.Value).Size == 0)
                    {
                        locks._held.Add((file, lockPath));
                        break;
                    }
                    file.Dispose();
                }
            }
            return locks;
        }
        catch
        {
            locks.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var (descriptor, path) in _held)
        {
            if (DeleteOnRelease)
            {
                Files.Unlink(Files.WorkingDirectory, Files.Bytes(path));
                Files.WriteAll(descriptor.Value, "d"u8);
            }
            descriptor.Dispose();
        }
        _held.Clear();
    }
}

using System;
using System.Globalization;
using Firn.Store.Local.Locks;
using Firn.Store.Local.Posix;

namespace Firn.Store.Local.Trees;

/// <summary>
/// A directory in the store for what has no path yet. A lock on it tells collectors that somebody works there; they
/// delete it once that process has ended. Deleted with all that is in it on disposal.
/// </summary>
/// <remarks>docs/formats/store-database.md</remarks>
internal sealed class TemporaryDirectory : IDisposable
{
    private const uint OwnerOnly = 0x1c0;

    private readonly string _store;
    private readonly byte[] _name;

    internal TemporaryDirectory(string store)
    {
        _store = store;
        while (true)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"tmp-{Environment.ProcessId}-{Random.Shared.Next()}");
            _name = Files.Bytes(name);
            Path = store + "/" + name;
            int error = Files.MakeDirectory(Files.WorkingDirectory, Files.Bytes(Path), OwnerOnly);
            if (error == Libc.EEXIST) continue;
            if (error != 0) throw new PosixException(error, "creating directory " + Files.Quote(Path));
            int opened = Files.TryOpen(Files.WorkingDirectory, Files.Bytes(Path), Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
            if (opened == -Libc.ENOENT) continue;
            if (opened < 0) throw new PosixException(-opened, "opening directory " + Files.Quote(Path));
            Descriptor = new Descriptor(opened);
            // A collector may have come between making and locking it.
            if (FileLock.TryTake(opened, LockKind.Exclusive) && Files.Exists(Path)) return;
            Descriptor.Dispose();
        }
    }

    internal string Path { get; }

    internal Descriptor Descriptor { get; }

    /// <summary>Moves a finished tree to its place.</summary>
    internal void MoveOut(ReadOnlySpan<byte> inside, Descriptor directory, ReadOnlySpan<byte> name, string path)
    {
        FileFacts facts = Files.Stat(Descriptor.Value, inside);
        // The kernel wants permission to write in a directory that gets another parent.
        if (facts.IsDirectory) Check(Files.ChangeMode(Descriptor.Value, inside, OwnerOnly), "changing mode of " + Files.Quote(path));
        Check(Files.Rename(Descriptor.Value, inside, directory.Value, name), "renaming " + Files.Quote(Path) + " to " + Files.Quote(path));
        if (facts.IsDirectory) TreeCanonicaliser.Settle(directory.Value, name, path, Files.Stat(directory.Value, name));
    }

    private static void Check(int error, string what)
    {
        if (error != 0) throw new PosixException(error, what);
    }

    public void Dispose()
    {
        using Descriptor owned = Descriptor;
        using Descriptor store = Files.OpenDirectory(_store);
        TreeDeleter.Delete(store.Value, _name, _store);
    }
}

using System;
using System.Collections.Generic;
using System.Text;
using Firn.Formats.Hashing;
using Firn.Formats.Nar;
using Firn.Store.Local.Posix;

namespace Firn.Store.Local.Trees;

/// <summary>
/// Shares equal files: each regular file gets a hard link in <c>.links</c>, named by the hash of its NAR, and
/// files with the same hash become links to that one. The executable bit is part of a NAR, so of the name too.
/// </summary>
/// <remarks>docs/formats/store-database.md, "Shared files"</remarks>
internal sealed class TreeOptimiser : IDisposable
{
    private readonly LocalStoreOptions _options;
    private readonly string _links;
    private readonly HashSet<ulong> _linked = [];
    private ulong _files, _bytes;
    private readonly Descriptor _store, _directory;
    private readonly bool _distrust;
    private int _temporary;

    /// <param name="whole">Much of the store is to be done: it pays to learn first which files are shared already.</param>
    /// <param name="distrust">The files of others may be damaged: only equal contents are shared.</param>
    internal TreeOptimiser(LocalStoreOptions options, bool whole, bool distrust = false)
    {
        _distrust = distrust;
        _options = options;
        _links = options.RealStoreDir + "/.links";
        Files.CreateDirectories(_links);
        _store = Files.OpenDirectory(options.RealStoreDir);
        _directory = Files.OpenDirectory(_links);
        if (!whole) return;
        foreach (Files.Entry entry in Files.List(_directory.Value, _links)) _linked.Add(entry.Inode);
    }

    public void Dispose()
    {
        _directory.Dispose();
        _store.Dispose();
    }

    /// <summary>Told of each file that became a link: its bytes, and its blocks of 512 bytes.</summary>
    internal Action<ulong, ulong>? Linked { get; init; }

    /// <summary>How many files are shared already.</summary>
    internal int Known => _linked.Count;

    internal OptimiseResult Result => new(_files, _bytes);

    /// <param name="name">Of a store object, in the store's directory.</param>
    internal void Optimise(string name) => One(_store.Value, Files.Bytes(name), _options.RealStoreDir + "/" + name, inStoreDir: true);

    private void One(int parent, byte[] name, string path, bool inStoreDir)
    {
        FileFacts facts = Files.Stat(parent, name);
        if (facts.IsDirectory)
        {
            using Descriptor directory = Files.Open(parent, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW, 0, "opening directory " + Files.Quote(path));
            foreach (Files.Entry entry in Files.List(directory.Value, path))
                if (!_linked.Contains(entry.Inode)) One(directory.Value, entry.Name, path + "/" + Files.Text(entry.Name), inStoreDir: false);
            return;
        }
        if (!facts.IsRegular && !facts.IsSymlink) return;
        // Somebody writes into a file of the store: sharing it would spread the damage.
        if (facts.IsRegular && (facts.Mode & 0x80) != 0)
        {
            Log(StoreLogLevel.Warning, "skipping suspicious writable file '" + Files.Quote(path) + "'");
            return;
        }
        if (facts.Links > 1 && _linked.Contains(facts.Inode)) return;

        Hash hash = Hash(parent, name, path, facts);
        string linkName = hash.ToString(HashFormat.Nix32, false);
        string link = _links + "/" + linkName;
        byte[] linkBytes = Files.Bytes(linkName);
        bool exists = Files.TryStat(_directory.Value, linkBytes, out FileFacts linked);
        if (exists && (linked.Size != facts.Size || (_distrust && Hash(_directory.Value, linkBytes, link, linked) != hash)))
        {
            Log(StoreLogLevel.Warning, "removing corrupted link " + Files.Quote(link));
            Log(StoreLogLevel.Warning, "There may be more corrupted paths.\nYou should run `nix-store --verify --check-contents --repair` to fix them all");
            Files.Unlink(_directory.Value, linkBytes);
            exists = false;
        }
        if (!exists)
        {
            int error = Files.Link(parent, name, _directory.Value, linkBytes);
            if (error == 0)
            {
                _linked.Add(facts.Inode);
                return;
            }
            if (error == Libc.ENOSPC)
            {
                // ext4 says so of a directory that can take no more entries.
                Log(StoreLogLevel.Info, "cannot link " + Files.Quote(link) + " to '" + path + "': " + PosixException.Text(error));
                return;
            }
            if (error == Libc.EMLINK) return;
            if (error != Libc.EEXIST) throw new PosixException(error, "creating hard link from " + Files.Quote(path) + " to " + Files.Quote(link));
            linked = Files.Stat(_directory.Value, linkBytes);
        }
        if (linked.Inode == facts.Inode) return;
        Log(StoreLogLevel.Talkative, "linking " + Files.Quote(path) + " to " + Files.Quote(link));
        Replace(parent, name, path, linkName, facts, inStoreDir);
    }

    private void Replace(int parent, byte[] name, string path, string linkName, in FileFacts facts, bool inStoreDir)
    {
        string link = _links + "/" + linkName;
        string temporary = _options.RealStoreDir + "/.tmp-link-" + Environment.ProcessId + "-" + Random.Shared.Next() + "-" + _temporary++;
        byte[] temporaryBytes = Files.Bytes(temporary);
        int error = Files.Link(_directory.Value, Files.Bytes(linkName), Files.WorkingDirectory, temporaryBytes);
        if (error == Libc.EMLINK)
        {
            // Likely for the empty file.
            if (facts.Size > 0) Log(StoreLogLevel.Info, Files.Quote(link) + " has maximum number of links");
            return;
        }
        if (error != 0) throw new PosixException(error, "creating hard link from " + Files.Quote(link) + " to " + Files.Quote(temporary));
        _linked.Add(facts.Inode);
        uint mode = 0;
        if (!inStoreDir)
        {
            mode = Files.Stat(parent).Permissions;
            Libc.fchmod(parent, mode | 0x80);
        }
        try
        {
            error = Files.Rename(Files.WorkingDirectory, temporaryBytes, parent, name);
            if (error != 0)
            {
                Files.Unlink(Files.WorkingDirectory, temporaryBytes);
                if (error == Libc.EMLINK) return;
                throw new PosixException(error, "renaming " + Files.Quote(temporary) + " to " + Files.Quote(path));
            }
        }
        finally
        {
            if (!inStoreDir)
            {
                Libc.fchmod(parent, TreeCanonicaliser.ExecutableMode);
                Files.SetStoreTime(parent);
            }
        }
        _files++;
        Linked?.Invoke(facts.Size, facts.Blocks);
        _bytes += facts.Size;
    }

    private static Hash Hash(int parent, byte[] name, string path, in FileFacts facts)
    {
        var hasher = new Hasher(HashAlgorithm.Sha256);
        var writer = new NarWriter(hasher);
        if (facts.IsSymlink)
            writer.Symlink(Files.ReadLink(parent, name, out int error) ?? throw new PosixException(error, "reading symbolic link " + Files.Quote(path)));
        else
            TreeReader.ReadAt(parent, name, path, writer);
        return hasher.Finish();
    }

    private void Log(StoreLogLevel level, string message) => _options.Log.Write(level, message);
}

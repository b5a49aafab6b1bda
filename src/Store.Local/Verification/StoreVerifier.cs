using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using Firn.Formats;
using Firn.Formats.Hashing;
using Firn.Formats.Nar;
using Firn.Formats.StorePaths;
using Firn.Store.Local.Posix;
using Firn.Store.Local.Schema;
using Firn.Store.Local.Trees;
using Firn.Store.Transfer;

namespace Firn.Store.Local.Verification;

/// <summary>One comparison of a store's files with its database. The caller holds the collector's lock.</summary>
internal sealed class StoreVerifier(LocalStore store, StoreDatabase database, IRepairer? repairer)
{
    // Enough for all processors, and few enough that messages come while it works.
    private const int BatchSize = 256;

    private readonly HashSet<StorePath> _done = [];
    private readonly SortedSet<StorePath> _valid = [];
    private HashSet<string> _present = [];
    private bool _errors;

    private void Log(StoreLogLevel level, string message) => store.Options.Log.Write(level, message);

    internal bool Verify(bool checkContents)
    {
        _present = ListStore();
        Log(StoreLogLevel.Info, "checking path existence...");
        foreach (StorePath path in database.AllValid()) CheckExistence(path);
        if (checkContents)
        {
            CheckLinks();
            CheckContents();
        }
        return _errors;
    }

    private HashSet<string> ListStore()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        using Descriptor directory = Files.OpenDirectory(store.RealStoreDir);
        foreach (Files.Entry entry in Files.List(directory.Value, store.RealStoreDir)) names.Add(Files.Text(entry.Name));
        return names;
    }

    private void CheckExistence(StorePath path)
    {
        if (!_done.Add(path)) return;
        if (_present.Contains(path.BaseName))
        {
            _valid.Add(path);
            return;
        }
        // What is gone can be forgotten if all that refers to it is gone too.
        bool canForget = true;
        foreach (StorePath referrer in database.Referrers(path))
        {
            if (referrer == path) continue;
            CheckExistence(referrer);
            canForget &= !_valid.Contains(referrer);
        }
        string text = store.StoreDir.Print(path);
        if (canForget)
        {
            Log(StoreLogLevel.Info, "path '" + text + "' disappeared, removing from database...");
            database.Invalidate(path);
            return;
        }
        Log(StoreLogLevel.Error, "path '" + text + "' disappeared, but it still has valid referrers!");
        if (!TryRepair(path)) _errors = true;
    }

    private bool TryRepair(StorePath path)
    {
        if (repairer == null) return false;
        try
        {
            repairer.Repair(path);
            return true;
        }
        catch (StoreException e)
        {
            Log(StoreLogLevel.Warning, e.Message);
            return false;
        }
    }

    private (Hash Hash, ulong Size) HashTree(string path)
    {
        using var hasher = new BackgroundHasher(HashAlgorithm.Sha256);
        TreeReader.Read(path, new NarWriter(hasher), null, store.Options.UseCaseHack, hasher);
        ulong size = hasher.Count;
        return (hasher.Finish(), size);
    }

    private void CheckLinks()
    {
        Log(StoreLogLevel.Info, "checking link hashes...");
        string links = store.RealStoreDir + "/.links";
        using Descriptor directory = Files.OpenDirectory(links);
        foreach (Files.Entry entry in Files.List(directory.Value, links))
        {
            string name = Files.Text(entry.Name), path = links + "/" + name;
            Log(StoreLogLevel.Talkative, "checking contents of " + Files.Quote(name));
            string hash = HashTree(path).Hash.ToString(HashFormat.Nix32, false);
            if (hash == name) continue;
            Log(StoreLogLevel.Error, "link " + Files.Quote(path) + " was modified! expected hash " + name + ", got '" + hash + "'");
            if (repairer == null)
            {
                _errors = true;
                continue;
            }
            int error = Files.Unlink(directory.Value, entry.Name);
            if (error != 0) throw new PosixException(error, "cannot unlink " + Files.Quote(path));
            Log(StoreLogLevel.Info, "removed link " + Files.Quote(path));
        }
    }

    private void CheckContents()
    {
        Log(StoreLogLevel.Info, "checking store hashes...");
        var known = new List<(StorePath Path, byte[] Hash, ulong NarSize)>();
        foreach (var row in database.AllHashes())
            if (_valid.Contains(row.Path)) known.Add(row);
        var found = new (Hash Hash, ulong Size, Exception? Failure)[Math.Min(BatchSize, known.Count)];
        for (int start = 0; start < known.Count; start += BatchSize)
        {
            int from = start, count = Math.Min(BatchSize, known.Count - start);
            Parallel.For(0, count, i => found[i] = TryHashTree(store.RealPath(known[from + i].Path)));
            for (int i = 0; i < count; i++)
            {
                var (path, hash, size) = known[start + i];
                Log(StoreLogLevel.Talkative, "checking contents of '" + store.StoreDir.Print(path) + "'");
                // Else there is more to say or to do.
                if (found[i].Failure != null || size == 0 || !Encodes(hash, found[i].Hash)) CheckContents(path, found[i]);
            }
        }
    }

    private static bool Encodes(ReadOnlySpan<byte> text, Hash hash)
    {
        Span<byte> expected = stackalloc byte[7 + 64];
        "sha256:"u8.CopyTo(expected);
        Base16.Encode(hash.Bytes, expected[7..]);
        return text.SequenceEqual(expected);
    }

    private (Hash Hash, ulong Size, Exception? Failure) TryHashTree(string path)
    {
        try
        {
            (Hash hash, ulong size) = HashTree(path);
            return (hash, size, null);
        }
        catch (Exception e) when (e is StoreException or FormatsException)
        {
            return (default, 0, e);
        }
    }

    private void CheckContents(StorePath path, (Hash Hash, ulong Size, Exception? Failure) found)
    {
        var unknown = new Hash(HashAlgorithm.Sha256, new byte[32]);
        string text = store.StoreDir.Print(path);
        try
        {
            if (found.Failure != null) throw found.Failure;
            PathInfo info = store.Get(path);
            if (info.NarHash != unknown && info.NarHash != found.Hash)
            {
                Log(StoreLogLevel.Error, "path '" + text + "' was modified! expected hash '" + info.NarHash.ToString(HashFormat.Nix32, true) + "', got '" + found.Hash.ToString(HashFormat.Nix32, true) + "'");
                if (repairer == null) _errors = true;
                else repairer.Repair(path);
                return;
            }
            PathInfo known = info;
            if (info.NarHash == unknown)
            {
                Log(StoreLogLevel.Info, "fixing missing hash on '" + text + "'");
                known = known with { NarHash = found.Hash };
            }
            if (info.NarSize == 0)
            {
                Log(StoreLogLevel.Info, "updating size field on '" + text + "' to " + found.Size);
                known = known with { NarSize = found.Size };
            }
            if (known != info) database.Update(known);
        }
        catch (Exception e) when (e is StoreException or FormatsException)
        {
            // It may have been collected: then its absence is no error to report as one.
            if (database.IsValid(path)) Log(StoreLogLevel.Error, "error: " + e.Message);
            else Log(StoreLogLevel.Warning, e.Message);
            _errors = true;
        }
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using Firn.Formats.Git;
using Firn.Formats.Hashing;
using Firn.Formats.Nar;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store.Local.Locks;
using Firn.Store.Local.Posix;
using Firn.Store.Local.Schema;
using Firn.Store.Local.Trees;
using Firn.Store.Transfer;

namespace Firn.Store.Local;

// In the order that makes a crash harmless: temporary root, lock, files, database row.
public sealed partial class LocalStore : INarAdder, IInheritedLocks, IParallelStore, ITextAdder, ISourceAdder, IStoreFiles
{
    // Descriptors held at once; a process may have no more than 1024.
    private const int TextsPerTransaction = 500;

    private bool? _hasDefaultAcl;
    private volatile HashSet<StorePath> _inheritedLocks = [];

    public int ObjectsAtATime => Math.Max(4, Environment.ProcessorCount * 3 / 2);

    public void AddNar(PathInfo info, Stream nar, bool repair = false)
    {
        AddTempRoot(info.Path);
        if (!repair && IsValid(info.Path)) return;
        using PathLocks? locks = _inheritedLocks.Contains(info.Path) ? null : PathLocks.Take(RealPath(info.Path));
        if (repair || !IsValid(info.Path))
        {
            using Descriptor store = Files.OpenDirectory(RealStoreDir);
            byte[] name = Files.Bytes(info.Path.BaseName);
            TreeDeleter.Delete(store.Value, name, RealStoreDir);
            using var hashing = new HashingStream(nar, HashAlgorithm.Sha256);
            try
            {
                // What strangers sent does not stay when it is wrong.
                Write(store, name, hashing);
                ulong size = hashing.Count;
                Hash hash = hashing.Finish();
                CheckNar(info, hash, size);
                CheckContentAddress(info);
            }
            catch
            {
                Abandon(store, name);
                throw;
            }
            KeepSpace(wait: true);
            FinishTree(info.Path, repair);
            Register([info]);
        }
        if (locks is not null) locks.DeleteOnRelease = true;
    }

    public void InheritLocks(IReadOnlyCollection<StorePath> paths) => _inheritedLocks = [.. _inheritedLocks, .. paths];

    private void Write(Descriptor store, byte[] name, Stream nar)
    {
        using var writer = new TreeWriter(store, name, RealStoreDir, TreeStyle.StoreObject, Options.FsyncStorePaths);
        NarReader.Read(nar, OnDisk(writer));
    }

    /// <summary>Deletes what an addition that failed has written: on a full disk its space is needed.</summary>
    private void Abandon(Descriptor store, byte[] name)
    {
        try
        {
            TreeDeleter.Delete(store.Value, name, RealStoreDir);
        }
        catch (StoreException e)
        {
            // The error that led here is the one to report; a collector deletes the rest.
            Log(StoreLogLevel.Debug, e.Message);
        }
    }

    private void CheckNar(PathInfo info, Hash hash, ulong size)
    {
        if (hash != info.NarHash)
            throw new StoreException("hash mismatch importing path '" + StoreDir.Print(info.Path) + "';\n  specified: " + info.NarHash.ToString(HashFormat.Nix32, true) + "\n  got:       " + hash.ToString(HashFormat.Nix32, true));
        if (size != info.NarSize)
            throw new StoreException("size mismatch importing path '" + StoreDir.Print(info.Path) + "';\n  specified: " + info.NarSize + "\n  got:       " + size);
    }

    private void CheckContentAddress(PathInfo info)
    {
        if (info.ContentAddress is not { } address) return;
        Hash actual = HashContents(RealPath(info.Path), address.Method, address.Hash.Algorithm, info.Path.HashPart);
        // With the places of self-references, as some versions write it: of no effect without any.
        if (actual != address.Hash && !(System.Linq.Enumerable.Contains(info.References, info.Path)
            && HashContents(RealPath(info.Path), address.Method, address.Hash.Algorithm, info.Path.HashPart, places: true) == address.Hash))
            throw new StoreException("ca hash mismatch importing path '" + StoreDir.Print(info.Path) + "';\n  specified: " + address.Hash.ToString(HashFormat.Nix32, true) + "\n  got:       " + actual.ToString(HashFormat.Nix32, true));
    }

    /// <summary>Does what is left for files that a <see cref="TreeWriter"/> made.</summary>
    private void FinishTree(StorePath path, bool repair = false)
    {
        string real = RealPath(path);
        if (HasDefaultAcl) new TreeCanonicaliser(Options.IgnoredAcls, null, new HashSet<FileIdentity>()).Canonicalise(real);
        if (Options.AutoOptimiseStore) OptimiseTree(real, repair);
        if (Options.FsyncStorePaths) SyncStoreDir();
    }

    private void SyncStoreDir()
    {
        using Descriptor directory = Files.OpenDirectory(RealStoreDir);
        if (Libc.fsync(directory.Value) != 0) throw new PosixException(Marshal.GetLastPInvokeError(), "syncing directory " + Files.Quote(RealStoreDir));
    }

    // New files inherit extended attributes in this case only.
    private unsafe bool HasDefaultAcl
    {
        get
        {
            if (_hasDefaultAcl is { } known) return known;
            fixed (byte* path = Files.Bytes(RealStoreDir + "\0"))
            fixed (byte* name = "system.posix_acl_default\0"u8)
                _hasDefaultAcl = Libc.lgetxattr(path, name, null, 0) > 0;
            return _hasDefaultAcl.Value;
        }
    }

    public StorePath AddText(string name, ReadOnlyMemory<byte> contents, IReadOnlyList<StorePath> references, bool repair = false)
    {
        StorePath path = StoreDir.MakeText(name, Hash.Sha256(contents.Span), references);
        var text = new TextObject { Path = path, Contents = contents, References = references };
        AddTempRoot(path);
        if (repair || !IsValid(path)) AddTextsLocked([text], repair);
        return path;
    }

    public void AddTexts(IReadOnlyList<TextObject> texts)
    {
        var paths = new StorePath[texts.Count];
        for (int i = 0; i < paths.Length; i++) paths[i] = texts[i].Path;
        AddTempRoots(paths);
        IReadOnlySet<StorePath> valid = FilterValid(paths);
        var batch = new List<TextObject>(Math.Min(texts.Count, TextsPerTransaction));
        foreach (TextObject text in texts)
        {
            if (valid.Contains(text.Path)) continue;
            batch.Add(text);
            if (batch.Count < TextsPerTransaction) continue;
            AddTextsLocked(batch, repair: false);
            batch.Clear();
        }
        if (batch.Count > 0) AddTextsLocked(batch, repair: false);
    }

    private void AddTextsLocked(List<TextObject> texts, bool repair)
    {
        using PathLocks locks = PathLocks.Take(texts.ConvertAll(text => RealPath(text.Path)));
        using Descriptor store = Files.OpenDirectory(RealStoreDir);
        var registrations = new List<StoreDatabase.Registration>(texts.Count);
        foreach (TextObject text in texts)
        {
            if (!WriteText(store, text, repair)) continue;
            if (HasDefaultAcl || Options.AutoOptimiseStore) FinishTree(text.Path, repair);
            registrations.Add(new StoreDatabase.Registration(Describe(text), text.DerivationOutputs));
        }
        if (Options.FsyncStorePaths) SyncStoreDir();
        KeepSpace(wait: true);
        Register(registrations, ordered: true);
        locks.DeleteOnRelease = true;
    }

    private static PathInfo Describe(TextObject text) => new()
    {
        Path = text.Path,
        NarHash = NarWriter.HashFile(text.Contents.Span),
        NarSize = (ulong)NarFormat.SizeOfFile(text.Contents.Length),
        References = text.References,
        ContentAddress = new ContentAddress(ContentAddressMethod.Text, Hash.Sha256(text.Contents.Span)),
    };

    /// <returns>False where the path has become valid while waiting for its lock.</returns>
    private bool WriteText(Descriptor store, TextObject text, bool repair)
    {
        Span<byte> name = stackalloc byte[StorePath.HashLength + 1 + StorePath.MaxNameLength];
        name = name[..System.Text.Encoding.ASCII.GetBytes(text.Path.BaseName, name)];
        if (repair) TreeDeleter.Delete(store.Value, name, RealStoreDir);
        int file = Files.TryOpen(store.Value, name, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW, TreeCanonicaliser.FileMode);
        if (file == -Libc.EEXIST)
        {
            // Where nothing is the path cannot be valid; what is there may be left over.
            if (IsValid(text.Path)) return false;
            TreeDeleter.Delete(store.Value, name, RealStoreDir);
            file = Files.TryOpen(store.Value, name, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW, TreeCanonicaliser.FileMode);
        }
        if (file < 0) throw new PosixException(-file, "creating file " + Files.Quote(RealPath(text.Path)));
        int error = Files.WriteAll(file, text.Contents.Span);
        if (error == 0 && Libc.fchmod(file, TreeCanonicaliser.FileMode) != 0) error = Marshal.GetLastPInvokeError();
        if (error == 0) error = Files.SetStoreTime(file);
        if (error == 0 && Options.FsyncStorePaths && Libc.fsync(file) != 0) error = Marshal.GetLastPInvokeError();
        if (Libc.close(file) != 0 && error == 0) error = Marshal.GetLastPInvokeError();
        return error == 0 ? true : throw new PosixException(error, "writing to file " + Files.Quote(RealPath(text.Path)));
    }

    public PathInfo Compute(Source source) => Measure(source, new CountingSink(), null, source.Filter);

    public PathInfo Read(Source source, IByteSink nar) => Measure(source, nar, null, source.Filter);

    public PathInfo Add(Source source)
    {
        // Of a source that fits into memory nothing is written before its path is known, which may be valid. Another
        // is written beside its place while it is read, so that no file is read twice.
        var buffer = new LimitedBuffer(Options.NarBufferSize);
        // The filter, which may have effects, is asked once about each file.
        var answers = new Dictionary<string, bool>(StringComparer.Ordinal);
        SourceFilter? filter = source.Filter is not { } asked ? null : (path, kind) =>
        {
            string name = Encoding.Latin1.GetString(path);
            if (!answers.TryGetValue(name, out bool answer)) answers.Add(name, answer = asked(path, kind));
            return answer;
        };
        PathInfo info;
        try
        {
            info = Measure(source, buffer, new SizeGuard(buffer), filter);
        }
        catch (BufferFullException)
        {
            return AddLarge(source, filter);
        }
        return Place(info, source.Repair, (store, name) =>
        {
            try
            {
                Write(store, name, buffer.Open());
            }
            catch
            {
                Abandon(store, name);
                throw;
            }
        });
    }

    /// <summary>Brings an object whose path is known into the store, unless it is there already.</summary>
    /// <param name="write">Makes its files: in the store's directory, under the name.</param>
    private PathInfo Place(PathInfo info, bool repair, Action<Descriptor, byte[]> write)
    {
        AddTempRoot(info.Path);
        if (!repair && FindHere(info.Path) is { } valid) return valid;
        using PathLocks locks = PathLocks.Take(RealPath(info.Path));
        if (repair || !IsValid(info.Path))
        {
            using Descriptor store = Files.OpenDirectory(RealStoreDir);
            byte[] name = Files.Bytes(info.Path.BaseName);
            TreeDeleter.Delete(store.Value, name, RealStoreDir);
            write(store, name);
            KeepSpace(wait: true);
            FinishTree(info.Path, repair);
            Register([info]);
        }
        locks.DeleteOnRelease = true;
        return Find(info.Path) ?? info;
    }

    private PathInfo AddLarge(Source source, SourceFilter? filter)
    {
        const string inside = "x";
        Open();
        if (!source.Repair && Db.HasObjectNamed(source.Name))
        {
            // Maybe the same as before: then hashing is much less work than writing all of it to find that out.
            StorePath path = Measure(source, new CountingSink(), null, filter).Path;
            AddTempRoot(path);
            if (FindHere(path) is { } valid) return valid;
        }
        using var temporary = new TemporaryDirectory(RealStoreDir);
        PathInfo info;
        using (var writer = new TreeWriter(temporary.Descriptor, Files.Bytes(inside), temporary.Path, TreeStyle.StoreObject, Options.FsyncStorePaths))
            info = Measure(source, new CountingSink(), OnDisk(writer), filter);
        return Place(info, source.Repair, (store, name) => temporary.MoveOut(Files.Bytes(inside), store, name, RealPath(info.Path)));
    }

    private INarSink OnDisk(TreeWriter writer) => Options.UseCaseHack ? new CaseHackNarSink(writer) : writer;

    private static INarSink With(INarSink? other, INarSink sink) => other == null ? sink : new TeeNarSink(sink, other);

    private static bool IsFlat(ContentAddressMethod method) => method is ContentAddressMethod.Flat or ContentAddressMethod.Text;

    private static bool DropsExecutable(Source source) => IsFlat(source.Method) && !source.KeepExecutable;

    /// <summary>Reads a source once for its hashes; the NAR goes to <paramref name="copy"/>, its events to <paramref name="files"/> too.</summary>
    private PathInfo Measure(Source source, IByteSink copy, INarSink? files, SourceFilter? filter)
    {
        using var narHasher = new BackgroundHasher(HashAlgorithm.Sha256);
        using BackgroundHasher? other = IsFlat(source.Method) || source.Algorithm != HashAlgorithm.Sha256 ? new BackgroundHasher(source.Algorithm) : null;
        BackgroundHasher contents = other ?? narHasher;
        INarSink nar;
        GitTreeHasher? git = null;
        if (source.Method == ContentAddressMethod.Git)
        {
            RequireGitHashing();
            git = new GitTreeHasher(source.Algorithm);
            nar = new TeeNarSink(git, With(files, new NarWriter(new TeeSink(narHasher, copy))));
        }
        else if (IsFlat(source.Method))
        {
            INarSink file = With(files, new NarWriter(new TeeSink(narHasher, copy)));
            nar = new TeeNarSink(new FlatNarSink(contents, source.File), DropsExecutable(source) ? new PlainFileNarSink(file) : file);
        }
        else if (source.Algorithm == HashAlgorithm.Sha256)
        {
            nar = With(files, new NarWriter(new TeeSink(narHasher, copy)));
        }
        else
        {
            nar = With(files, new NarWriter(new TeeSink(contents, new TeeSink(narHasher, copy))));
        }
        TreeReader.Read(source.File, nar, filter, Options.UseCaseHack, narHasher);
        ulong size = narHasher.Count;
        Hash narHash = narHasher.Finish();
        var address = new ContentAddress(source.Method, git?.Finish() ?? (contents == narHasher ? narHash : contents.Finish()));
        return new PathInfo
        {
            Path = StoreDir.MakeFromContentAddress(source.Name, address, source.References),
            NarHash = narHash,
            NarSize = size,
            References = source.References,
            ContentAddress = address,
        };
    }
}

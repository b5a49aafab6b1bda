using System;
using System.Collections.Generic;
using System.IO;
using Firn.Formats.Git;
using Firn.Formats.Hashing;
using Firn.Formats.Nar;
using Firn.Formats.References;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store.Local.Posix;
using Firn.Store.Local.Trees;
using Firn.Store.Transfer;

namespace Firn.Store.Local;

public sealed partial class LocalStore : IStoreContents, IFileTrees, IBuildLogs, IBuildLogAdder
{
    public void WriteNar(StorePath path, IByteSink to)
    {
        if (!IsValid(path)) throw new InvalidPathException(StoreDir, path, "is not a valid store path");
        WriteNar(RealPath(path), to);
    }

    public byte[] ReadFile(StorePath path, string inside = "")
    {
        using Descriptor store = Files.OpenDirectory(RealStoreDir);
        Descriptor directory = store;
        string whole = RealPath(path) + (inside.Length == 0 ? "" : "/" + inside);
        string[] parts = (path.BaseName + "/" + inside).Split('/', StringSplitOptions.RemoveEmptyEntries);
        try
        {
            for (int i = 0; i < parts.Length - 1; i++)
            {
                if (parts[i] is "." or "..") throw new StoreException("path " + Files.Quote(whole) + " is not canonical");
                Descriptor next = Files.Open(directory.Value, Files.Bytes(parts[i]), Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW, 0, "opening directory " + Files.Quote(whole));
                if (directory != store) directory.Dispose();
                directory = next;
            }
            using Descriptor file = Files.Open(directory.Value, Files.Bytes(parts[^1]), Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK, 0, "opening file " + Files.Quote(whole));
            FileFacts facts = Files.Stat(file.Value);
            if (!facts.IsRegular) throw new StoreException("path '" + whole + "' is not a regular file");
            return Files.ReadAll(file.Value, "reading from file " + Files.Quote(whole));
        }
        finally
        {
            if (directory != store) directory.Dispose();
        }
    }

    public void WriteNar(string path, IByteSink to) => DumpTree(path, to, Options.UseCaseHack);

    /// <summary>Writes the NAR of any tree of files.</summary>
    /// <param name="path">Absolute.</param>
    /// <param name="caseHack">As in <see cref="LocalStoreOptions.UseCaseHack"/>.</param>
    public static void DumpTree(string path, IByteSink to, bool caseHack = false) => TreeReader.Read(path, new NarWriter(to), null, caseHack, to as BackgroundHasher);

    public void RestoreNar(Stream nar, string path) => Restore(nar, path, TreeStyle.StoreObject, Options.FsyncStorePaths, Options.UseCaseHack);

    /// <summary>Makes an ordinary tree of a NAR, with the modes that the umask leaves.</summary>
    /// <param name="path">Absolute; must not exist.</param>
    /// <param name="caseHack">As in <see cref="LocalStoreOptions.UseCaseHack"/>.</param>
    public static void RestoreOrdinary(Stream nar, string path, bool caseHack = false) => Restore(nar, path, TreeStyle.Ordinary, sync: false, caseHack);

    private static void Restore(Stream nar, string path, TreeStyle style, bool sync, bool caseHack)
    {
        int slash = path.LastIndexOf('/');
        string parent = slash <= 0 ? "/" : path[..slash];
        using Descriptor directory = Files.OpenDirectory(parent);
        using var writer = new TreeWriter(directory, Files.Bytes(path[(slash + 1)..]), parent, style, sync);
        NarReader.Read(nar, caseHack ? new CaseHackNarSink(writer) : writer);
    }

    public void Canonicalise(string path, (uint First, uint Last)? builderUid, ISet<FileIdentity> seen) =>
        new TreeCanonicaliser(Options.IgnoredAcls, builderUid, seen).Canonicalise(path);

    public ulong Delete(string path) => TreeDeleter.Delete(path);

    public void Settle(string path, bool repair = false)
    {
        if (Options.AutoOptimiseStore) OptimiseTree(path, repair);
        if (Options.FsyncStorePaths)
        {
            TreeSyncer.Sync(path);
            SyncStoreDir();
        }
    }

    Hash IFileTrees.HashContents(string path, ContentAddressMethod method, HashAlgorithm algorithm, string hashPart) => HashContents(path, method, algorithm, hashPart);

    /// <summary>The hash of contents as a content address counts them.</summary>
    /// <param name="hashPart">Digits of the path itself, which do not count.</param>
    /// <exception cref="StoreException">The method is Git's, and not enabled.</exception>
    private Hash HashContents(string path, ContentAddressMethod method, HashAlgorithm algorithm, string hashPart, bool places = false)
    {
        var hasher = new ModuloHasher(algorithm, hashPart, places);
        switch (method)
        {
            case ContentAddressMethod.Flat or ContentAddressMethod.Text:
                TreeReader.Read(path, new FlatNarSink(hasher, path));
                break;
            case ContentAddressMethod.NixArchive:
                TreeReader.Read(path, new NarWriter(hasher), null, Options.UseCaseHack);
                break;
            case ContentAddressMethod.Git:
                RequireGitHashing();
                return HashGit(path, algorithm, Options.UseCaseHack);
        }
        return hasher.Finish();
    }

    /// <summary>The hash of any tree of files as Git counts it.</summary>
    /// <param name="path">Absolute.</param>
    /// <param name="caseHack">As in <see cref="LocalStoreOptions.UseCaseHack"/>.</param>
    public static Hash HashGit(string path, HashAlgorithm algorithm, bool caseHack = false)
    {
        var git = new GitTreeHasher(algorithm);
        TreeReader.Read(path, git, null, caseHack);
        return git.Finish();
    }

    private void RequireGitHashing()
    {
        if (!Options.GitHashing) throw new StoreException("experimental Nix feature 'git-hashing' is disabled; add '--extra-experimental-features git-hashing' to enable it");
    }

    public byte[]? FindLog(StorePath path)
    {
        StorePath derivation = path;
        if (!path.IsDerivation)
        {
            if (Find(path)?.Deriver is not { } deriver) return null;
            derivation = deriver;
        }
        string name = derivation.BaseName;
        string plain = Options.LogDir + "/drvs/" + name[..2] + "/" + name[2..];
        return Files.ReadSmallFile(plain) ?? (Files.ReadSmallFile(plain + ".bz2") is { } packed ? Logs.Bzip2.Decompress(packed) : null);
    }

    public void AddLog(StorePath derivation, ReadOnlyMemory<byte> log)
    {
        string name = derivation.BaseName, directory = Options.LogDir + "/drvs/" + name[..2], file = directory + "/" + name[2..] + ".bz2";
        if (Files.Exists(file)) return;
        Files.CreateDirectories(directory);
        string temporary = file + ".tmp." + Environment.ProcessId;
        Files.WriteFile(temporary, Logs.Bzip2.Compress(log.Span), 0x1a4); // 0644
        int error = Files.Rename(Files.WorkingDirectory, Files.Bytes(temporary), Files.WorkingDirectory, Files.Bytes(file));
        if (error != 0) throw new PosixException(error, "renaming " + Files.Quote(temporary) + " to " + Files.Quote(file));
    }
}

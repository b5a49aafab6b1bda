using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Firn.Formats;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;
using Firn.Store.Local.Locks;
using Firn.Store.Local.Posix;

namespace Firn.Store.Local.Roots;

/// <summary>Finds what keeps paths: links below <c>gcroots</c> and <c>profiles</c>, temporary roots, running processes.</summary>
/// <remarks>docs/formats/store-database.md, "Roots"</remarks>
internal sealed class RootsFinder(LocalStoreOptions options, Func<StorePath, bool> isValid)
{
    private const string Censored = "{censored}";

    private readonly string _auto = options.StateDir + "/gcroots/auto";

    private void Log(StoreLogLevel level, string message) => options.Log.Write(level, message);

    /// <summary>All but temporary roots. Removes links of <c>gcroots/auto</c> that lead nowhere.</summary>
    internal SortedSet<Root> FindPermanent(bool censor)
    {
        var roots = new SortedSet<Root>(RootOrder);
        Walk(options.StateDir + "/gcroots", roots);
        Walk(options.StateDir + "/profiles", roots);
        if (options.UseRootsDaemon)
        {
            foreach (string text in RuntimeRoots.Ask(options.RootsDaemonSocket))
                if (options.StoreDir.Parse(text) is var path && isValid(path)) roots.Add(new Root(path, Censored));
            return roots;
        }
        foreach (var (target, sources) in RuntimeRoots.Find(options.StoreDir))
        {
            if (!TryStorePath(target, out StorePath path) || !isValid(path)) continue;
            if (censor) roots.Add(new Root(path, Censored));
            else
                foreach (string source in sources) roots.Add(new Root(path, source));
        }
        return roots;
    }

    /// <summary>What running processes use, valid or not.</summary>
    internal SortedSet<StorePath> FindRuntime()
    {
        var paths = new SortedSet<StorePath>();
        foreach (string target in RuntimeRoots.Find(options.StoreDir).Keys)
            if (TryStorePath(target, out StorePath path)) paths.Add(path);
        return paths;
    }

    internal static IComparer<Root> RootOrder { get; } = Comparer<Root>.Create((a, b) =>
        a.Path.CompareTo(b.Path) is not 0 and int order ? order : string.CompareOrdinal(a.Link, b.Link));

    private bool TryStorePath(string path, out StorePath storePath)
    {
        storePath = default;
        if (!path.StartsWith('/')) return false;
        try
        {
            if (!options.StoreDir.Contains(StoreDir.Canonical(path))) return false;
            storePath = options.StoreDir.Split(path).Path;
            return true;
        }
        catch (BadStorePathException)
        {
            return false;
        }
    }

    private bool IsInStore(string path) => path.StartsWith('/') && options.StoreDir.Contains(StoreDir.Canonical(path));

    private void Found(string link, string target, SortedSet<Root> roots)
    {
        if (!TryStorePath(target, out StorePath path)) return;
        if (isValid(path)) roots.Add(new Root(path, link));
        else Log(StoreLogLevel.Info, "skipping invalid root from " + Files.Quote(link) + " to " + Files.Quote(target));
    }

    private void Walk(string path, SortedSet<Root> roots)
    {
        try
        {
            FileFacts facts = Files.Stat(Files.WorkingDirectory, Files.Bytes(path));
            if (facts.IsDirectory)
            {
                var entries = new List<Files.Entry>();
                using (Descriptor directory = Files.OpenDirectory(path)) entries = Files.List(directory.Value, path);
                foreach (Files.Entry entry in entries) Walk(path + "/" + Files.Text(entry.Name), roots);
            }
            else if (facts.IsSymlink) WalkLink(path, roots);
            else if (facts.IsRegular)
            {
                // A file may stand for the path that it is named as.
                if (options.StoreDir.TryParse(options.StoreDir.Path + "/" + path[(path.LastIndexOf('/') + 1)..], out StorePath named) && isValid(named))
                    roots.Add(new Root(named, path));
            }
        }
        catch (PosixException e) when (e.Error is Libc.EACCES or Libc.ENOENT or Libc.ENOTDIR)
        {
            Log(StoreLogLevel.Info, "cannot read potential root " + Files.Quote(path));
        }
    }

    private void WalkLink(string path, SortedSet<Root> roots)
    {
        string target = Files.ReadLink(path, out int error) ?? throw new PosixException(error, "reading symbolic link " + Files.Quote(path));
        if (IsInStore(target))
        {
            Found(path, target, roots);
            return;
        }
        string absolute = StoreDir.Canonical(target.StartsWith('/') ? target : path[..path.LastIndexOf('/')] + "/" + target);
        if (!Files.Exists(absolute))
        {
            if (!path.StartsWith(_auto + "/", StringComparison.Ordinal)) return;
            Log(StoreLogLevel.Info, "removing stale link from " + Files.Quote(path) + " to " + Files.Quote(absolute));
            Files.Unlink(Files.WorkingDirectory, Files.Bytes(path));
            return;
        }
        // One step more, to a link of a user's: further ones are not followed.
        if (Files.ReadLink(absolute, out _) is { } second && IsInStore(second)) Found(absolute, second, roots);
    }

    /// <summary>Temporary roots of processes that live. Removes files of those that have died.</summary>
    internal SortedSet<Root> FindTemporary(bool censor)
    {
        var roots = new SortedSet<Root>(RootOrder);
        string directoryPath = options.StateDir + "/temproots";
        List<Files.Entry> entries;
        using (Descriptor directory = Files.OpenDirectory(directoryPath)) entries = Files.List(directory.Value, directoryPath);
        foreach (Files.Entry entry in entries)
        {
            string name = Files.Text(entry.Name);
            if (name.StartsWith('.') || !int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int pid)) continue;
            string path = directoryPath + "/" + name;
            int opened = Files.TryOpen(Files.WorkingDirectory, Files.Bytes(path), Libc.O_RDWR);
            if (opened == -Libc.ENOENT) continue;
            if (opened < 0) throw new PosixException(-opened, "opening temporary roots file " + Files.Quote(path));
            using var file = new Descriptor(opened);
            if (FileLock.TryTake(opened, LockKind.Exclusive))
            {
                // Its process has died. The byte tells one that is just starting with this pid to open anew.
                Log(StoreLogLevel.Info, "removing stale temporary roots file " + Files.Quote(path));
                Files.Unlink(Files.WorkingDirectory, Files.Bytes(path));
                Files.WriteAll(opened, "d"u8);
                continue;
            }
            ReadTemporary(Files.ReadAll(opened, "reading from file " + Files.Quote(path)), censor ? Censored : "{temp:" + pid + "}", roots);
        }
        return roots;
    }

    private void ReadTemporary(ReadOnlySpan<byte> content, string link, SortedSet<Root> roots)
    {
        for (int end; (end = content.IndexOf((byte)0)) >= 0; content = content[(end + 1)..])
            roots.Add(new Root(options.StoreDir.Parse(Encoding.UTF8.GetString(content[..end])), link));
    }
}

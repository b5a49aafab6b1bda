using System;
using System.Collections.Generic;
using System.Globalization;
using Firn.Formats.StorePaths;
using Firn.Store.Local.Locks;
using Firn.Store.Local.Posix;

namespace Firn.Store.Local.Profiles;

/// <summary>A profile: a symbolic link to one of its generations, which are links to store paths beside it.</summary>
/// <param name="path">Absolute path of the profile's link, such as <c>/nix/var/nix/profiles/system</c>.</param>
/// <param name="notice">Receives what a user is told, such as "removing profile version 3".</param>
/// <remarks>Nix manual, command-ref/files/profiles</remarks>
public sealed class Profile(string path, Action<string> notice)
{
    public string Path { get; } = path;

    private string Directory => Path[..Math.Max(Path.LastIndexOf('/'), 1)];

    private string Name => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>All generations by number, and the number of the current one, null where there is none.</summary>
    /// <exception cref="PosixException">The directory cannot be read.</exception>
    public (List<Generation> Generations, long? Current) Find()
    {
        var generations = new List<Generation>();
        using (Descriptor directory = Files.OpenDirectory(Directory))
            foreach (Files.Entry entry in Files.List(directory.Value, Directory))
                if (Parse(Files.Text(entry.Name)) is { } number && Files.TryStat(directory.Value, entry.Name, out FileFacts facts))
                    generations.Add(new Generation(number, Directory.TrimEnd('/') + "/" + Files.Text(entry.Name), facts.ModificationSeconds));
        generations.Sort((a, b) => a.Number.CompareTo(b.Number));
        return (generations, Files.ReadLink(Path, out _) is { } target ? Parse(target) : null);
    }

    /// <summary>The number in "NAME-NUMBER-link".</summary>
    private long? Parse(string name)
    {
        string prefix = Name + "-";
        if (!name.StartsWith(prefix, StringComparison.Ordinal)) return null;
        string rest = name[prefix.Length..];
        int end = rest.IndexOf("-link", StringComparison.Ordinal);
        return end >= 0 && uint.TryParse(rest.AsSpan(0, end), NumberStyles.None, CultureInfo.InvariantCulture, out uint number) ? number : null;
    }

    /// <summary>The link of a generation.</summary>
    public string LinkOf(long number) => Path + "-" + number.ToString(CultureInfo.InvariantCulture) + "-link";

    /// <summary>
    /// Excludes others from changing the profile while it is held, this thread too: for <see cref="Create"/> with
    /// <see cref="SwitchTo"/>. What else changes the profile locks it itself.
    /// </summary>
    public IDisposable Lock()
    {
        PathLocks locks = PathLocks.Take(Path, notice, "waiting for lock on profile " + Files.Quote(Path));
        locks.DeleteOnRelease = true;
        return locks;
    }

    /// <summary>Makes a generation of a path, unless the newest is one already, and returns its link. Does not switch to it.</summary>
    public string Create(IRoots roots, StoreDir storeDir, StorePath content)
    {
        Files.CreateDirectories(Directory);
        List<Generation> generations = Find().Generations;
        long next = 1;
        if (generations.Count > 0)
        {
            Generation last = generations[^1];
            if (Files.ReadLink(last.Link, out _) == storeDir.Print(content)) return last.Link;
            next = last.Number + 1;
        }
        return roots.AddPermanentRoot(content, LinkOf(next));
    }

    /// <summary>Makes a generation of a path the current one, in one step.</summary>
    /// <param name="link">A link beside the profile.</param>
    public void SwitchTo(string link)
    {
        string target = System.IO.Path.GetDirectoryName(link) == System.IO.Path.GetDirectoryName(Path) ? System.IO.Path.GetFileName(link) : link;
        Files.ReplaceSymlink(target, Path);
    }

    /// <summary>Switches to a generation, or the newest one older than the current.</summary>
    /// <exception cref="StoreException">There is none.</exception>
    public void Switch(long? number, bool dryRun = false)
    {
        using IDisposable held = Lock();
        var (generations, current) = Find();
        Generation? chosen = null;
        foreach (Generation generation in generations)
            if (number is { } wanted ? generation.Number == wanted : generation.Number < current) chosen = generation;
        if (chosen is not { } found)
            throw new StoreException(number is { } missing
                ? "profile version " + missing + " does not exist"
                : "no profile version older than the current (" + (current ?? 0) + ") exists");
        notice("switching profile from version " + (current ?? 0) + " to " + found.Number);
        if (!dryRun) SwitchTo(found.Link);
    }

    private void Remove(Generation generation, bool dryRun)
    {
        notice((dryRun ? "would remove" : "removing") + " profile version " + generation.Number);
        if (dryRun) return;
        int error = Files.Unlink(Files.WorkingDirectory, Files.Bytes(generation.Link));
        if (error != 0 && error != Libc.ENOENT) throw new PosixException(error, "removing file " + Files.Quote(generation.Link));
    }

    /// <summary>Deletes generations by number.</summary>
    /// <exception cref="StoreException">The current one is among them.</exception>
    public void Delete(IReadOnlySet<long> numbers, bool dryRun = false)
    {
        using IDisposable held = Lock();
        var (generations, current) = Find();
        if (current is { } now && numbers.Contains(now)) throw new StoreException("cannot delete current version of profile " + Files.Quote(Path));
        foreach (Generation generation in generations)
            if (numbers.Contains(generation.Number)) Remove(generation, dryRun);
    }

    /// <summary>Deletes all generations but the current one.</summary>
    public void DeleteOld(bool dryRun = false)
    {
        using IDisposable held = Lock();
        var (generations, current) = Find();
        foreach (Generation generation in generations)
            if (generation.Number != current) Remove(generation, dryRun);
    }

    /// <summary>Keeps the current generation, the newer ones, and so many before it.</summary>
    /// <param name="keep">Generations kept, with the current one; at least 1.</param>
    public void DeleteAllBut(long keep, bool dryRun = false)
    {
        if (keep == 0) throw new StoreException("Must keep at least one generation, otherwise the current one would be deleted");
        using IDisposable held = Lock();
        var (generations, current) = Find();
        int at = generations.FindLastIndex(generation => generation.Number == current);
        for (long i = at - keep; i >= 0; i--) Remove(generations[(int)i], dryRun);
    }

    /// <summary>Deletes generations that were not current at a time or later.</summary>
    /// <param name="time">Seconds since 1970. The generation that was current then stays.</param>
    public void DeleteOlderThan(long time, bool dryRun = false)
    {
        using IDisposable held = Lock();
        var (generations, current) = Find();
        int at = generations.FindLastIndex(generation => generation.CreationTime < time);
        for (int i = at - 1; i >= 0; i--)
            if (generations[i].Number != current) Remove(generations[i], dryRun);
    }

    /// <summary>The time that "14d" means, counted from now.</summary>
    /// <exception cref="StoreException">It is no number of days.</exception>
    public static long ParseOlderThan(string text, DateTimeOffset now)
    {
        if (!text.EndsWith('d')) throw new StoreException("invalid number of days specifier '" + text + "', expected something like '14d'");
        return int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int days) && days >= 1
            ? now.ToUnixTimeSeconds() - (long)days * 24 * 3600
            : throw new StoreException("invalid number of days specifier '" + text + "'");
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;

namespace Firn.Build.Profiles;

/// <summary>
/// A tree of links to the files of several packages, which is what a profile holds. Of two files in one place the one
/// with the lower priority number wins; equal numbers are an error.
/// </summary>
/// <param name="root">The directory, which is there and empty.</param>
/// <param name="realPath">Where a path of the store really is.</param>
/// <param name="warn">Told what is left out.</param>
public sealed class LinkTree(string root, Func<string, string> realPath, Action<string> warn, CancellationToken cancel = default)
{
    // Of no use in a profile, or in every package and so always in each other's way.
    private static readonly string[] s_leftOut =
        ["/propagated-build-inputs", "/nix-support", "/perllocal.pod", "/info/dir", "/log", "/manifest.nix", "/manifest.json"];

    private readonly Dictionary<string, int> _priorities = new(StringComparer.Ordinal);
    private readonly HashSet<string> _done = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _propagated = new(StringComparer.Ordinal);

    /// <summary>Makes the links to the files of packages.</summary>
    /// <param name="packages">Paths of the store, with priorities; less counts first.</param>
    /// <exception cref="LinkTreeException">Files of two packages belong in one place, and neither gives way.</exception>
    public void Make(List<(string Path, int Priority)> packages)
    {
        packages.Sort(static (a, b) => a.Priority != b.Priority ? a.Priority.CompareTo(b.Priority) : string.CompareOrdinal(a.Path, b.Path));
        foreach ((string path, int priority) in packages)
        {
            Add(path, priority);
        }

        // What packages bring along gives way to what was asked for.
        for (int priority = 1000; _propagated.Count > 0;)
        {
            string[] next = [.. _propagated];
            _propagated.Clear();
            foreach (string path in next)
            {
                Add(path, priority++);
            }
        }
    }

    private void Add(string package, int priority)
    {
        if (!_done.Add(package))
        {
            return;
        }

        Merge(package, root, priority);
        string list = Path.Combine(realPath(package), "nix-support", "propagated-user-env-packages");
        if (File.Exists(list))
        {
            foreach (string word in File.ReadAllText(list).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
            {
                if (!_done.Contains(word))
                {
                    _propagated.Add(word);
                }
            }
        }
    }

    /// <param name="from">A directory as links are to name it.</param>
    /// <param name="to">A real directory below the output.</param>
    private void Merge(string from, string to, int priority)
    {
        cancel.ThrowIfCancellationRequested();
        string directory = Follow(realPath(from));
        if (!Directory.Exists(directory))
        {
            warn($"not including \"{from}\" in the user environment because it's not a directory");
            return;
        }

        foreach (FileSystemInfo entry in new DirectoryInfo(directory).EnumerateFileSystemInfos().OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            string source = from + "/" + entry.Name, target = to + "/" + entry.Name;
            if (entry.Name[0] == '.' || Array.Exists(s_leftOut, end => source.EndsWith(end, StringComparison.Ordinal)))
            {
                continue;
            }

            string followed = Follow(realPath(source));
            bool isDirectory = Directory.Exists(followed);
            if (!isDirectory && !File.Exists(followed))
            {
                warn($"skipping dangling symlink '{target}'");
                continue;
            }

            FileInfo there = new(target);
            if (isDirectory)
            {
                if (there.LinkTarget is { } other)
                {
                    if (!Directory.Exists(Follow(realPath(other))))
                    {
                        throw new LinkTreeException($"collision between \"{source}\" and non-directory \"{other}\"");
                    }

                    // Two directories in one place: both become links one level down.
                    File.Delete(target);
                    Directory.CreateDirectory(target);
                    Merge(other, target, _priorities[target]);
                    Merge(source, target, priority);
                    continue;
                }

                if (Directory.Exists(target))
                {
                    Merge(source, target, priority);
                    continue;
                }
            }
            else if (there.LinkTarget is { } other)
            {
                int before = _priorities[target];
                if (before == priority)
                {
                    throw new LinkConflictException(other, source, priority);
                }

                if (before < priority)
                {
                    continue;
                }

                File.Delete(target);
            }
            else if (Directory.Exists(target))
            {
                throw new LinkTreeException($"collision between non-directory '{source}' and directory '{target}'");
            }

            File.CreateSymbolicLink(target, source);
            _priorities[target] = priority;
        }
    }

    /// <summary>Follows links within the store, whose paths may be elsewhere in reality.</summary>
    private string Follow(string real)
    {
        for (int i = 0; i < 40; i++)
        {
            if (new FileInfo(real).LinkTarget is not { } link)
            {
                return real;
            }

            real = realPath(Path.GetFullPath(Path.Combine(Path.GetDirectoryName(real)!, link)));
        }

        return real;
    }
}

/// <summary>The files of packages do not fit into one tree.</summary>
public class LinkTreeException(string message) : Exception(message);

/// <summary>Two packages of the same priority have a file in one place.</summary>
/// <param name="first">The file that was there.</param>
/// <param name="second">The other.</param>
public sealed class LinkConflictException(string first, string second, int priority)
    : LinkTreeException($"Unable to build profile. There is a conflict for the following files:\n\n  {first}\n  {second}")
{
    public string First { get; } = first;

    public string Second { get; } = second;

    /// <summary>Of both.</summary>
    public int Priority { get; } = priority;
}

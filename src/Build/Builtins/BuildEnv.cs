using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;

namespace Firn.Build.Builtins;

/// <summary>
/// <c>builtin:buildenv</c>: a tree of links to the files of several packages. <c>derivations</c> lists them as words:
/// whether active, priority, number of outputs, output paths. Of two files in one place the one with the lower priority
/// number wins; equal numbers are an error.
/// </summary>
internal static class BuildEnv
{
    // Of no use in a profile, or in every package and so always in each other's way.
    private static readonly string[] s_leftOut =
        ["/propagated-build-inputs", "/nix-support", "/perllocal.pod", "/info/dir", "/log", "/manifest.nix", "/manifest.json"];

    public static void Build(BuiltinContext context)
    {
        Directory.CreateDirectory(context.Out);
        new Links(context).Make(Packages(context.Variable("derivations")));
        File.CreateSymbolicLink(Path.Combine(context.Out, "manifest.nix"), context.Variable("manifest"));
    }

    private static List<(string Path, int Priority)> Packages(string text)
    {
        List<(string, int)> packages = [];
        Queue<string> words = new(text.Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries));
        while (words.TryDequeue(out string? active))
        {
            int priority = Number(words), outputs = Number(words);
            for (int i = 0; i < outputs; i++)
            {
                string path = words.TryDequeue(out string? word) ? word : throw new BuiltinException("attribute 'derivations' ends too early");
                if (active != "false")
                {
                    packages.Add((path, priority));
                }
            }
        }

        packages.Sort(static (a, b) => a.Item2 != b.Item2 ? a.Item2.CompareTo(b.Item2) : string.CompareOrdinal(a.Item1, b.Item1));
        return packages;
    }

    private static int Number(Queue<string> words) =>
        words.TryDequeue(out string? word) && int.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int n)
            ? n
            : throw new BuiltinException("attribute 'derivations' has something else where a number belongs");

    private sealed class Links(BuiltinContext context)
    {
        private readonly Dictionary<string, int> _priorities = new(StringComparer.Ordinal);
        private readonly HashSet<string> _done = new(StringComparer.Ordinal);
        private readonly SortedSet<string> _propagated = new(StringComparer.Ordinal);

        public void Make(List<(string Path, int Priority)> packages)
        {
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

            Merge(package, context.Out, priority);
            string list = Path.Combine(context.Real(package), "nix-support", "propagated-user-env-packages");
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
            context.Cancel.ThrowIfCancellationRequested();
            string real = Follow(context.Real(from));
            if (!Directory.Exists(real))
            {
                context.Log($"warning: not including \"{from}\" in the user environment because it's not a directory");
                return;
            }

            foreach (FileSystemInfo entry in new DirectoryInfo(real).EnumerateFileSystemInfos().OrderBy(e => e.Name, StringComparer.Ordinal))
            {
                string source = from + "/" + entry.Name, target = to + "/" + entry.Name;
                if (entry.Name[0] == '.' || Array.Exists(s_leftOut, end => source.EndsWith(end, StringComparison.Ordinal)))
                {
                    continue;
                }

                string followed = Follow(context.Real(source));
                bool isDirectory = Directory.Exists(followed);
                if (!isDirectory && !File.Exists(followed))
                {
                    context.Log($"warning: skipping dangling symlink '{target}'");
                    continue;
                }

                FileInfo there = new(target);
                if (isDirectory)
                {
                    if (there.LinkTarget is { } other)
                    {
                        if (!Directory.Exists(Follow(context.Real(other))))
                        {
                            throw new BuiltinException($"collision between \"{source}\" and non-directory \"{other}\"");
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
                        throw new BuiltinException(
                            $"""
                            Unable to build profile. There is a conflict for the following files:

                              {other}
                              {source}
                            """);
                    }

                    if (before < priority)
                    {
                        continue;
                    }

                    File.Delete(target);
                }
                else if (Directory.Exists(target))
                {
                    throw new BuiltinException($"collision between non-directory '{source}' and directory '{target}'");
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

                real = context.Real(Path.GetFullPath(Path.Combine(Path.GetDirectoryName(real)!, link)));
            }

            return real;
        }
    }
}

using System;
using System.Collections.Generic;
using System.Text;
using Firn.Eval.Builtins.Versions;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Rendering;

/// <summary>The difference of two closures by package, for <c>nix store diff-closures</c> and <c>nix profile</c>.</summary>
internal static class ClosureDifference
{
    // Less is noise of paths and dates that are built in.
    private const long SmallestShown = 8 * 1024;

    private const string Red = "\x1b[31;1m", Green = "\x1b[32;1m", Normal = "\x1b[0m";

    /// <summary>A line for each package whose versions differ, or its size by much, sorted by name.</summary>
    public static IEnumerable<string> Lines(IPathInfos store, StorePath before, StorePath after)
    {
        SortedDictionary<string, Package> packages = new(StringComparer.Ordinal);
        Count(store, before, packages, isAfter: false);
        Count(store, after, packages, isAfter: true);
        foreach ((string name, Package package) in packages)
        {
            SortedSet<string> removed = new(package.Before, StringComparer.Ordinal), added = new(package.After, StringComparer.Ordinal);
            removed.ExceptWith(package.After);
            added.ExceptWith(package.Before);
            List<string> items = [];
            if (removed.Count > 0 || added.Count > 0)
            {
                items.Add($"{Versions(removed)} → {Versions(added)}");
            }

            if (Math.Abs(package.Growth) >= SmallestShown)
            {
                items.Add((package.Growth > 0 ? Red : Green) + ByteSize.Render(package.Growth) + Normal);
            }

            if (items.Count > 0)
            {
                yield return $"{name}: {string.Join(", ", items)}";
            }
        }
    }

    /// <summary>Versions in one text: <c>∅</c> for none, <c>ε</c> for an empty one.</summary>
    public static string Versions(SortedSet<string> versions)
    {
        if (versions.Count == 0)
        {
            return "∅";
        }

        List<string> shown = [.. versions];
        for (int i = 0; i < shown.Count; i++)
        {
            shown[i] = shown[i].Length == 0 ? "ε" : shown[i];
        }

        shown.Sort(StringComparer.Ordinal);
        return string.Join(", ", shown);
    }

    private static void Count(IPathInfos store, StorePath root, SortedDictionary<string, Package> packages, bool isAfter)
    {
        foreach (StorePath path in store.Closure([root]))
        {
            (string name, string version) = Parse(path.Name);
            if (!packages.TryGetValue(name, out Package? package))
            {
                packages[name] = package = new Package();
            }

            (isAfter ? package.After : package.Before).Add(version);
            package.Growth += (isAfter ? 1 : -1) * (long)store.Get(path).NarSize;
        }
    }

    /// <summary>Name and version without an output's name at the end, which cannot be told from a version such as "unstable".</summary>
    private static (string Name, string Version) Parse(string name)
    {
        int dash = name.LastIndexOf('-');
        if (dash >= 0 && IsOutput(name.AsSpan(dash + 1)))
        {
            name = name[..dash];
        }

        // Names of store paths are ASCII.
        int version = PackageVersion.FindVersion(Encoding.ASCII.GetBytes(name));
        return version < 0 ? (name, "") : (name[..version], name[(version + 1)..]);
    }

    private static bool IsOutput(ReadOnlySpan<char> text)
    {
        if (text is "lib32" or "lib64")
        {
            return true;
        }

        foreach (char c in text)
        {
            if (!char.IsAsciiLetterLower(c))
            {
                return false;
            }
        }

        return text.Length > 0;
    }

    private sealed class Package
    {
        public SortedSet<string> Before { get; } = new(StringComparer.Ordinal);

        public SortedSet<string> After { get; } = new(StringComparer.Ordinal);

        /// <summary>Bytes of NARs after, less those before.</summary>
        public long Growth { get; set; }
    }
}

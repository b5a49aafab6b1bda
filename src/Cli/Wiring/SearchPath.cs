using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Firn.Eval.Evaluation;

namespace Firn.Cli.Wiring;

/// <summary>What <c>&lt;name&gt;</c> is looked up in: <c>-I</c>, then <c>NIX_PATH</c> or the <c>nix-path</c> setting, then what ships with Firn.</summary>
internal static class SearchPath
{
    /// <param name="flags">The values of <c>-I</c>, which come first.</param>
    /// <param name="pure">Whether the evaluation is pure: then there is nothing to look in.</param>
    public static IReadOnlyList<SearchPathEntry> Entries(CommandContext context, List<string> flags, bool pure)
    {
        List<SearchPathEntry> entries = [];
        if (pure)
        {
            return entries;
        }

        entries.AddRange(flags.ConvertAll(Entry));
        // NIX_PATH is one of the ways to set it.
        foreach (string word in context.Settings.List("nix-path"))
        {
            entries.Add(Entry(word));
        }

        if (!context.Settings.Bool("restrict-eval"))
        {
            entries.AddRange(Channels(context));
            if (!context.Settings.IsSet("nix-path"))
            {
                entries.AddRange(Shipped());
            }
        }

        return entries;
    }

    /// <summary>The folder that Firn was installed under: above the binary's own.</summary>
    public static string? Prefix => Path.GetDirectoryName(Path.GetDirectoryName(Environment.ProcessPath));

    private static IEnumerable<SearchPathEntry> Channels(CommandContext context)
    {
        string state = Environment.GetEnvironmentVariable("NIX_STATE_DIR") is { Length: > 0 } dir ? dir : "/nix/var/nix";
        string channels = ProfileDirectories.DefaultExpressions(context) + "/channels";
        if (Directory.Exists(channels))
        {
            yield return Entry(channels);
        }

        string root = state + "/profiles/per-user/root/channels";
        if (Directory.Exists(root + "/nixpkgs"))
        {
            yield return Entry("nixpkgs=" + root + "/nixpkgs");
        }

        if (Directory.Exists(root))
        {
            yield return Entry(root);
        }
    }

    /// <summary>Where nothing is configured: the collection that ships with Firn, and Firn itself as a package's source.</summary>
    private static IEnumerable<SearchPathEntry> Shipped()
    {
        string share = Prefix + "/share";
        if (Directory.Exists(share + "/firn/collection"))
        {
            yield return Entry("nixpkgs=" + share + "/firn/collection");
        }

        if (Directory.Exists(share + "/firn-dist"))
        {
            yield return Entry("firn=" + share + "/firn-dist");
        }
    }

    private static SearchPathEntry Entry(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        string prefix = equals < 0 ? "" : text[..equals];
        string target = text[(equals + 1)..];
        if (!IsUrl(target))
        {
            target = Path.GetFullPath(target);
        }

        return new SearchPathEntry(Encoding.UTF8.GetBytes(prefix), Encoding.UTF8.GetBytes(target));
    }

    private static bool IsUrl(string target) =>
        target.StartsWith("channel:", StringComparison.Ordinal) || target.StartsWith("flake:", StringComparison.Ordinal) || target.Contains("://", StringComparison.Ordinal);

    /// <summary>Parts of <c>NIX_PATH</c>; the colon of a URL does not separate.</summary>
    internal static List<string> SplitVariable(string variable)
    {
        List<string> parts = [];
        int start = 0;
        for (int i = 0; i <= variable.Length; i++)
        {
            if (i < variable.Length && (variable[i] != ':' || IsInsideUrl(variable, start, i)))
            {
                continue;
            }

            if (i > start)
            {
                parts.Add(variable[start..i]);
            }

            start = i + 1;
        }

        return parts;
    }

    private static bool IsInsideUrl(string variable, int start, int colon)
    {
        if (string.CompareOrdinal(variable, colon, "://", 0, 3) == 0)
        {
            return true;
        }

        string before = variable[start..colon];
        string target = before[(before.IndexOf('=', StringComparison.Ordinal) + 1)..];
        return target is "channel" or "flake";
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Firn.Fetchers.Mirrors;

/// <summary>
/// The package sources of a Debian machine, read for the servers that carry Debian itself: one-line files
/// (<c>*.list</c>) and stanzas (<c>*.sources</c>).
/// </summary>
/// <remarks>sources.list(5)</remarks>
public static class AptSources
{
    /// <summary>The servers that a machine uses, each once, in its order; security and third-party archives left out.</summary>
    /// <param name="directory">Usually <c>/etc/apt</c>; need not exist.</param>
    public static IReadOnlyList<string> Servers(string directory)
    {
        List<string> servers = [];
        foreach (string file in Files(directory))
        {
            string text;
            try
            {
                text = File.ReadAllText(file);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A file with a password in it is not for everybody; what the others name is still good.
                continue;
            }

            Add(servers, file.EndsWith(".sources", StringComparison.Ordinal) ? ParseStanzas(text) : ParseLines(text));
        }

        return servers;
    }

    /// <summary>Reads the one-line form: <c>deb [options] URI suite component...</c>.</summary>
    public static IEnumerable<string> ParseLines(string text)
    {
        foreach (string raw in text.Split('\n'))
        {
            string line = raw.Split('#')[0].Trim();
            int bracket = line.IndexOf('[');
            int end = line.IndexOf(']');
            if (bracket >= 0 && end > bracket)
            {
                line = line[..bracket] + " " + line[(end + 1)..];
            }

            string[] words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length >= 4 && words[0] is "deb" or "deb-src" && IsMain(words[2], words[3..]))
            {
                yield return words[1];
            }
        }
    }

    /// <summary>Reads the stanza form (deb822): fields, continued by indented lines, stanzas parted by empty lines.</summary>
    public static IEnumerable<string> ParseStanzas(string text)
    {
        Dictionary<string, string> fields = new(StringComparer.OrdinalIgnoreCase);
        string? last = null;
        foreach (string line in text.Split('\n').Append(""))
        {
            string trimmed = line.Trim();
            if (trimmed.Length == 0)
            {
                foreach (string uri in OfStanza(fields))
                {
                    yield return uri;
                }

                fields.Clear();
                last = null;
            }
            else if (trimmed[0] == '#')
            {
                continue;
            }
            else if (char.IsWhiteSpace(line[0]) && last is not null)
            {
                fields[last] += " " + trimmed;
            }
            else if (line.IndexOf(':') is > 0 and int colon)
            {
                last = line[..colon].Trim();
                fields[last] = line[(colon + 1)..].Trim();
            }
        }
    }

    private static IEnumerable<string> OfStanza(Dictionary<string, string> fields)
    {
        if (fields.TryGetValue("Enabled", out string? enabled) && enabled is "no" or "false" or "0" or "off")
        {
            yield break;
        }

        string[] suites = Words(fields.GetValueOrDefault("Suites", ""));
        string[] components = Words(fields.GetValueOrDefault("Components", ""));
        if (!suites.Any(s => IsMain(s, components)))
        {
            yield break;
        }

        foreach (string uri in Words(fields.GetValueOrDefault("URIs", "")))
        {
            yield return uri;
        }
    }

    /// <summary>Whether it is the archive proper: it has a component <c>main</c>, and is not the security archive, whose files lie elsewhere.</summary>
    private static bool IsMain(string suite, string[] components)
        => components.Contains("main") && !suite.Contains("security", StringComparison.Ordinal) && !suite.Contains("/updates", StringComparison.Ordinal);

    private static IEnumerable<string> Files(string directory)
    {
        string main = Path.Combine(directory, "sources.list");
        if (File.Exists(main))
        {
            yield return main;
        }

        string parts = Path.Combine(directory, "sources.list.d");
        if (Directory.Exists(parts))
        {
            foreach (string file in Directory.EnumerateFiles(parts).Order(StringComparer.Ordinal))
            {
                if (Path.GetExtension(file) is ".list" or ".sources")
                {
                    yield return file;
                }
            }
        }
    }

    private static void Add(List<string> servers, IEnumerable<string> found)
    {
        foreach (string uri in found)
        {
            if ((uri.StartsWith("http://", StringComparison.Ordinal) || uri.StartsWith("https://", StringComparison.Ordinal) || uri.StartsWith("file:", StringComparison.Ordinal))
                && !servers.Contains(uri))
            {
                servers.Add(uri);
            }
        }
    }

    private static string[] Words(string text) => text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
}

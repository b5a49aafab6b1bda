using System;
using System.Collections.Generic;

namespace Firn.Formats.Conf;

/// <summary>A setting as a line of <c>nix.conf</c> gives it; words of the value are joined by single spaces.</summary>
public readonly record struct ConfSetting(string Name, string Value);

/// <summary>Reads the text of <c>nix.conf</c>.</summary>
/// <remarks>Nix manual, command-ref/conf-file</remarks>
public static class ConfReader
{
    private const int MaxIncludes = 100;

    /// <summary>The settings of a file and of what it includes, in order.</summary>
    /// <param name="path">The file's own path, absolute, for messages and relative includes.</param>
    /// <param name="include">Contents of an included file by absolute path; null when there is none.</param>
    /// <exception cref="UnknownWordException">A line is malformed.</exception>
    /// <exception cref="FormatsException">A file that <c>include</c> names is missing, or files include each other without end.</exception>
    public static List<ConfSetting> Read(string text, string path, Func<string, string?> include)
    {
        List<ConfSetting> settings = [];
        Read(text, path, include, settings, 0);
        return settings;
    }

    private static void Read(string text, string path, Func<string, string?> include, List<ConfSetting> settings, int depth)
    {
        foreach (string whole in text.Split('\n'))
        {
            int hash = whole.IndexOf('#', StringComparison.Ordinal);
            string line = hash < 0 ? whole : whole[..hash];
            string[] words = line.Split([' ', '\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0)
            {
                continue;
            }

            if (words.Length >= 2 && words[0] is ("include" or "!include"))
            {
                if (words.Length != 2)
                {
                    throw Fault(line, path);
                }

                string file = StorePaths.StoreDir.Canonical(words[1].StartsWith('/') ? words[1] : path[..(path.LastIndexOf('/') + 1)] + words[1]);
                if (include(file) is string contents)
                {
                    if (depth == MaxIncludes)
                    {
                        throw new FormatsException($"file \"{file}\" included from \"{path}\" is nested more than {MaxIncludes} deep");
                    }

                    Read(contents, file, include, settings, depth + 1);
                }
                else if (words[0] == "include")
                {
                    throw new FormatsException($"file \"{file}\" included from \"{path}\" not found");
                }
            }
            else if (words.Length < 2 || words[1] != "=")
            {
                throw Fault(line, path);
            }
            else
            {
                settings.Add(new ConfSetting(words[0], string.Join(' ', words.AsSpan(2))));
            }
        }
    }

    private static UnknownWordException Fault(string line, string path) => new($"syntax error in configuration line '{line}' in \"{path}\"");
}

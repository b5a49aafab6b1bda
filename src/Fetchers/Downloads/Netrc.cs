using System;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace Firn.Fetchers.Downloads;

/// <summary>Names and passwords by host.</summary>
/// <remarks>netrc(5); of passwords in quotes: curl(1), --netrc-file</remarks>
public static class Netrc
{
    /// <summary>The entry of a host, or of <c>default</c>, or null.</summary>
    /// <param name="login">The entry must be for this name; null for any.</param>
    public static (string Login, string Password)? Find(DownloadSettings settings, string host, string? login = null) =>
        Read(settings) is { } text ? Find(text, host, login) : null;

    /// <summary>The contents of the file, or null where there is none.</summary>
    /// <exception cref="FetchException">It cannot be read.</exception>
    public static string? Read(DownloadSettings settings)
    {
        if (settings.NetrcText is not null || settings.NetrcFile is not { } file)
        {
            return settings.NetrcText;
        }

        try
        {
            return File.Exists(file) ? File.ReadAllText(file) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FetchException($"cannot read '{file}' (setting 'netrc-file'): {FileFailure.Reason(e)}", e);
        }
    }

    private static (string Login, string Password)? Find(string text, string host, string? wanted)
    {
        string? login = null, password = null;
        bool inside = false;
        using IEnumerator<string> words = Words(text).GetEnumerator();
        while (words.MoveNext())
        {
            switch (words.Current)
            {
                case "machine" or "default":
                    if (Found() is { } found)
                    {
                        return found;
                    }

                    inside = words.Current == "default" || (words.MoveNext() && words.Current.Equals(host, StringComparison.OrdinalIgnoreCase));
                    login = password = null;
                    break;
                case "login" when words.MoveNext():
                    login = words.Current;
                    break;
                case "password" when words.MoveNext():
                    password = words.Current;
                    break;
                case "account" when words.MoveNext():
                    break;
            }
        }

        return Found();

        // A password alone belongs to whoever asks.
        (string, string)? Found() => inside && password is not null && (login ?? wanted ?? "") is var name && (wanted is null || name == wanted) ? (name, password) : null;
    }

    private static IEnumerable<string> Words(string text)
    {
        bool macro = false;
        foreach (string line in text.Split('\n'))
        {
            // The definition of a macro goes on to an empty line.
            if (macro || line.TrimStart().StartsWith('#'))
            {
                macro = macro && line.Trim().Length > 0;
                continue;
            }

            for (int at = 0; Word(line, ref at) is { } word;)
            {
                if (word == "macdef")
                {
                    macro = true;
                    break;
                }

                yield return word;
            }
        }
    }

    private static string? Word(string line, ref int at)
    {
        while (at < line.Length && line[at] is ' ' or '\t' or '\r')
        {
            at++;
        }

        if (at == line.Length)
        {
            return null;
        }

        StringBuilder word = new();
        bool quoted = line[at] == '"';
        for (at += quoted ? 1 : 0; at < line.Length && (quoted ? line[at] != '"' : line[at] is not (' ' or '\t' or '\r')); at++)
        {
            bool escaped = quoted && line[at] == '\\' && at + 1 < line.Length;
            word.Append(!escaped ? line[at] : line[++at] switch
            {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                char other => other,
            });
        }

        at += quoted && at < line.Length ? 1 : 0;
        return word.ToString();
    }
}

using System;
using System.Buffers;

namespace Firn.Fetchers.Inputs;

/// <summary>Names of branches and tags, and commit hashes.</summary>
/// <remarks>git-check-ref-format(1)</remarks>
public static class GitRefName
{
    private static readonly SearchValues<char> s_forbidden = SearchValues.Create(" ~^:?*[\\\x7f");

    /// <summary>Whether a text is 40 hexadecimal digits.</summary>
    public static bool IsRevision(string text) => text.Length == 40 && IsHex(text);

    /// <summary>Whether a text may be the name of a branch or tag.</summary>
    public static bool IsLegal(string name)
    {
        if (name.Length == 0 || name == "@" || name.StartsWith('-') || name.EndsWith('/') || name.EndsWith('.') || name.StartsWith('/')
            || name.AsSpan().ContainsAny(s_forbidden) || name.AsSpan().ContainsAnyInRange('\0', '\x1f')
            || name.Contains("..", StringComparison.Ordinal) || name.Contains("//", StringComparison.Ordinal) || name.Contains("@{", StringComparison.Ordinal))
        {
            return false;
        }

        foreach (string part in name.Split('/'))
        {
            if (part.StartsWith('.') || part.EndsWith(".lock", StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a text follows the short form of names that flake references and Mercurial use.</summary>
    public static bool IsPlain(string name)
    {
        if (name.Length == 0 || !(char.IsAsciiLetterOrDigit(name[0]) || name[0] == '@'))
        {
            return false;
        }

        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.' or '/' or '@' or '+' or '-'))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsHex(string text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiHexDigit(c))
            {
                return false;
            }
        }

        return true;
    }
}

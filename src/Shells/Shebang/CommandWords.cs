using System;
using System.Collections.Generic;
using System.Text;

namespace Firn.Shells.Shebang;

/// <summary>Arguments in the first lines of a script that <c>nix</c> runs. Words are quoted with two backticks, in which nothing but backticks means anything.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix "Shebang interpreter"</remarks>
public static class CommandWords
{
    /// <summary>The arguments on lines <c>#! nix …</c>; null for a file that is no script.</summary>
    /// <param name="text">The script; only the comments at its start are looked at.</param>
    /// <exception cref="ShellException">Quoting is wrong.</exception>
    public static IReadOnlyList<string>? OfScript(string text)
    {
        string[] lines = text.Split('\n');
        if (!lines[0].StartsWith("#!", StringComparison.Ordinal))
        {
            return null;
        }

        StringBuilder content = new();
        foreach (string line in lines.AsSpan(1))
        {
            if (line.Length == 0 || !@"#/\%@*-(".Contains(line[0]))
            {
                break;
            }

            string trimmed = line.TrimEnd();
            ReadOnlySpan<char> rest = trimmed.StartsWith("#!", StringComparison.Ordinal) ? trimmed.AsSpan(2).TrimStart() : "";
            if (!rest.StartsWith("nix"))
            {
                continue;
            }

            // One space after the name, so that what follows keeps its indentation.
            rest = rest[3..];
            if (rest.StartsWith(": "))
            {
                rest = rest[1..];
            }

            if (rest.IsEmpty || rest[0] == ' ')
            {
                content.Append(rest.IsEmpty ? rest : rest[1..]).Append('\n');
            }
        }

        return Split(content.ToString());
    }

    /// <summary>Takes text apart into words.</summary>
    /// <exception cref="ShellException">Quoting is wrong, or a character is reserved.</exception>
    public static IReadOnlyList<string> Split(string text)
    {
        List<string> words = [];
        StringBuilder word = new();
        int at = 0;
        while (at < text.Length)
        {
            char c = text[at];
            switch (c)
            {
                case ' ' or '\t' or '\n' or '\r':
                    Finish();
                    at++;
                    break;
                case '`' when at + 1 < text.Length && text[at + 1] == '`':
                    // What stands right before a quoted word is lost, as with real Nix.
                    word.Clear();
                    at += 2;
                    words.Add(Quoted(text, ref at));
                    break;
                case '`':
                    throw new ShellException("single backtick is not a supported syntax in the nix shebang.");
                case '$' or '*' or '~' or '<' or '>' or '|' or ';' or '(' or ')' or '[' or ']' or '{' or '}' or '\'' or '"' or '\\':
                    throw new ShellException($"unsupported unquoted character in nix shebang: {c}. Use double backticks to escape?");
                case '#' when word.Length == 0:
                    throw new ShellException("unquoted nix shebang argument cannot start with #. Use double backticks to escape?");
                default:
                    word.Append(c);
                    at++;
                    break;
            }
        }

        Finish();
        return words;

        void Finish()
        {
            if (word.Length > 0)
            {
                words.Add(word.ToString());
                word.Clear();
            }
        }
    }

    private static string Quoted(string text, ref int at)
    {
        StringBuilder word = new();
        while (at < text.Length)
        {
            // The end may have one space before it, which is no part of the word.
            int ticks = text[at] == ' ' ? at + 1 : at;
            int count = Backticks(text, ticks);
            if (count == 2)
            {
                at = ticks + 2;
                return word.ToString();
            }

            if (ticks == at && count > 2)
            {
                // The first of several makes the others ordinary.
                word.Append('`', count - 1);
                at += count;
            }
            else
            {
                word.Append(text[at++]);
            }
        }

        throw new ShellException("unterminated quoted string in nix shebang");
    }

    private static int Backticks(string text, int at)
    {
        int count = 0;
        while (at + count < text.Length && text[at + count] == '`')
        {
            count++;
        }

        return count;
    }
}

using System;
using System.Collections.Generic;
using System.Text;

namespace Firn.Shells.Shebang;

/// <summary>Arguments in the first lines of a script that <c>nix-shell</c> runs.</summary>
/// <remarks>Nix manual, command-ref/nix-shell "Use as a #!-interpreter"</remarks>
public static class ScriptWords
{
    private const string Program = "nix-shell";

    /// <summary>The arguments on lines <c>#! nix-shell …</c>; null for a file that is no script.</summary>
    /// <exception cref="ShellException">A quote is not closed.</exception>
    public static IReadOnlyList<string>? OfScript(string text)
    {
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length == 0 || !lines[0].StartsWith("#!", StringComparison.Ordinal))
        {
            return null;
        }

        List<string> words = [];
        foreach (string line in lines.AsSpan(1))
        {
            if (line.StartsWith("#!", StringComparison.Ordinal)
                && line.AsSpan(2).Trim() is var rest
                && rest.StartsWith(Program) && rest.Length > Program.Length && char.IsWhiteSpace(rest[Program.Length]))
            {
                Split(rest[Program.Length..].TrimStart(), words);
            }
        }

        return words;
    }

    /// <summary>Takes text apart as the shell does, but that nothing is expanded.</summary>
    /// <exception cref="ShellException">A quote is not closed.</exception>
    public static IReadOnlyList<string> Split(string text)
    {
        List<string> words = [];
        Split(text, words);
        return words;
    }

    // As the shell does it, but that nothing is expanded: a backslash takes the next character as it is, also in double quotes.
    private static void Split(ReadOnlySpan<char> line, List<string> words)
    {
        StringBuilder word = new();
        bool open = false;
        char quote = '\0';
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (quote == '\0' && char.IsWhiteSpace(c))
            {
                if (open)
                {
                    words.Add(word.ToString());
                    word.Clear();
                    open = false;
                }

                continue;
            }

            open = true;
            if (quote == '\0' ? c is '\'' or '"' : c == quote)
            {
                quote = quote == '\0' ? c : '\0';
            }
            else if (c == '\\' && quote != '\'')
            {
                if (++i < line.Length)
                {
                    word.Append(line[i]);
                }
            }
            else
            {
                word.Append(c);
            }
        }

        if (quote != '\0')
        {
            throw new ShellException("unterminated quote in shebang line");
        }

        if (open)
        {
            words.Add(word.ToString());
        }
    }

    /// <summary>The command that has an interpreter run a script.</summary>
    /// <param name="interpreter">A name or path, and arguments of it.</param>
    public static string Interpret(string interpreter, string script, IReadOnlyList<string> arguments)
    {
        StringBuilder command = new("exec ");
        if (interpreter.Contains("perl", StringComparison.Ordinal))
        {
            // Perl reads the first line too, and runs what it names unless that looks like perl. Called by this name it doesn't.
            command.Append("-a PERL ");
        }

        command.Append(interpreter);
        if (interpreter.Contains("ruby", StringComparison.Ordinal))
        {
            // So does Ruby, but not for files that are loaded.
            command.Append(" -e 'load(ARGV.shift)' --");
        }

        command.Append(' ').Append(BashText.Quote(script));
        foreach (string argument in arguments)
        {
            command.Append(' ').Append(BashText.Quote(argument));
        }

        return command.ToString();
    }
}

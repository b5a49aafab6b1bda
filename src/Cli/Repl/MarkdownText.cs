using System;
using System.Text;
using System.Text.RegularExpressions;
using Firn.Cli.Rendering;

namespace Firn.Cli.Repl;

/// <summary>Markdown on a terminal: marks of code and emphasis become colours or vanish; <c>_NIX_TEST_RAW_MARKDOWN=1</c> leaves all as it is.</summary>
internal static class MarkdownText
{
    public static string Render(string markdown)
    {
        if (Environment.GetEnvironmentVariable("_NIX_TEST_RAW_MARKDOWN") == "1")
        {
            return markdown;
        }

        bool colours = Terminal.Colours && !Console.IsOutputRedirected;
        StringBuilder text = new();
        bool code = false;
        foreach (string line in markdown.Split('\n'))
        {
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                code = !code;
                continue;
            }

            text.Append("  ").Append(code ? "    " + line : Inline(line, colours)).Append('\n');
        }

        return text.ToString();
    }

    private static string Inline(string line, bool colours)
    {
        string shown = line.TrimEnd('\\');
        shown = Regex.Replace(shown, @"\*\*([^*]+)\*\*", colours ? "\x1b[1m$1\x1b[0m" : "$1");
        shown = Regex.Replace(shown, @"(?<![\w*])\*([^*]+)\*(?![\w*])", colours ? "\x1b[4m$1\x1b[0m" : "$1");
        shown = Regex.Replace(shown, "`([^`]+)`", colours ? "\x1b[34m$1\x1b[0m" : "$1");
        return Regex.Replace(shown, @"\[([^\]]+)\]\([^)]*\)", "$1");
    }
}

using System;
using Firn.Eval.Errors;

namespace Firn.Cli.Rendering;

/// <summary>What the standard error can show.</summary>
internal static class Terminal
{
    /// <summary>Whether the standard error is a terminal that takes escape sequences.</summary>
    public static bool IsTerminal => !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    /// <summary>Whether to colour: a terminal, and neither <c>NO_COLOR</c> nor <c>NOCOLOR</c> is set.</summary>
    public static bool Colours => IsTerminal
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NOCOLOR"));

    /// <summary>Whether the locale's characters are those of Unicode.</summary>
    public static bool IsUnicode
    {
        get
        {
            foreach (string name in (ReadOnlySpan<string>)["LC_ALL", "LC_CTYPE", "LANG"])
            {
                if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } locale)
                {
                    return locale.Contains("UTF-8", StringComparison.OrdinalIgnoreCase) || locale.Contains("utf8", StringComparison.OrdinalIgnoreCase);
                }
            }

            return false;
        }
    }

    /// <summary>A text of others as it is shown: without escape sequences where those have no meaning.</summary>
    public static string Shown(string text) => Colours ? text : AnsiText.Strip(text);
}

using System;

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
}

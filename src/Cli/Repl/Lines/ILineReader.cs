using System;

namespace Firn.Cli.Repl.Lines;

/// <summary>Where the lines of a conversation come from.</summary>
internal interface ILineReader : IDisposable
{
    /// <summary>Shows the prompt and gives the line that follows it; null at the end.</summary>
    /// <exception cref="LineAbandonedException">The user gave the line up (Ctrl-C).</exception>
    string? Read(string prompt);
}

/// <summary>The user does not want what was typed so far.</summary>
internal sealed class LineAbandonedException : Exception;

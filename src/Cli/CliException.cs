using System;

namespace Firn.Cli;

/// <summary>A mistake in how a command was called, or one that a command words itself; shown as <c>error: MESSAGE</c>.</summary>
internal sealed class CliException(string message, int exitCode = 1, string? hint = null) : Exception(message)
{
    public int ExitCode { get; } = exitCode;

    /// <summary>A second line that says what to do, or null.</summary>
    public string? Hint { get; } = hint;
}

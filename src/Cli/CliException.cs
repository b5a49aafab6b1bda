using System;

namespace Firn.Cli;

/// <summary>A mistake in how a command was called, or one that a command words itself; shown as <c>error: MESSAGE</c>.</summary>
internal sealed class CliException(string message, int exitCode = 1, string? hint = null) : Exception(message)
{
    /// <summary>A flag that the command does not know.</summary>
    public static CliException UnknownFlag(string flag) => new($"unrecognised flag '{flag}'", hint: "Try 'nix --help' for more information.");

    public int ExitCode { get; } = exitCode;

    /// <summary>A second line that says what to do, or null.</summary>
    public string? Hint { get; } = hint;
}

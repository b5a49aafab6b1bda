using System;
using System.Collections.Generic;

namespace Firn.Cli;

/// <summary>A mistake in how a command was called, or one that a command words itself; shown as <c>error: MESSAGE</c>.</summary>
internal class CliException(string message, int exitCode = 1, string? hint = null) : Exception(message)
{
    /// <summary>A mistake in the arguments: the message is followed by a line that tells how to get help.</summary>
    /// <param name="suggestions">What may have been meant, best first.</param>
    public static CliException Usage(string message, IReadOnlyList<string>? suggestions = null) => new(message) { IsUsage = true, Suggestions = suggestions ?? [] };

    /// <summary>A flag that the command does not know.</summary>
    public static CliException UnknownFlag(string flag) => Usage($"unrecognised flag '{flag}'");

    /// <summary>An experimental feature that is not enabled.</summary>
    /// <param name="reason">What needs it, or empty where that is plain.</param>
    public static CliException MissingFeature(string feature, string reason = "") =>
        new($"experimental Nix feature '{feature}' is disabled{(reason.Length > 0 ? $" ({reason})" : "")}; add '--extra-experimental-features {feature}' to enable it");

    public int ExitCode { get; } = exitCode;

    /// <summary>A second line that says what to do, or null.</summary>
    public string? Hint { get; } = hint;

    /// <summary>Whether the arguments are at fault.</summary>
    public bool IsUsage { get; private init; }

    /// <summary>What may have been meant, best first.</summary>
    public IReadOnlyList<string> Suggestions { get; init; } = [];
}

/// <summary>The path of an output is known once it is built only, and it is not built.</summary>
internal sealed class UnbuiltOutputException(string derivation, string output)
    : CliException($"cannot operate on output '{output}' of the unbuilt derivation '{derivation}'");

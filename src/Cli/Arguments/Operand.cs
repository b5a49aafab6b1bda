using System;
using System.Collections.Generic;

namespace Firn.Cli.Arguments;

/// <summary>Arguments that a command expects at one place of its line.</summary>
/// <param name="Label">What it is called in help.</param>
/// <param name="Many">Whether it takes all that are left, also none; else it is exactly one.</param>
/// <param name="Optional">Whether the one may be missing.</param>
/// <param name="Handler">Takes the arguments.</param>
internal sealed record Operand(string Label, bool Many, bool Optional, Action<IReadOnlyList<string>> Handler)
{
    /// <inheritdoc cref="Flag.Completer"/>
    public Completer? Completer { get; init; }
}

using System.Collections.Generic;

namespace Firn.Formats.Logging;

/// <summary>An error or a warning in the forms that a log takes.</summary>
/// <param name="Level">How urgent it is.</param>
/// <param name="Shown">The whole text with its label, frames and colours.</param>
/// <param name="Raw">The message alone.</param>
/// <param name="File">Where in a source it is, or null.</param>
/// <param name="Line">Counted from 1; null where there is no file.</param>
/// <param name="Column">Counted from 1; null where there is no file.</param>
/// <param name="Trace">What was being done, innermost first; null where it was not asked for.</param>
public sealed record LogErrorText(
    Verbosity Level, string Shown, string Raw, string? File = null, int? Line = null, int? Column = null, IReadOnlyList<LogTraceFrame>? Trace = null);

/// <summary>A line of a trace: what was being done, and where.</summary>
/// <inheritdoc cref="LogErrorText"/>
public readonly record struct LogTraceFrame(string Raw, string? File, int? Line, int? Column);

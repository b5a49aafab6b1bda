namespace Firn.Eval.Builtins.Regex;

internal enum RegexOp : byte
{
    /// <summary>One byte of <see cref="RegexState.Argument"/>.</summary>
    Byte,

    /// <summary>One byte of the set at index <see cref="RegexState.Argument"/>.</summary>
    Set,

    /// <summary>Two ways, both tried: <see cref="RegexState.Other"/> first.</summary>
    Either,

    /// <summary>Once more through <see cref="RegexState.Other"/>, and only if that fails onwards.</summary>
    Repeat,

    GroupStart,
    GroupEnd,
    LineStart,
    LineEnd,
    Empty,
    Accept,
}

/// <summary>One state of the automaton.</summary>
internal readonly record struct RegexState(RegexOp Op, int Argument, int Next, int Other);

/// <summary>A compiled pattern.</summary>
/// <param name="States">The automaton; jumps are indices.</param>
/// <param name="Start">Where it starts.</param>
/// <param name="Sets">Sets of bytes, each an array of 256.</param>
/// <param name="GroupCount">Number of groups.</param>
/// <param name="FirstBytes">The bytes that a match can begin with; null when it may be empty.</param>
internal sealed record RegexProgram(RegexState[] States, int Start, bool[][] Sets, int GroupCount, bool[]? FirstBytes);

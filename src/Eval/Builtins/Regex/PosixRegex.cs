using System;

namespace Firn.Eval.Builtins.Regex;

/// <summary>Why a regular expression was refused.</summary>
public enum RegexFault
{
    /// <summary>It is not a regular expression of the language.</summary>
    Invalid,

    /// <summary>It, or matching with it, is too large.</summary>
    TooComplex,
}

/// <summary>A regular expression was refused, or matching took too many steps.</summary>
public sealed class RegexException : Exception
{
    internal RegexException(RegexFault fault)
        : base(fault.ToString()) => Fault = fault;

    public RegexFault Fault { get; }
}

/// <summary>Where a match and its groups lie. A group that took no part is (-1, -1).</summary>
public readonly struct RegexMatch
{
    private readonly int[] _bounds;

    internal RegexMatch(int start, int end, int[] bounds)
    {
        Start = start;
        End = end;
        _bounds = bounds;
    }

    public int Start { get; }

    /// <summary>Offset behind the match.</summary>
    public int End { get; }

    public int GroupCount => _bounds.Length / 2;

    /// <summary>Start and end of a group, counted from 0 by opening parentheses.</summary>
    public (int Start, int End) Group(int index) => (_bounds[2 * index], _bounds[(2 * index) + 1]);
}

/// <summary>POSIX extended regular expressions over bytes, compiled once and free to be shared.</summary>
/// <remarks>
/// Bytes above 127 belong to no class and sort before ASCII in ranges (they are signed). Alternatives are both
/// tried and the longer match wins, the left one when equal; repetitions take as much as leads to a match.
/// </remarks>
public sealed class PosixRegex
{
    private readonly RegexProgram _program;

    private PosixRegex(RegexProgram program) => _program = program;

    /// <summary>Number of groups.</summary>
    public int GroupCount => _program.GroupCount;

    /// <summary>Compiles a pattern.</summary>
    /// <exception cref="RegexException">The pattern is invalid or too large.</exception>
    public static PosixRegex Compile(ReadOnlySpan<byte> pattern) => new(RegexCompiler.Compile(pattern));

    /// <summary>Matches a whole text; null when it does not match.</summary>
    /// <exception cref="RegexException">Matching takes too many steps.</exception>
    public RegexMatch? MatchWhole(ReadOnlySpan<byte> text)
    {
        RegexMatcher matcher = new(_program, text);
        return matcher.MatchAt(0, MatchMode.Whole);
    }

    /// <summary>Finds the matches of a text from left to right.</summary>
    public RegexEnumerator EnumerateMatches(ReadOnlySpan<byte> text) => new(_program, text);
}

/// <summary>The matches of one text, each behind the one before.</summary>
public ref struct RegexEnumerator
{
    private readonly int _length;
    private RegexMatcher _matcher;
    private RegexMatch? _current;
    private bool _isDone;

    internal RegexEnumerator(RegexProgram program, ReadOnlySpan<byte> text)
    {
        _matcher = new RegexMatcher(program, text);
        _length = text.Length;
    }

    public readonly RegexMatch Current => _current!.Value;

    public readonly RegexEnumerator GetEnumerator() => this;

    /// <summary>Finds the next match.</summary>
    /// <exception cref="RegexException">Matching takes too many steps.</exception>
    public bool MoveNext()
    {
        if (_isDone)
        {
            return false;
        }

        if (_current is not RegexMatch previous)
        {
            _current = _matcher.Search(0);
        }
        else if (previous.Start != previous.End)
        {
            _matcher.ForbidLineStart();
            _current = _matcher.Search(previous.End);
        }
        else if (previous.End == _length)
        {
            _current = null;
        }
        else
        {
            // Behind an empty match: something longer in the same place, else on from the next byte.
            RegexMatch? longer = _matcher.MatchAt(previous.End, MatchMode.PrefixNotEmpty);
            if (longer is null)
            {
                _matcher.ForbidLineStart();
                longer = _matcher.Search(previous.End + 1);
            }

            _current = longer;
        }

        _isDone = _current is null;
        return !_isDone;
    }
}

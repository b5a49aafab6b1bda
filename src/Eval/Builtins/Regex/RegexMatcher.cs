using System;
using System.Collections.Generic;

namespace Firn.Eval.Builtins.Regex;

internal enum MatchMode : byte
{
    /// <summary>The match ends where the text ends.</summary>
    Whole,

    /// <summary>The longest match that starts here.</summary>
    Prefix,

    /// <summary>The same, but not an empty one.</summary>
    PrefixNotEmpty,
}

/// <summary>
/// Runs an automaton over a text by backtracking with an explicit stack. Once a search takes more steps than its
/// text would explain, it remembers where it has been, so time stays proportional to text times pattern.
/// </summary>
/// <remarks>
/// The order of trying decides which groups are reported: an alternative tries both sides, a repetition goes on
/// only when once more led nowhere, and of all matches found the first of the longest counts. A loop whose body
/// matched nothing is entered twice in one place, not more.
/// </remarks>
internal ref struct RegexMatcher
{
    /// <summary>A bound for patterns that are themselves hostile (loops in loops), in steps of one search.</summary>
    private const long StepsBase = 100_000_000;

    private const long StepsPerByte = 1000;

    private enum FrameKind : byte
    {
        GroupStart,
        GroupEnd,
        Repeat,
        EitherFirst,
        EitherSecond,
        Remember,
    }

    /// <summary>What is to be done or restored when a try comes back.</summary>
    private struct Frame
    {
        public FrameKind Kind;
        public int State;
        public int At;
        public int SavedPlace;
        public int SavedCount;
        public ulong Loops;
    }

    private readonly RegexProgram _program;
    private readonly ReadOnlySpan<byte> _text;
    private readonly int[] _groups;
    private readonly int[] _loopPlace;
    private readonly int[] _loopCount;
    private Frame[] _frames = [];
    private int _frameCount;
    private Dictionary<(long Place, ulong Loops), bool>? _visited;
    private long _steps;
    private long _stepLimit;
    private long _rememberAfter;
    private int[]? _best;
    private int _bestEnd;
    private bool _lineStartForbidden;

    public RegexMatcher(RegexProgram program, ReadOnlySpan<byte> text)
    {
        _program = program;
        _text = text;
        _groups = new int[2 * program.GroupCount];
        _loopPlace = new int[program.States.Length];
        _loopCount = new int[program.States.Length];
    }

    /// <summary>From now on no place is the start of a line.</summary>
    public void ForbidLineStart() => _lineStartForbidden = true;

    /// <summary>The leftmost match at or behind a place.</summary>
    public RegexMatch? Search(int from)
    {
        bool[]? first = _program.FirstBytes;
        bool forbidden = _lineStartForbidden;
        Begin(from);
        for (int start = from; start <= _text.Length; start++)
        {
            if (first is null || (start < _text.Length && first[_text[start]]))
            {
                RegexMatch? match = Run(start, MatchMode.Prefix);
                if (match is not null)
                {
                    _lineStartForbidden = forbidden;
                    return match;
                }
            }

            if (!_lineStartForbidden)
            {
                // What was learnt where a line could start does not hold elsewhere.
                _lineStartForbidden = true;
                _visited = null;
            }
        }

        _lineStartForbidden = forbidden;
        return null;
    }

    /// <summary>The match that starts at a place.</summary>
    public RegexMatch? MatchAt(int start, MatchMode mode)
    {
        Begin(start);
        return Run(start, mode);
    }

    private void Begin(int from)
    {
        long length = _text.Length - from;
        _visited = null;
        _steps = 0;
        _rememberAfter = 2048 + (8 * length);
        _stepLimit = StepsBase + (StepsPerByte * length);
    }

    private RegexMatch? Run(int start, MatchMode mode)
    {
        _groups.AsSpan().Fill(-1);
        _loopCount.AsSpan().Clear();
        _frameCount = 0;
        _bestEnd = -1;
        _best = null;
        int state = _program.Start;
        int at = start;
        ulong loops = 0;
        while (true)
        {
            bool found = Descend(start, mode, state, at, loops);
            if (_bestEnd == _text.Length || !Return(found, out state, out at, out loops))
            {
                return _bestEnd < 0 ? null : new RegexMatch(start, _bestEnd, _best!);
            }
        }
    }

    /// <summary>Follows one way to its end; whether it ended in a match.</summary>
    private bool Descend(int start, MatchMode mode, int stateIndex, int at, ulong loops)
    {
        RegexState[] states = _program.States;
        ReadOnlySpan<byte> text = _text;
        while (true)
        {
            if (++_steps > _stepLimit)
            {
                throw new RegexException(RegexFault.TooComplex);
            }

            RegexState state = states[stateIndex];
            switch (state.Op)
            {
                case RegexOp.Byte:
                    if (at >= text.Length || text[at] != state.Argument)
                    {
                        return false;
                    }

                    at++;
                    loops = 0;
                    stateIndex = state.Next;
                    break;
                case RegexOp.Set:
                    if (at >= text.Length || !_program.Sets[state.Argument][text[at]])
                    {
                        return false;
                    }

                    at++;
                    loops = 0;
                    stateIndex = state.Next;
                    break;
                case RegexOp.Empty:
                    stateIndex = state.Next;
                    break;
                case RegexOp.LineStart:
                    if (at != start || _lineStartForbidden)
                    {
                        return false;
                    }

                    stateIndex = state.Next;
                    break;
                case RegexOp.LineEnd:
                    if (at != text.Length)
                    {
                        return false;
                    }

                    stateIndex = state.Next;
                    break;
                case RegexOp.GroupStart:
                    Push(new Frame { Kind = FrameKind.GroupStart, State = state.Argument, At = _groups[2 * state.Argument] });
                    _groups[2 * state.Argument] = at;
                    stateIndex = state.Next;
                    break;
                case RegexOp.GroupEnd:
                    Push(new Frame { Kind = FrameKind.GroupEnd, State = state.Argument, At = _groups[(2 * state.Argument) + 1] });
                    _groups[(2 * state.Argument) + 1] = at;
                    stateIndex = state.Next;
                    break;
                case RegexOp.Accept:
                    return Accept(start, mode, at);
                case RegexOp.Either:
                    if (Recall(stateIndex, at, loops, out bool either))
                    {
                        return either;
                    }

                    Push(new Frame { Kind = FrameKind.EitherFirst, State = stateIndex, At = at, Loops = loops });
                    stateIndex = state.Other;
                    break;
                case RegexOp.Repeat:
                    if (Recall(stateIndex, at, loops, out bool repeated))
                    {
                        return repeated;
                    }

                    int count = _loopPlace[stateIndex] == at ? _loopCount[stateIndex] : 0;
                    if (count >= 2)
                    {
                        stateIndex = state.Next;
                        break;
                    }

                    Push(new Frame
                    {
                        Kind = FrameKind.Repeat,
                        State = stateIndex,
                        At = at,
                        Loops = loops,
                        SavedPlace = _loopPlace[stateIndex],
                        SavedCount = _loopCount[stateIndex],
                    });
                    loops ^= LoopHash(stateIndex, count) ^ LoopHash(stateIndex, count + 1);
                    _loopPlace[stateIndex] = at;
                    _loopCount[stateIndex] = count + 1;
                    stateIndex = state.Other;
                    break;
                default:
                    throw new InvalidOperationException($"unknown state {state.Op}");
            }
        }
    }

    /// <summary>Goes back to the last place with a way left to try; false when there is none.</summary>
    private bool Return(bool found, out int state, out int at, out ulong loops)
    {
        while (_frameCount > 0)
        {
            Frame frame = _frames[--_frameCount];
            switch (frame.Kind)
            {
                case FrameKind.GroupStart:
                    _groups[2 * frame.State] = frame.At;
                    break;
                case FrameKind.GroupEnd:
                    _groups[(2 * frame.State) + 1] = frame.At;
                    break;
                case FrameKind.Repeat:
                    _loopPlace[frame.State] = frame.SavedPlace;
                    _loopCount[frame.State] = frame.SavedCount;
                    if (!found)
                    {
                        state = _program.States[frame.State].Next;
                        at = frame.At;
                        loops = frame.Loops;
                        return true;
                    }

                    break;
                case FrameKind.EitherFirst:
                    state = _program.States[frame.State].Next;
                    at = frame.At;
                    loops = frame.Loops;
                    Push(new Frame { Kind = FrameKind.EitherSecond, State = found ? 1 : 0 });
                    return true;
                case FrameKind.EitherSecond:
                    found |= frame.State != 0;
                    break;
                case FrameKind.Remember:
                    _visited![(((long)frame.At * _program.States.Length) + frame.State, frame.Loops)] = found;
                    break;
            }
        }

        state = at = 0;
        loops = 0;
        return false;
    }

    /// <summary>
    /// Whether it is known what comes of this state in this place. What was tried before has already reported its
    /// matches, so only whether there was one matters.
    /// </summary>
    private bool Recall(int state, int at, ulong loops, out bool found)
    {
        found = false;
        if (_steps < _rememberAfter)
        {
            return false;
        }

        _visited ??= [];
        if (_visited.TryGetValue((((long)at * _program.States.Length) + state, loops), out found))
        {
            return true;
        }

        Push(new Frame { Kind = FrameKind.Remember, State = state, At = at, Loops = loops });
        return false;
    }

    /// <summary>A number for "this loop was entered so many times here", combined by exclusive or.</summary>
    private static ulong LoopHash(int state, int count)
    {
        if (count == 0)
        {
            return 0;
        }

        ulong x = ((ulong)state * 2) + (ulong)count + 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }

    private bool Accept(int start, MatchMode mode, int at)
    {
        if ((mode == MatchMode.Whole && at != _text.Length) || (mode == MatchMode.PrefixNotEmpty && at == start))
        {
            return false;
        }

        if (at > _bestEnd)
        {
            _bestEnd = at;
            _best = _groups.AsSpan().ToArray();
        }

        return true;
    }

    private void Push(Frame frame)
    {
        if (_frameCount == _frames.Length)
        {
            Array.Resize(ref _frames, Math.Max(8, _frameCount * 2));
        }

        _frames[_frameCount++] = frame;
    }
}

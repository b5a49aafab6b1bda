using System;
using System.Collections.Generic;
using Firn.Eval.Errors;
using Firn.Eval.Values;

namespace Firn.Eval.Debugging;

/// <summary>How to go on after a stop.</summary>
public enum DebugAction
{
    /// <summary>Until the next error or <c>builtins.break</c>.</summary>
    Continue,

    /// <summary>Until the next thing that is evaluated.</summary>
    Step,

    /// <summary>Not at all.</summary>
    Quit,
}

/// <summary>Why and where an evaluation stopped.</summary>
/// <param name="Error">The error, without its trace; null where it stopped for another reason.</param>
/// <param name="IsBreak">Whether <c>builtins.break</c> was called: then the error is no error yet.</param>
/// <param name="InTry">Whether <c>builtins.tryEval</c> may catch the error.</param>
/// <param name="Frames">What the evaluation is in the middle of, innermost first.</param>
public sealed record DebugStop(EvalError? Error, bool IsBreak, bool InTry, IReadOnlyList<DebugFrame> Frames);

/// <summary>
/// Stops an evaluation where it fails, where an expression asks for it, or at each step. What can be stopped at are
/// nodes that stand in the tree only for a debugger, so other evaluations pay nothing.
/// </summary>
/// <param name="stopped">Called at a stop; says how to go on. It may evaluate, which does not stop again.</param>
/// <param name="ignoreTry">Whether errors inside <c>builtins.tryEval</c> do not stop (<c>ignore-try</c>).</param>
/// <remarks>docs/language/debugger.md</remarks>
public sealed class Debugger(Func<DebugStop, DebugAction> stopped, bool ignoreTry)
{
    private const string BreakText = "breakpoint reached";

    private readonly List<DebugFrame> _frames = [];
    private readonly HashSet<EvalError> _shown = new(ReferenceEqualityComparer.Instance);
    private int _tries;
    private bool _isStopped, _steps, _hasQuit;

    /// <summary>Stops as <c>builtins.break</c> does.</summary>
    /// <exception cref="EvalError">The user wants it to end.</exception>
    internal void Break()
    {
        if (!CanStop)
        {
            return;
        }

        EvalError error = new(EvalErrorKind.Error, BreakText);
        if (Stop(error, isBreak: true) == DebugAction.Quit)
        {
            _shown.Add(error);
            throw error;
        }
    }

    /// <summary>Stops without an error.</summary>
    internal void Pause()
    {
        if (CanStop)
        {
            Stop(null, isBreak: false);
        }
    }

    internal void Enter(DebugFrame frame)
    {
        _frames.Add(frame);
        if (_steps)
        {
            Pause();
        }
    }

    internal void Leave(int depth) => _frames.RemoveRange(depth, _frames.Count - depth);

    internal int Depth => _frames.Count;

    /// <summary>Stops for an error, once. Always false: for use as an exception filter that catches nothing.</summary>
    internal bool Failed(EvalError error)
    {
        if (CanStop && error.Kind != EvalErrorKind.Interrupted && !(ignoreTry && _tries > 0) && _shown.Add(error))
        {
            Stop(error, isBreak: false);
        }

        return false;
    }

    internal void EnterTry() => _tries++;

    internal void LeaveTry() => _tries--;

    private bool CanStop => !_isStopped && !_hasQuit && _frames.Count > 0;

    private DebugAction Stop(EvalError? error, bool isBreak)
    {
        List<DebugFrame> frames = [.. _frames];
        frames.Reverse();
        if (error is not null)
        {
            // The first frame of the error's own trace may tell more than the expression.
            PosIdx pos = isBreak ? default : error.Pos.IsSet ? error.Pos : frames[0].Pos;
            frames.Insert(0, frames[0].WithError(pos, error.Hint));
        }

        _isStopped = true;
        try
        {
            EvalError? plain = error is null ? null : new EvalError(error.Kind, error.Hint) { Suggestions = error.Suggestions }.At(error.Pos);
            DebugAction action = stopped(new DebugStop(plain, isBreak, _tries > 0, frames));
            _steps = action == DebugAction.Step;
            _hasQuit = action == DebugAction.Quit;
            return action;
        }
        finally
        {
            _isStopped = false;
        }
    }
}

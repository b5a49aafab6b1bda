using System.Collections.Generic;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Printing;
using Firn.Eval.Values;

namespace Firn.Eval.Builtins;

/// <summary>Order of evaluation, errors and messages.</summary>
public sealed class ControlBuiltins : IBuiltinFamily
{
    private readonly Evaluator _ev;
    private readonly AttrsTemplate _tried;

    public ControlBuiltins(Evaluator ev)
    {
        _ev = ev;
        _tried = new AttrsTemplate([WellKnown.Value, WellKnown.Success]);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Builtin> Builtins =>
    [
        Builtin.Of("abort", Abort, "Ends the evaluation with a message.", global: true),
        Builtin.Of("throw", Throw, "Fails with a message; tryEval catches it.", global: true),
        Builtin.Of("tryEval", TryEval, "Evaluates a value to its outermost constructor and says whether that failed by throw or assert."),
        Builtin.Of("seq", Seq, "Evaluates the first argument, then gives the second."),
        Builtin.Of("deepSeq", DeepSeq, "Evaluates the first argument and everything in it, then gives the second."),
        Builtin.Of("trace", Trace, "Writes the first argument to standard error and gives the second."),
        Builtin.Of("traceVerbose", TraceVerbose, "Like trace where the setting trace-verbose is on, else just gives the second argument."),
        Builtin.Of("warn", Warn, "Writes a warning to standard error and gives the second argument."),
        Builtin.Of("addErrorContext", AddErrorContext, "Gives the second argument; an error in it gets the first as a line of its trace.", addTrace: false),
        Builtin.Of("break", Break, "Gives its argument; stops here when a debugger runs.", global: true, addTrace: false),
    ];

    private Value Abort(Value message)
    {
        VString text = _ev.CoerceToString(message, "while evaluating the error message passed to builtins.abort", Coercion.CopyToStore);
        throw new EvalError(EvalErrorKind.Abort, $"evaluation aborted with the following error message: '{text.Bytes}'");
    }

    private Value Throw(Value message)
    {
        VString text = _ev.CoerceToString(message, "while evaluating the error message passed to builtin.throw", Coercion.CopyToStore);
        throw new EvalError(EvalErrorKind.Thrown, text.Text);
    }

    private Value TryEval(Value value)
    {
        _ev.Options.Debugger?.EnterTry();
        Value? result = _ev.TryForce(value, out _);
        _ev.Options.Debugger?.LeaveTry();
        return result is not null ? _tried.Make([result, VBool.True]) : _tried.Make([VBool.False, VBool.False]);
    }

    private Value Break(Value value)
    {
        _ev.Options.Debugger?.Break();
        return value.Force();
    }

    private static Value Seq(Value first, Value second)
    {
        first.Force();
        return second.Force();
    }

    private Value DeepSeq(Value first, Value second)
    {
        _ev.ForceDeep(first);
        return second.Force();
    }

    private Value Trace(Value message, Value result)
    {
        byte[] text = message.Force() is VString literal
            ? literal.Bytes
            : Encoding.UTF8.GetBytes(ValuePrinter.Print(_ev, message, new PrintOptions()));
        _ev.Io.WriteMessage([.. "trace: "u8, .. text]);
        if (_ev.Options.StopsOnTrace)
        {
            _ev.Options.Debugger?.Pause();
        }

        return result.Force();
    }

    private Value TraceVerbose(Value message, Value result) => _ev.Options.TraceVerbose ? Trace(message, result) : result.Force();

    private Value Warn(Value message, Value result)
    {
        VString text = _ev.ForceString(message, "while evaluating the first argument; the message passed to builtins.warn");
        _ev.Io.WriteMessage([.. "evaluation warning: "u8, .. text.Bytes]);
        if (_ev.Options.StopsOnWarn)
        {
            _ev.Options.Debugger?.Pause();
        }

        if (_ev.Options.AbortOnWarn)
        {
            throw new EvalError(EvalErrorKind.Abort, "aborting to reveal stack trace of warning, as abort-on-warn is set");
        }

        return result.Force();
    }

    private Value AddErrorContext(Value message, Value result)
    {
        try
        {
            return result.Force();
        }
        catch (EvalError e)
        {
            // Evaluating the message may itself fail, and then that is the error: no work for a filter.
            VString text = _ev.CoerceToString(message, "while evaluating the error message passed to builtins.addErrorContext", Coercion.Strict);
            e.AddTrace(new TraceFrame(default, text.Text, Always: true));
            throw;
        }
    }
}

using System;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;

namespace Firn.Eval.Debugging;

/// <summary>A node that a debugger can stop at. Stands in the tree only where there is one.</summary>
/// <param name="text">What evaluating it is called, with the escapes of highlights.</param>
internal sealed class DebuggedNode(Evaluator ev, Debugger debugger, Node inner, StaticScope? names, Func<string> text) : Node
{
    public override Value Eval(Scope? scope)
    {
        int depth = debugger.Depth;
        debugger.Enter(new DebugFrame(Pos, text, names, scope));
        int calls = ev.CallDepth;
        try
        {
            return inner.Eval(scope);
        }
        catch (EvalError e) when (Failed(e, calls))
        {
            throw;
        }
        finally
        {
            debugger.Leave(depth);
        }
    }

    // What is evaluated at a stop leaves the depth as it was for who may still catch the error.
    private bool Failed(EvalError error, int calls)
    {
        int now = ev.CallDepth;
        ev.CallDepth = calls;
        debugger.Failed(error);
        ev.CallDepth = now;
        return false;
    }
}

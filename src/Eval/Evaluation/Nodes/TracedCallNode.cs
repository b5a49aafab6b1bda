using System;
using System.Diagnostics;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Values;

namespace Firn.Eval.Evaluation;

/// <summary>
/// A call that tells the user when it begins and ends (<c>trace-function-calls</c>). Stands in the tree only where
/// that is asked for, so that other evaluations pay nothing. Calls that builtins make are not told.
/// </summary>
internal sealed class TracedCallNode(Evaluator ev, Node call) : Node
{
    // Time goes on evenly; when the clock is set, the trace must not jump.
    private static readonly long s_start = Stopwatch.GetTimestamp();
    private static readonly long s_startNanoseconds = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;

    public override Value Eval(Scope? scope)
    {
        Tell("entered");
        try
        {
            return call.Eval(scope);
        }
        finally
        {
            Tell("exited");
        }
    }

    private void Tell(string what)
    {
        long now = s_startNanoseconds + (long)Stopwatch.GetElapsedTime(s_start).TotalNanoseconds;
        ev.Io.WriteMessage(Encoding.UTF8.GetBytes($"function-trace {what} {ErrorRenderer.Describe(ev.Positions, call.Pos)} at {now}"));
    }
}

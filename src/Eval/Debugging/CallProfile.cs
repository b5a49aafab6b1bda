using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Text;
using Firn.Eval.Builtins;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;

namespace Firn.Eval.Debugging;

/// <summary>
/// Samples of which calls the evaluation is in the middle of, in the collapsed form that flame graphs are drawn from:
/// frames from the outside in, separated by semicolons, a blank and how often. What is measured are nodes that stand in
/// the tree only for a profile, so other evaluations pay nothing.
/// </summary>
/// <remarks>Nix manual, advanced-topics/eval-profiler; docs/language/debugger.md</remarks>
public sealed class CallProfile
{
    private readonly TimeSpan _interval;
    private readonly List<string> _stack = [];
    private readonly SortedDictionary<string, long> _samples = new(StringComparer.Ordinal);
    private long _last = Stopwatch.GetTimestamp();

    /// <param name="frequency">Samples for each second; 0 for one at each call.</param>
    public CallProfile(ulong frequency) => _interval = frequency == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(1.0 / frequency);

    /// <summary>The function that is about to be called by an expression, whose body then is no call of its own.</summary>
    internal LambdaNode? Expected { get; set; }

    internal int Depth => _stack.Count;

    /// <summary>Writes the samples so far, one line each.</summary>
    public void Write(Stream to)
    {
        foreach ((string stack, long count) in _samples)
        {
            to.Write(Encoding.UTF8.GetBytes($"{stack} {count}\n"));
        }
    }

    internal void Enter(string frame)
    {
        _stack.Add(frame);
        long now = Stopwatch.GetTimestamp();
        if (_interval == TimeSpan.Zero || Stopwatch.GetElapsedTime(_last, now) > _interval)
        {
            string stack = string.Join(';', _stack);
            _samples[stack] = _samples.GetValueOrDefault(stack) + 1;
            _last = now;
        }
    }

    internal void Leave(int depth) => _stack.RemoveRange(depth, _stack.Count - depth);

    /// <summary>How a call is written.</summary>
    internal static string Describe(Evaluator ev, Value function, Value? first, PosIdx pos) => function switch
    {
        VLambda lambda => Place(ev, pos.IsSet ? pos : lambda.Pos) + (lambda.Name.IsSet ? ":" + ev.Symbols.TextOf(lambda.Name) : ""),
        VPrimOp { Builtin.Name: "derivationStrict" } => Prefix(ev, pos) + "primop derivationStrict" + NameOf(ev, first),
        VPrimOp builtin => Prefix(ev, pos) + "primop " + builtin.Builtin.Name,
        VPrimOpApp builtin => Prefix(ev, pos) + "primop " + builtin.Builtin.Name,
        VAttrs set when set.Has(WellKnown.MagicFunctor) => Place(ev, pos.IsSet ? pos : set.PosOf(WellKnown.MagicFunctor)) + ":functor",
        _ => Place(ev, pos),
    };

    private static string Place(Evaluator ev, PosIdx pos) => ErrorRenderer.Describe(ev.Positions, pos);

    private static string Prefix(Evaluator ev, PosIdx pos) => pos.IsSet ? Place(ev, pos) + ":" : "";

    private static string NameOf(Evaluator ev, Value? argument)
    {
        try
        {
            return argument?.Force() is VAttrs set && set.Get(WellKnown.Name) is { } name
                ? ":" + Encoding.UTF8.GetString(ev.ForceStringNoContext(name, ""))
                : "";
        }
        catch (EvalError)
        {
            // The call itself will tell.
            return "";
        }
    }
}

/// <summary>A call by an expression that goes into a profile.</summary>
internal sealed class ProfiledCallNode(Evaluator ev, CallProfile profile, Node function, Node[] arguments) : Node
{
    public override Value Eval(Scope? scope)
    {
        Value f = ev.Force(function.Eval(scope), Pos);
        Value[] values = new Value[arguments.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = arguments[i].Delay(scope);
        }

        int depth = profile.Depth;
        profile.Enter(CallProfile.Describe(ev, f, values[0], Pos));
        try
        {
            if (f is VAttrs set && set.Has(WellKnown.MagicFunctor))
            {
                profile.Enter(ErrorRenderer.Describe(ev.Positions, set.PosOf(WellKnown.MagicFunctor)));
                profile.Expected = (set.Get(WellKnown.MagicFunctor)!.Force() as VLambda)?.Node;
            }
            else
            {
                profile.Expected = (f as VLambda)?.Node;
            }

            return ev.Call(f, values, Pos);
        }
        finally
        {
            profile.Leave(depth);
        }
    }
}

/// <summary>The body of a function: tells of calls that builtins make, which no expression tells of.</summary>
internal sealed class ProfiledBodyNode(Evaluator ev, CallProfile profile, LambdaNode lambda, Node body) : Node
{
    public override Value Eval(Scope? scope)
    {
        if (ReferenceEquals(profile.Expected, lambda))
        {
            profile.Expected = null;
            return body.Eval(scope);
        }

        int depth = profile.Depth;
        profile.Enter(ErrorRenderer.Describe(ev.Positions, lambda.Pos) + (lambda.Name.IsSet ? ":" + ev.Symbols.TextOf(lambda.Name) : ""));
        try
        {
            return body.Eval(scope);
        }
        finally
        {
            profile.Leave(depth);
        }
    }
}

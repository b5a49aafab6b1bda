using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;

namespace Firn.Eval.Debugging;

/// <summary>
/// Samples of which calls the evaluation is in the middle of, in the collapsed form that flame graphs are drawn from:
/// frames from the outside in, separated by semicolons, a blank and how often; and how often each function was called.
/// What is measured are nodes that stand in the tree only for a profile, so other evaluations pay nothing.
/// </summary>
/// <remarks>Nix manual, advanced-topics/eval-profiler; docs/language/debugger.md</remarks>
public sealed class CallProfile
{
    private readonly TimeSpan _interval;
    private readonly bool _samples, _counts;
    private readonly List<string> _stack = [];
    private readonly SortedDictionary<string, long> _builtins = new(StringComparer.Ordinal);
    private readonly Dictionary<LambdaNode, long> _functions = [];
    private readonly OrderedDictionary<string, long> _stacks = new(StringComparer.Ordinal);
    private long _last = Stopwatch.GetTimestamp();

    /// <param name="frequency">Samples for each second; 0 for one at each call, null for none.</param>
    /// <param name="counts">Whether calls are counted.</param>
    public CallProfile(ulong? frequency, bool counts = false)
    {
        _samples = frequency is not null;
        _counts = counts;
        _interval = frequency is null or 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(1.0 / frequency.Value);
    }

    /// <summary>How often each builtin was called, by name.</summary>
    public IReadOnlyDictionary<string, long> BuiltinCalls => _builtins;

    /// <summary>How often each function was called: its name if it has one, where it is, how often.</summary>
    public IEnumerable<(Symbol Name, PosIdx Pos, long Count)> FunctionCalls
    {
        get
        {
            foreach ((LambdaNode lambda, long count) in _functions)
            {
                yield return (lambda.Name, lambda.Pos, count);
            }
        }
    }

    /// <summary>The function that is about to be called by an expression, whose body then is no call of its own.</summary>
    internal LambdaNode? Expected { get; set; }

    /// <summary>For how many arguments of that call functions are expected.</summary>
    internal int ExpectedCount { get; set; }

    internal int Depth => _stack.Count;

    /// <summary>Writes the samples so far, one line each, in the order in which stacks were seen first.</summary>
    public void Write(Stream to)
    {
        foreach ((string stack, long count) in _stacks)
        {
            to.Write(Encoding.UTF8.GetBytes($"{stack} {count}\n"));
        }
    }

    /// <summary>A call begins.</summary>
    /// <param name="first">The first argument; null where it is not at hand.</param>
    internal void Enter(Evaluator ev, Value function, Value? first, PosIdx pos)
    {
        if (_counts && (function as VPrimOp)?.Builtin is { } builtin)
        {
            _builtins[builtin.Name] = _builtins.GetValueOrDefault(builtin.Name) + 1;
        }

        Enter(_samples ? Describe(ev, function, first, pos) : "");
    }

    /// <summary>The body of a function begins.</summary>
    internal void Count(LambdaNode lambda)
    {
        if (_counts)
        {
            _functions[lambda] = _functions.GetValueOrDefault(lambda) + 1;
        }
    }

    internal void Enter(string frame)
    {
        _stack.Add(frame);
        if (!_samples)
        {
            return;
        }

        long now = Stopwatch.GetTimestamp();
        if (_interval == TimeSpan.Zero || Stopwatch.GetElapsedTime(_last, now) > _interval)
        {
            string stack = string.Join(';', _stack);
            _stacks[stack] = _stacks.GetValueOrDefault(stack) + 1;
            _last = now;
        }
    }

    internal void Leave(int depth) => _stack.RemoveRange(depth, _stack.Count - depth);

    /// <summary>How a call is written.</summary>
    private static string Describe(Evaluator ev, Value function, Value? first, PosIdx pos) => function switch
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
        profile.Enter(ev, f, values[0], Pos);
        try
        {
            if (f is VAttrs set && set.Has(WellKnown.MagicFunctor))
            {
                profile.Enter(ErrorRenderer.Describe(ev.Positions, set.PosOf(WellKnown.MagicFunctor)));
                profile.Expected = (set.Get(WellKnown.MagicFunctor)!.Force() as VLambda)?.Node;
                profile.ExpectedCount = values.Length + 1;
            }
            else
            {
                profile.Expected = (f as VLambda)?.Node;
                profile.ExpectedCount = values.Length;
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
        profile.Count(lambda);
        if (ReferenceEquals(profile.Expected, lambda))
        {
            int more = profile.ExpectedCount - 1;
            profile.Expected = null;
            Value value = body.Eval(scope);
            if (more > 0 && value is VLambda next)
            {
                profile.Expected = next.Node;
                profile.ExpectedCount = more;
            }

            return value;
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

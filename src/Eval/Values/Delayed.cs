using System;
using Firn.Eval.Evaluation;

namespace Firn.Eval.Values;

/// <summary>
/// Makes values that C# code computes when they are first needed: what a builtin hands out lazily. One instance for each
/// kind of computation; a value costs one thunk and its state.
/// </summary>
public sealed class Delayed<TState>
    where TState : class
{
    private readonly Computation _node;

    /// <param name="compute">Gives an evaluated value; runs once for each value, unless it fails.</param>
    public Delayed(Func<TState, Value> compute) => _node = new Computation(compute);

    /// <summary>The value that is computed from this state.</summary>
    public Value Of(TState state) => new Thunk(_node, state);

    private sealed class Computation(Func<TState, Value> compute) : Node(NodeRole.Application)
    {
        public override Value Eval(Scope? scope) => throw new InvalidOperationException("a delayed computation has no scope");

        public override Value Apply(object? state, PosIdx pos) => compute((TState)state!);
    }
}

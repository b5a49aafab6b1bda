using System;
using Firn.Eval.Builtins;
using Firn.Eval.Evaluation;

namespace Firn.Eval.Values;

/// <summary>A function written in the language: its node and the scope that it was made in.</summary>
public sealed class VLambda : Value
{
    internal readonly LambdaNode Node;
    internal readonly Scope? Scope;

    internal VLambda(LambdaNode node, Scope? scope)
    {
        Node = node;
        Scope = scope;
    }

    /// <inheritdoc/>
    public override ValueKind Kind => ValueKind.Function;

    /// <summary>
    /// The named arguments of a pattern and whether each has a default, as a set of booleans with positions;
    /// null when the argument is not a pattern.
    /// </summary>
    public VAttrs? NamedArguments => Node.NamedArguments;

    /// <summary>The name of the whole argument; not set for a pattern without one.</summary>
    public Symbol Argument => Node.Argument;

    /// <summary>Whether the pattern takes arguments that it does not name (<c>...</c>).</summary>
    public bool TakesMore => Node.Ellipsis;

    /// <summary>Where the function was written.</summary>
    public PosIdx Pos => Node.Pos;

    /// <summary>The attribute that it was defined as; not set for a function without a name.</summary>
    public Symbol Name => Node.Name;
}

/// <summary>A builtin function without any argument yet.</summary>
public sealed class VPrimOp(Builtin builtin) : Value
{
    /// <summary>What it is.</summary>
    public readonly Builtin Builtin = builtin;

    /// <inheritdoc/>
    public override ValueKind Kind => ValueKind.Function;
}

/// <summary>A builtin function with at least one argument, but not all.</summary>
public sealed class VPrimOpApp(Builtin builtin, Value[] args) : Value
{
    /// <summary>What it is.</summary>
    public readonly Builtin Builtin = builtin;

    /// <summary>The arguments so far; fewer than the builtin's arity.</summary>
    public readonly Value[] Args = args;

    /// <inheritdoc/>
    public override ValueKind Kind => ValueKind.Function;
}

using Firn.Eval.Values;

namespace Firn.Eval.Evaluation;

/// <summary>What a node means to the thunk that holds it.</summary>
internal enum NodeRole : byte
{
    /// <summary>An expression, to be evaluated in the scope that the thunk holds.</summary>
    Expression,

    /// <summary>A pending call, which wants to know where it is forced.</summary>
    Application,

    /// <summary>A state of the thunk rather than something to be run.</summary>
    State,
}

/// <summary>A node of the runnable tree: an expression whose variables are places in scopes.</summary>
internal abstract class Node(NodeRole role = NodeRole.Expression)
{
    /// <summary>What a thunk has to do with it; a field, since every thunk asks.</summary>
    public readonly NodeRole Role = role;

    /// <summary>Where messages about the expression point.</summary>
    public PosIdx Pos;

    /// <summary>The value, evaluated; never a thunk.</summary>
    public abstract Value Eval(Scope? scope);

    /// <summary>The value without evaluating what does not have to be: a thunk, or less where that will do.</summary>
    public virtual Value Delay(Scope? scope) => new Thunk(this, scope);

    /// <summary>For <see cref="NodeRole.Application"/>: makes the call.</summary>
    public virtual Value Apply(object? state, PosIdx pos) => Eval((Scope?)state);
}

/// <summary>The state of a thunk that is being evaluated.</summary>
internal sealed class BlackholeNode() : Node(NodeRole.State)
{
    public static readonly BlackholeNode Instance = new();

    public override Value Eval(Scope? scope) => throw new System.InvalidOperationException();
}

/// <summary>The state of a thunk whose evaluation failed.</summary>
internal sealed class FailedNode() : Node(NodeRole.State)
{
    public static readonly FailedNode Instance = new();

    public override Value Eval(Scope? scope) => throw new System.InvalidOperationException();
}

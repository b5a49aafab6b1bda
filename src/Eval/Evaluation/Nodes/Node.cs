using System;
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
internal abstract class Node(NodeRole role = NodeRole.Expression, bool keepsScope = true)
{
    /// <summary>What a thunk has to do with it; a field, since every thunk asks.</summary>
    public readonly NodeRole Role = role;

    /// <summary>Where messages about the expression point.</summary>
    public PosIdx Pos;

    /// <summary>
    /// Whether something may still hold the scope when <see cref="Eval"/> has returned: a thunk, a function or a scope
    /// inside it. The careful answer is yes.
    /// </summary>
    public readonly bool KeepsScope = keepsScope;

    /// <summary>Whether <see cref="EvalFreeing"/> may leave the scope free.</summary>
    public virtual bool MayFreeScope => !KeepsScope;

    /// <summary>Whether something may hold the scope after <see cref="Delay"/>, in a scope that has all its values.</summary>
    public virtual bool DelayKeepsScope => true;

    /// <summary>The value, evaluated; never a thunk.</summary>
    public abstract Value Eval(Scope? scope);

    /// <summary>As <see cref="Eval"/>; tells also whether nothing holds the scope any more.</summary>
    public virtual Value EvalFreeing(Scope scope, out bool free)
    {
        free = !KeepsScope;
        return Eval(scope);
    }

    /// <summary>Whether evaluating one of these nodes may keep the scope.</summary>
    protected static bool AnyKeepsScope(ReadOnlySpan<Node> nodes)
    {
        foreach (Node node in nodes)
        {
            if (node.KeepsScope)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether delaying one of these nodes may keep the scope.</summary>
    protected static bool AnyDelayKeepsScope(ReadOnlySpan<Node> nodes)
    {
        foreach (Node node in nodes)
        {
            if (node.DelayKeepsScope)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The value without evaluating what does not have to be: a thunk, or less where that will do.</summary>
    public virtual Value Delay(Scope? scope) => new Thunk(this, scope);

    /// <summary>For <see cref="NodeRole.Application"/>: makes the call.</summary>
    public virtual Value Apply(object? state, PosIdx pos) => Eval((Scope?)state);
}

/// <summary>The state of a thunk that is being evaluated.</summary>
internal sealed class BlackholeNode() : Node(NodeRole.State)
{
    public static readonly BlackholeNode Instance = new();

    public override Value Eval(Scope? scope) => throw new InvalidOperationException();
}

/// <summary>The state of a thunk whose evaluation failed.</summary>
internal sealed class FailedNode() : Node(NodeRole.State)
{
    public static readonly FailedNode Instance = new();

    public override Value Eval(Scope? scope) => throw new InvalidOperationException();
}

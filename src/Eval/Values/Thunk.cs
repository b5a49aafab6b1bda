using System;
using System.Runtime.CompilerServices;
using System.Threading;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;

namespace Firn.Eval.Values;

/// <summary>A value that is evaluated when it is first needed.</summary>
/// <remarks>
/// Two fields say it all. Not evaluated: the node and its scope. Being evaluated: <see cref="BlackholeNode"/> and
/// the scope. Failed: <see cref="FailedNode"/> and the exception. Evaluated: no node and the value. The node is
/// claimed by an atomic exchange and given up by a write that publishes the value, so a second thread could wait
/// where this one reports infinite recursion. docs/language/evaluator.md
/// </remarks>
public sealed class Thunk : Value
{
    private Node? _node;
    private object? _state;

    internal Thunk(Node node, object? state)
    {
        _node = node;
        _state = state;
    }

    /// <inheritdoc/>
    public override ValueKind Kind => ValueKind.Thunk;

    /// <summary>The value when it is there, else null.</summary>
    public Value? Evaluated => Volatile.Read(ref _node) is null ? Unsafe.As<Value>(_state) : null;

    /// <summary>Whether it failed before.</summary>
    internal bool HasFailed => _node is FailedNode;

    /// <summary>The node that is still to be evaluated; null when that began.</summary>
    internal Node? Pending => _node is { } node and not (FailedNode or BlackholeNode) ? node : null;

    internal bool IsBlackhole => _node is BlackholeNode;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Value ForceThunk(PosIdx pos = default) =>
        Volatile.Read(ref _node) is { } node ? Evaluate(node, pos) : Unsafe.As<Value>(_state)!;

    private Value Evaluate(Node node, PosIdx pos)
    {
        object? state = _state;
        if (node.Role == NodeRole.State || Interlocked.CompareExchange(ref _node, BlackholeNode.Instance, node) != node)
        {
            return Again(pos);
        }

        StackGuard.Check(pos);
        Value value;
        try
        {
            value = node.Role == NodeRole.Application ? node.Apply(state, pos) : node.Eval(Unsafe.As<Scope>(state));
        }
        catch (Exception e) when (Fail(e, node, state))
        {
            throw;
        }

        _state = value;
        Volatile.Write(ref _node, null);
        return value;
    }

    private Value Again(PosIdx pos)
    {
        switch (_node)
        {
            case null:
                return Unsafe.As<Value>(_state)!;
            case FailedNode:
                throw _state is EvalError error ? error.Copy() : (Exception)_state!;
            default:
                throw new EvalError(EvalErrorKind.InfiniteRecursion, "infinite recursion encountered").At(pos);
        }
    }

    private bool Fail(Exception e, Node node, object? state)
    {
        if (e is EvalError { Kind: EvalErrorKind.Interrupted })
        {
            // Nothing is wrong with it: it is evaluated when it is asked for again.
            _state = state;
            Volatile.Write(ref _node, node);
            return false;
        }

        _state = e;
        Volatile.Write(ref _node, FailedNode.Instance);
        return false;
    }
}

using System;
using System.Runtime.CompilerServices;
using Firn.Eval.Builtins;
using Firn.Eval.Errors;
using Firn.Eval.Values;

namespace Firn.Eval.Evaluation;

public sealed partial class Evaluator
{
    /// <summary>Calls a function with one argument, which may be a thunk.</summary>
    /// <returns>The evaluated result.</returns>
    /// <exception cref="EvalError">It is not a function, or the call failed.</exception>
    public Value Call(Value function, Value argument, PosIdx pos = default)
    {
        Enter(pos);
        Value f = Force(function, pos);
        Value result = f.GetType() == typeof(VLambda) ? Invoke(Unsafe.As<VLambda>(f), argument, pos) : CallOther(f, argument, pos);
        _callDepth--;
        return result;
    }

    /// <summary>Calls a function with two arguments, one after the other.</summary>
    /// <inheritdoc cref="Call(Value, Value, PosIdx)"/>
    public Value Call(Value function, Value first, Value second, PosIdx pos = default)
    {
        Enter(pos);
        Value f = Force(function, pos);
        Value result;
        if (f.GetType() == typeof(VLambda))
        {
            VLambda lambda = Unsafe.As<VLambda>(f);
            if (lambda.Node.Inner is { } inner && !_showTrace)
            {
                // The closure between the two calls would be garbage at once.
                result = Invoke(inner, lambda.Node, lambda.Scope, first, second, pos);
            }
            else
            {
                result = CallRest(Invoke(lambda, first, pos), second, pos);
            }
        }
        else if (f.GetType() == typeof(VPrimOp) && Unsafe.As<VPrimOp>(f).Builtin is { Arity: 2 } builtin)
        {
            result = Run(builtin, first, second, pos);
        }
        else
        {
            result = CallRest(CallOther(f, first, pos), second, pos);
        }

        _callDepth--;
        return result;
    }

    /// <summary>Calls a function with any number of arguments, one after the other.</summary>
    /// <inheritdoc cref="Call(Value, Value, PosIdx)"/>
    public Value Call(Value function, ReadOnlySpan<Value> arguments, PosIdx pos = default)
    {
        Enter(pos);
        Value f = Force(function, pos);
        while (arguments.Length != 0)
        {
            if (f is VPrimOp { Builtin: var builtin } && builtin.Arity <= arguments.Length && builtin.Arity > 1)
            {
                f = builtin.Arity == 2
                    ? Run(builtin, arguments[0], arguments[1], pos)
                    : Run(builtin, arguments[0], arguments[1], arguments[2], pos);
                arguments = arguments[builtin.Arity..];
                continue;
            }

            f = CallRest(f, arguments[0], pos);
            arguments = arguments[1..];
        }

        _callDepth--;
        return f;
    }

    /// <summary>A call that is made when its result is needed.</summary>
    public Value DelayCall(Value function, Value argument) => new Thunk(new PendingCall(this, function), argument);

    /// <summary>Calls of one function that are made when their results are needed.</summary>
    public PendingCalls DelayCalls(Value function) => new(new PendingCall(this, function));

    /// <summary>Calls of one function with two arguments that are made when their results are needed.</summary>
    public PendingCalls2 DelayCalls2(Value function) => new(new PendingCall2(this, function));

    private Value CallRest(Value function, Value argument, PosIdx pos) =>
        function.GetType() == typeof(VLambda)
            ? Invoke(Unsafe.As<VLambda>(function), argument, pos)
            : CallOther(function, argument, pos);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Value Invoke(VLambda lambda, Value argument, PosIdx pos)
    {
        LambdaNode node = lambda.Node;
        if (node.FreesScope && !_showTrace)
        {
            return InvokeFreeing(node, lambda.Scope, argument);
        }

        Scope scope = node.Bind(lambda.Scope, argument, pos);
        return _showTrace ? InvokeTraced(node, scope, pos) : node.Body.Eval(scope);
    }

    private Value InvokeFreeing(LambdaNode node, Scope? up, Value argument)
    {
        Scope scope = TakeScope(up, argument);
        Value value = node.Body.EvalFreeing(scope, out bool free);
        if (free)
        {
            GiveScope(scope);
        }

        return value;
    }

    // Two functions, the second the body of the first, each with its argument.
    private Value Invoke(LambdaNode inner, LambdaNode outer, Scope? up, Value first, Value second, PosIdx pos)
    {
        if (!inner.FreesScope)
        {
            return inner.Body.Eval(inner.Bind(outer.Bind(up, first, pos), second, pos));
        }

        Scope around = outer.Formals is null ? TakeScope(up, first) : outer.Bind(up, first, pos);
        Scope scope = TakeScope(around, second);
        Value value = inner.Body.EvalFreeing(scope, out bool free);
        if (free)
        {
            GiveScope(scope);
            if (outer.Formals is null)
            {
                GiveScope(around);
            }
        }

        return value;
    }

    // Scopes of one slot that nothing holds any more, linked by what is around them. A call that fails does not give
    // its scope back.
    private Scope TakeScope(Scope? up, Value argument)
    {
        Scope? scope = _freeScopes;
        if (scope is null)
        {
            return new Scope(up) { S0 = argument };
        }

        _freeScopes = scope.Up;
        scope.Up = up;
        scope.S0 = argument;
        return scope;
    }

    private void GiveScope(Scope scope)
    {
        scope.Up = _freeScopes;
        _freeScopes = scope;
    }

    private static Value InvokeTraced(LambdaNode node, Scope scope, PosIdx pos)
    {
        try
        {
            return node.Body.Eval(scope);
        }
        catch (EvalError e) when (AddCall(e, node, pos))
        {
            throw;
        }

        static bool AddCall(EvalError e, LambdaNode node, PosIdx pos)
        {
            string quote = node.Name.IsSet ? "'" : "";
            e.AddTrace(node.Pos, "while calling ", quote + node.DisplayName + quote, "");
            return pos.IsSet && e.AddTrace(pos, "from call site");
        }
    }

    private Value CallOther(Value function, Value argument, PosIdx pos)
    {
        switch (function)
        {
            case VPrimOp op:
                return op.Builtin.Arity == 1 ? Run(op.Builtin, argument, pos) : new VPrimOpApp(op.Builtin, [argument]);

            case VPrimOpApp app:
                Value[] args = app.Args;
                if (args.Length + 1 < app.Builtin.Arity)
                {
                    return new VPrimOpApp(app.Builtin, [.. args, argument]);
                }

                return args.Length == 1
                    ? Run(app.Builtin, args[0], argument, pos)
                    : Run(app.Builtin, args[0], args[1], argument, pos);

            case VAttrs set when set.Get(WellKnown.MagicFunctor) is { } functor:
                try
                {
                    return Call(functor, set, argument, set.PosOf(WellKnown.MagicFunctor));
                }
                catch (EvalError e) when (e.AddTrace(pos, "while calling a functor (an attribute set with a '__functor' attribute)"))
                {
                    throw;
                }

            default:
                throw new EvalError(
                    EvalErrorKind.Type,
                    $"attempt to call something which is not a function but {ShowType(function)}: {new Plain(ShowForError(function))}").At(pos);
        }
    }

    internal static Value Run(Builtin builtin, Value a, PosIdx pos)
    {
        try
        {
            return Unsafe.As<Fn1>(builtin.Fn!)(a);
        }
        catch (EvalError e) when (AddBuiltin(e, builtin, pos))
        {
            throw;
        }
    }

    internal static Value Run(Builtin builtin, Value a, Value b, PosIdx pos)
    {
        try
        {
            return Unsafe.As<Fn2>(builtin.Fn!)(a, b);
        }
        catch (EvalError e) when (AddBuiltin(e, builtin, pos))
        {
            throw;
        }
    }

    internal static Value Run(Builtin builtin, Value a, Value b, Value c, PosIdx pos)
    {
        try
        {
            return Unsafe.As<Fn3>(builtin.Fn!)(a, b, c);
        }
        catch (EvalError e) when (AddBuiltin(e, builtin, pos))
        {
            throw;
        }
    }

    internal static bool AddBuiltin(EvalError e, Builtin builtin, PosIdx pos) =>
        builtin.AddTrace && e.AddTrace(pos, "while calling the '", builtin.Name, "' builtin");
}

/// <summary>Makes delayed calls of one function; each costs one thunk.</summary>
public readonly struct PendingCalls
{
    private readonly Node _call;

    internal PendingCalls(Node call) => _call = call;

    /// <summary>The call with this argument, perhaps a thunk itself.</summary>
    public Value With(Value argument) => new Thunk(_call, argument);
}

/// <summary>Makes delayed calls of one function of two arguments.</summary>
public readonly struct PendingCalls2
{
    private readonly Node _call;

    internal PendingCalls2(Node call) => _call = call;

    /// <summary>The call with these arguments, perhaps thunks themselves.</summary>
    public Value With(Value first, Value second)
    {
        Scope2 arguments = new(null) { S0 = first, S1 = second };
        return new Thunk(_call, arguments);
    }
}

/// <summary>The node of delayed calls: a thunk holds the argument in place of a scope.</summary>
internal sealed class PendingCall(Evaluator ev, Value function) : Node(NodeRole.Application)
{
    public Value Function => function;

    public override Value Eval(Scope? scope) => Apply(scope, default);

    public override Value Apply(object? state, PosIdx pos) => ev.Call(function, Unsafe.As<Value>(state)!, pos);
}

/// <summary>The node of delayed calls with two arguments.</summary>
internal sealed class PendingCall2(Evaluator ev, Value function) : Node(NodeRole.Application)
{
    public override Value Eval(Scope? scope) => Apply(scope, default);

    public override Value Apply(object? state, PosIdx pos)
    {
        Scope2 arguments = Unsafe.As<Scope2>(state)!;
        return ev.Call(function, arguments.S0!, arguments.S1!, pos);
    }
}

using System.Runtime.CompilerServices;
using Firn.Eval.Builtins;
using Firn.Eval.Errors;
using Firn.Eval.Values;

namespace Firn.Eval.Evaluation;

/// <summary>A call with one argument.</summary>
internal sealed class CallNode(Evaluator ev, Node function, Node argument)
    : Node(keepsScope: function.KeepsScope || argument.DelayKeepsScope)
{
    public override Value Eval(Scope? scope)
    {
        Value f = function.Eval(scope);
        return ev.Call(f, argument.Delay(scope), Pos);
    }
}

/// <summary>
/// <c>function (map mapped list)</c>. Where the function is a builtin that uses up the elements at once, they are
/// computed as it goes, without a list and its thunks.
/// </summary>
internal sealed class CallOfMapNode(Evaluator ev, Node function, BuiltinCall2Node map)
    : Node(keepsScope: function.KeepsScope || map.KeepsScope)
{
    public override Value Eval(Scope? scope)
    {
        Value f = function.Eval(scope);
        if (f.GetType() != typeof(VPrimOp) || Unsafe.As<VPrimOp>(f).Builtin is not { OfMapped: { } ofMapped } builtin)
        {
            return ev.Call(f, map.Delay(scope), Pos);
        }

        ev.Enter(Pos);
        StackGuard.Check(Pos);
        Value result = Run(builtin, ofMapped, scope);
        ev.Leave();
        return result;
    }

    private Value Run(Builtin builtin, FnOfMapped ofMapped, Scope? scope)
    {
        try
        {
            VList items = Mapping(scope, out Value? mapped);
            return ofMapped(mapped, items.Items);
        }
        catch (EvalError e) when (Evaluator.AddBuiltin(e, builtin, Pos))
        {
            throw;
        }
    }

    // What map evaluates, in its order: the function of an empty list is not.
    private VList Mapping(Scope? scope, out Value mapped)
    {
        ev.Enter(map.Pos);
        try
        {
            mapped = map.First.Delay(scope);
            VList items = ListBuiltins.MappedList(ev, map.Second.Delay(scope));
            mapped = items.Count == 0 ? mapped : ListBuiltins.MappedFunction(ev, mapped);
            ev.Leave();
            return items;
        }
        catch (EvalError e) when (Evaluator.AddBuiltin(e, map.Builtin, map.Pos))
        {
            throw;
        }
    }
}

/// <summary>A call with two arguments.</summary>
internal sealed class Call2Node(Evaluator ev, Node function, Node first, Node second)
    : Node(keepsScope: function.KeepsScope || first.DelayKeepsScope || second.DelayKeepsScope)
{
    public override Value Eval(Scope? scope)
    {
        Value f = function.Eval(scope);
        return ev.Call(f, first.Delay(scope), second.Delay(scope), Pos);
    }
}

/// <summary>A call with three or more arguments.</summary>
internal sealed class CallManyNode(Evaluator ev, Node function, Node[] arguments)
    : Node(keepsScope: function.KeepsScope || AnyDelayKeepsScope(arguments))
{
    public override Value Eval(Scope? scope)
    {
        Value f = function.Eval(scope);
        Value[] values = new Value[arguments.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = arguments[i].Delay(scope);
        }

        return ev.Call(f, values, Pos);
    }
}

/// <summary>A call of a builtin that is known when the program is resolved, with as many arguments as it takes.</summary>
internal sealed class BuiltinCallNode(Evaluator ev, Builtin builtin, Node argument)
    : Node(keepsScope: argument.DelayKeepsScope)
{
    public override Value Eval(Scope? scope)
    {
        ev.Enter(Pos);
        Value result = Evaluator.Run(builtin, argument.Delay(scope), Pos);
        ev.Leave();
        return result;
    }
}

/// <inheritdoc cref="BuiltinCallNode"/>
internal sealed class BuiltinCall2Node(Evaluator ev, Builtin builtin, Node first, Node second)
    : Node(keepsScope: first.DelayKeepsScope || second.DelayKeepsScope)
{
    public Builtin Builtin => builtin;

    public Node First => first;

    public Node Second => second;

    public override Value Eval(Scope? scope)
    {
        ev.Enter(Pos);
        Value result = Evaluator.Run(builtin, first.Delay(scope), second.Delay(scope), Pos);
        ev.Leave();
        return result;
    }
}

/// <inheritdoc cref="BuiltinCallNode"/>
internal sealed class BuiltinCall3Node(Evaluator ev, Builtin builtin, Node first, Node second, Node third)
    : Node(keepsScope: first.DelayKeepsScope || second.DelayKeepsScope || third.DelayKeepsScope)
{
    public override Value Eval(Scope? scope)
    {
        ev.Enter(Pos);
        Value result = Evaluator.Run(builtin, first.Delay(scope), second.Delay(scope), third.Delay(scope), Pos);
        ev.Leave();
        return result;
    }
}

/// <summary>The operators that are builtins, so far as they concern integers.</summary>
internal enum IntegerOperator : byte
{
    Subtract,
    Multiply,
    Divide,
    LessThan,
}

/// <summary>
/// An operator that is defined by a builtin which evaluates both operands first. Integers are done here; anything
/// else, and every error, is left to the builtin.
/// </summary>
internal sealed class IntegerOperatorNode(Evaluator ev, Builtin builtin, IntegerOperator op, Node left, Node right, bool negated)
    : Node(keepsScope: left.KeepsScope || right.KeepsScope)
{
    public override Value Eval(Scope? scope)
    {
        ev.Enter(Pos);
        Value result = Compute(scope);
        ev.Leave();
        return result;
    }

    private Value Compute(Scope? scope)
    {
        try
        {
            Value a = left.Eval(scope);
            Value b = right.Eval(scope);
            if (a.GetType() == typeof(VInt) && b.GetType() == typeof(VInt))
            {
                long x = Unsafe.As<VInt>(a).Number;
                long y = Unsafe.As<VInt>(b).Number;
                switch (op)
                {
                    case IntegerOperator.LessThan:
                        return VBool.Of((x < y) != negated);
                    case IntegerOperator.Subtract when !Overflows(x, y, x - y):
                        return VInt.Of(x - y);
                    case IntegerOperator.Multiply when System.Math.BigMul(x, y, out long product) == product >> 63:
                        return VInt.Of(product);
                    case IntegerOperator.Divide when y is not 0 and not -1:
                        return VInt.Of(x / y);
                }
            }

            Value result = Unsafe.As<Fn2>(builtin.Fn!)(a, b);
            return negated ? VBool.Of(!ReferenceEquals(result, VBool.True)) : result;
        }
        catch (EvalError e) when (AddTrace(e))
        {
            throw;
        }
    }

    // What is negated is written as a comparison the other way round.
    private bool AddTrace(EvalError e) =>
        e.AddTrace(Pos, "while calling the '", builtin.Name, "' builtin") || (negated && e.AddTrace(Pos, "in the argument of the not operator"));

    private static bool Overflows(long x, long y, long difference) => ((x ^ y) & (x ^ difference)) < 0;
}

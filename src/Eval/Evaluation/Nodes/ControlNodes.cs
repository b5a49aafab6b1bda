using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Values;
using Firn.Syntax.Ast;
using Firn.Syntax.Parsing;

namespace Firn.Eval.Evaluation;

/// <summary><c>if condition then a else b</c></summary>
internal sealed class IfNode(Evaluator ev, Node condition, Node then, Node otherwise)
    : Node(keepsScope: condition.KeepsScope || then.KeepsScope || otherwise.KeepsScope)
{
    public override bool MayFreeScope => !condition.KeepsScope && (then.MayFreeScope || otherwise.MayFreeScope);

    public override Value Eval(Scope? scope) => Choose(scope).Eval(scope);

    public override Value EvalFreeing(Scope scope, out bool free)
    {
        Value value = Choose(scope).EvalFreeing(scope, out free);
        free &= !condition.KeepsScope;
        return value;
    }

    private Node Choose(Scope? scope) =>
        ev.EvalBool(condition, scope, Pos, "while evaluating a branch condition") ? then : otherwise;
}

/// <summary><c>assert condition; body</c></summary>
internal sealed class AssertNode(Evaluator ev, Node condition, Expr written, Node body)
    : Node(keepsScope: condition.KeepsScope || body.KeepsScope)
{
    public override Value Eval(Scope? scope)
    {
        if (!ev.EvalBool(condition, scope, Pos, "in the condition of the assert statement"))
        {
            throw Fail(scope);
        }

        return body.Eval(scope);
    }

    private EvalError Fail(Scope? scope)
    {
        string text = Encoding.UTF8.GetString(TreePrinter.Print(written));
        if (condition is EqualNode { IsNegated: false } equal)
        {
            try
            {
                new Comparison(ev).Assert(equal.Left.Eval(scope), equal.Right.Eval(scope), equal.Pos, "in an equality assertion");
            }
            catch (EvalError e) when (e.Kind is EvalErrorKind.Assertion or EvalErrorKind.Thrown
                && e.AddTrace(Pos, "while evaluating the condition of the assertion '", text))
            {
                throw;
            }
        }

        return new EvalError(EvalErrorKind.Assertion, $"assertion '{text}' failed").At(Pos);
    }
}

/// <summary><c>with set; body</c>: a scope of one slot that holds the set.</summary>
internal sealed class WithNode(Node set, Node body) : Node
{
    public override Value Eval(Scope? scope) => body.Eval(new Scope(scope) { S0 = set.Delay(scope) });
}

/// <summary>A list.</summary>
internal sealed class ListNode(Node[] items) : Node(keepsScope: AnyDelayKeepsScope(items))
{
    public override Value Eval(Scope? scope)
    {
        Value[] values = new Value[items.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = items[i].Delay(scope);
        }

        return VList.Of(values);
    }
}

using System;
using System.Runtime.CompilerServices;
using Firn.Eval.Errors;
using Firn.Eval.Values;

namespace Firn.Eval.Evaluation;

/// <summary><c>!operand</c></summary>
internal sealed class NotNode(Evaluator ev, Node operand) : Node(keepsScope: operand.KeepsScope)
{
    public override Value Eval(Scope? scope) =>
        VBool.Of(!ev.EvalBool(operand, scope, Pos, "in the argument of the not operator"));
}

/// <summary><c>left &amp;&amp; right</c></summary>
internal sealed class AndNode(Evaluator ev, Node left, Node right)
    : Node(keepsScope: left.KeepsScope || right.KeepsScope)
{
    public override Value Eval(Scope? scope) => VBool.Of(
        ev.EvalBool(left, scope, Pos, "in the left operand of the AND (&&) operator")
        && ev.EvalBool(right, scope, Pos, "in the right operand of the AND (&&) operator"));
}

/// <summary><c>left || right</c></summary>
internal sealed class OrNode(Evaluator ev, Node left, Node right)
    : Node(keepsScope: left.KeepsScope || right.KeepsScope)
{
    public override Value Eval(Scope? scope) => VBool.Of(
        ev.EvalBool(left, scope, Pos, "in the left operand of the OR (||) operator")
        || ev.EvalBool(right, scope, Pos, "in the right operand of the OR (||) operator"));
}

/// <summary><c>left -> right</c></summary>
internal sealed class ImpliesNode(Evaluator ev, Node left, Node right)
    : Node(keepsScope: left.KeepsScope || right.KeepsScope)
{
    public override Value Eval(Scope? scope) => VBool.Of(
        !ev.EvalBool(left, scope, Pos, "in the left operand of the IMPL (->) operator")
        || ev.EvalBool(right, scope, Pos, "in the right operand of the IMPL (->) operator"));
}

/// <summary><c>left == right</c> or <c>left != right</c></summary>
internal sealed class EqualNode(Evaluator ev, Node left, Node right, bool negated)
    : Node(keepsScope: left.KeepsScope || right.KeepsScope)
{
    public Node Left => left;

    public Node Right => right;

    public bool IsNegated => negated;

    public override Value Eval(Scope? scope)
    {
        Value a = left.Eval(scope);
        Value b = right.Eval(scope);
        return VBool.Of(
            ev.AreEqual(a, b, negated ? "while testing two values for inequality" : "while testing two values for equality", Pos) != negated);
    }
}

/// <summary><c>left // right</c></summary>
internal sealed class UpdateNode(Evaluator ev, Node left, Node right)
    : Node(keepsScope: left.KeepsScope || right.KeepsScope)
{
    public override Value Eval(Scope? scope)
    {
        VAttrs over = EvalOperand(right, scope, "in the right operand of the update (//) operator");
        VAttrs under = EvalOperand(left, scope, "in the left operand of the update (//) operator");
        return VAttrs.Update(under, over);
    }

    private VAttrs EvalOperand(Node operand, Scope? scope, string context)
    {
        // The frame of a nested update would say nothing that its operands do not say themselves.
        if (operand is UpdateNode nested)
        {
            return Unsafe.As<VAttrs>(nested.Eval(scope));
        }

        try
        {
            Value value = operand.Eval(scope);
            return value.GetType() == typeof(VAttrs) ? Unsafe.As<VAttrs>(value) : throw ev.Expected("a set", value);
        }
        catch (EvalError e) when (e.AddTrace(operand.Pos, context))
        {
            throw;
        }
    }
}

/// <summary><c>left ++ right</c></summary>
internal sealed class ConcatListsNode(Evaluator ev, Node left, Node right)
    : Node(keepsScope: left.KeepsScope || right.KeepsScope)
{
    private const string Context = "while evaluating one of the elements to concatenate";

    public override Value Eval(Scope? scope)
    {
        Value a = left.Eval(scope);
        Value b = right.Eval(scope);
        Value[] first = ev.ForceList(a, Context, Pos).Items;
        Value[] second = ev.ForceList(b, Context, Pos).Items;
        if (second.Length == 0)
        {
            return a;
        }

        if (first.Length == 0)
        {
            return b;
        }

        Value[] items = new Value[first.Length + second.Length];
        first.AsSpan().CopyTo(items);
        second.AsSpan().CopyTo(items.AsSpan(first.Length));
        return VList.Of(items);
    }
}

/// <summary><c>a + b</c>, or an interpolated string or path.</summary>
internal sealed class ConcatNode(Evaluator ev, Node[] parts, PosIdx[] positions, bool isString)
    : Node(keepsScope: AnyKeepsScope(parts))
{
    private const string Context = "while evaluating a path segment";

    public override Value Eval(Scope? scope)
    {
        Value first = parts[0].Eval(scope);
        if (!isString)
        {
            switch (first)
            {
                case VInt number:
                    return AddToInt(number, scope);
                case VFloat number:
                    return AddToFloat(number.Number, 1, scope);
                case VPath path:
                    return AddToPath(path, scope);
            }
        }

        return Join(first, scope);
    }

    private VString Join(Value first, Scope? scope)
    {
        // A sum that begins with a set takes paths as they are; one that begins with a string copies them.
        Coercion how = Coercion.CopyToStore;
        VString head;
        if (first.GetType() == typeof(VString))
        {
            head = Unsafe.As<VString>(first);
        }
        else
        {
            how = isString ? Coercion.CopyToStore : Coercion.Strict;
            head = ev.CoerceToString(first, Context, how, positions[0]);
        }

        if (parts.Length == 1)
        {
            return head;
        }

        if (parts.Length == 2)
        {
            VString tail = Part(1, how, scope);
            byte[] two = GC.AllocateUninitializedArray<byte>(head.Bytes.Length + tail.Bytes.Length);
            head.Bytes.AsSpan().CopyTo(two);
            tail.Bytes.AsSpan().CopyTo(two.AsSpan(head.Bytes.Length));
            return new VString(two, StringContext.Union(head.Context, tail.Context));
        }

        return JoinMany(head, how, scope);
    }

    private VString JoinMany(VString head, Coercion how, Scope? scope)
    {
        VString[] strings = new VString[parts.Length];
        strings[0] = head;
        int length = head.Bytes.Length;
        StringContext? context = head.Context;
        for (int i = 1; i < strings.Length; i++)
        {
            VString part = Part(i, how, scope);
            strings[i] = part;
            length += part.Bytes.Length;
            context = StringContext.Union(context, part.Context);
        }

        byte[] bytes = GC.AllocateUninitializedArray<byte>(length);
        Span<byte> rest = bytes;
        foreach (VString part in strings)
        {
            part.Bytes.AsSpan().CopyTo(rest);
            rest = rest[part.Bytes.Length..];
        }

        return new VString(bytes, context);
    }

    private VString Part(int index, Coercion how, Scope? scope)
    {
        Value value = parts[index].Eval(scope);
        return value.GetType() == typeof(VString)
            ? Unsafe.As<VString>(value)
            : ev.CoerceToString(value, Context, how, positions[index]);
    }

    private Value AddToInt(VInt first, Scope? scope)
    {
        long sum = first.Number;
        for (int i = 1; i < parts.Length; i++)
        {
            Value value = parts[i].Eval(scope);
            switch (value)
            {
                case VInt number:
                    long next = unchecked(sum + number.Number);
                    if (((sum ^ next) & (number.Number ^ next)) < 0)
                    {
                        throw new EvalError(EvalErrorKind.Error, $"integer overflow in adding {sum} + {number.Number}").At(positions[i]);
                    }

                    sum = next;
                    break;
                case VFloat number:
                    return AddToFloat(sum + number.Number, i + 1, scope);
                default:
                    throw new EvalError(EvalErrorKind.Error, $"cannot add {Evaluator.ShowType(value)} to an integer").At(positions[i]);
            }
        }

        return VInt.Of(sum);
    }

    private VFloat AddToFloat(double sum, int from, Scope? scope)
    {
        for (int i = from; i < parts.Length; i++)
        {
            Value value = parts[i].Eval(scope);
            sum += value switch
            {
                VInt number => number.Number,
                VFloat number => number.Number,
                _ => throw new EvalError(EvalErrorKind.Error, $"cannot add {Evaluator.ShowType(value)} to a float").At(positions[i]),
            };
        }

        return new VFloat(sum);
    }

    // Paths stay what they are: nothing is copied to the store before the whole path is used.
    private VPath AddToPath(VPath first, Scope? scope)
    {
        StringBuilding text = default;
        text.Add(first.Path);
        bool refers = false;
        for (int i = 1; i < parts.Length; i++)
        {
            VString part = ev.CoerceToString(parts[i].Eval(scope), Context, Coercion.Strict, positions[i]);
            refers |= part.Context is not null;
            text.Add(part.Bytes);
        }

        if (refers)
        {
            throw new EvalError(EvalErrorKind.Error, "a string that refers to a store path cannot be appended to a path").At(Pos);
        }

        return new VPath(CanonPath.Make(text.ToValue().Bytes));
    }
}

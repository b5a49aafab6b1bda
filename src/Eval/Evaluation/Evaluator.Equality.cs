using System;
using System.Runtime.CompilerServices;
using Firn.Eval.Errors;
using Firn.Eval.Values;

namespace Firn.Eval.Evaluation;

public sealed partial class Evaluator
{
    /// <summary>Whether two values are equal, as <c>==</c> says.</summary>
    /// <exception cref="EvalError">Evaluating a part failed.</exception>
    public bool AreEqual(Value left, Value right, string context, PosIdx pos = default)
    {
        Value a = left.Peek();
        Value b = right.Peek();
        if (a.GetType() == typeof(VString) && b.GetType() == typeof(VString))
        {
            return Unsafe.As<VString>(a).Bytes.AsSpan().SequenceEqual(Unsafe.As<VString>(b).Bytes);
        }

        return new Comparison(this).AreEqual(left, right, false, context, pos);
    }

    /// <summary>Evaluates a node to a boolean; errors get a frame.</summary>
    internal bool EvalBool(Node node, Scope? scope, PosIdx pos, string context)
    {
        try
        {
            Value value = node.Eval(scope);
            return value.GetType() == typeof(VBool) ? ReferenceEquals(value, VBool.True) : throw Expected("a Boolean", value).At(pos);
        }
        catch (EvalError e) when (e.AddTrace(pos, context))
        {
            throw;
        }
    }
}

/// <summary>Equality of values, and the same with errors that say what differs.</summary>
internal readonly struct Comparison(Evaluator ev)
{
    /// <summary>
    /// Whether two values are equal. Elements of lists and sets that are one and the same are equal whatever they
    /// are, even functions; two operands of <c>==</c> are never taken for the same.
    /// </summary>
    public bool AreEqual(Value left, Value right, bool areElements, string context, PosIdx pos)
    {
        ev.Enter(pos);
        Value a = ev.Force(left, pos);
        Value b = ev.Force(right, pos);
        bool result = (areElements && AreSame(left, right, a, b)) || Compare(a, b, context, pos);
        ev.Leave();
        return result;
    }

    // Two thunks with one value are two things; a thunk and the value that was taken out of it are one.
    private static bool AreSame(Value left, Value right, Value a, Value b) =>
        ReferenceEquals(left, right) || (ReferenceEquals(a, b) && (ReferenceEquals(left, a) || ReferenceEquals(right, b)));

    private bool Compare(Value a, Value b, string context, PosIdx pos)
    {
        switch (a)
        {
            case VInt x:
                return b is VInt y ? x.Number == y.Number : b is VFloat f && x.Number == f.Number;
            case VFloat x:
                return b is VFloat z ? x.Number == z.Number : b is VInt i && x.Number == i.Number;
            case VString x:
                return b is VString s && x.Bytes.AsSpan().SequenceEqual(s.Bytes);
            case VBool or VNull:
                return ReferenceEquals(a, b);
            case VPath x:
                return b is VPath p && x.Path.AsSpan().SequenceEqual(p.Path);
            case VList x:
                return b is VList list && CompareLists(x.Items, list.Items, context, pos);
            case VAttrs x:
                return b is VAttrs set && CompareAttrs(x, set, context, pos);
            default:
                return false;
        }
    }

    private bool CompareLists(Value[] a, Value[] b, string context, PosIdx pos)
    {
        if (a.Length != b.Length)
        {
            return false;
        }

        for (int i = 0; i < a.Length; i++)
        {
            if (!AreEqual(a[i], b[i], true, context, pos))
            {
                return false;
            }
        }

        return true;
    }

    private bool CompareAttrs(VAttrs a, VAttrs b, string context, PosIdx pos)
    {
        if (ev.IsDerivation(a) && ev.IsDerivation(b)
            && a.Get(WellKnown.OutPath) is { } outA && b.Get(WellKnown.OutPath) is { } outB)
        {
            return AreEqual(outA, outB, true, context, pos);
        }

        Shape shapeA = a.Shape;
        Shape shapeB = b.Shape;
        if (shapeA.Count != shapeB.Count)
        {
            return false;
        }

        Value[] valuesA = a.Values;
        Value[] valuesB = b.Values;
        for (int i = 0; i < valuesA.Length; i++)
        {
            if (shapeA.Keys[i] != shapeB.Keys[i] || !AreEqual(valuesA[i], valuesB[i], true, context, pos))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Gives an error that says where two values differ; nothing when they are equal.</summary>
    public void Assert(Value left, Value right, PosIdx pos, string context)
    {
        ev.Enter(pos);
        Value a = ev.Force(left, pos);
        Value b = ev.Force(right, pos);
        if (!(ReferenceEquals(left, right) && left is Thunk))
        {
            AssertForced(a, b, pos, context);
        }

        ev.Leave();
    }

    private void AssertForced(Value a, Value b, PosIdx pos, string context)
    {
        if (a is VInt or VFloat && b is VInt or VFloat)
        {
            if (!Compare(a, b, context, pos))
            {
                throw Differs($"{Evaluator.ShowType(a)} with value '{Show(a)}' is not equal to {Evaluator.ShowType(b)} with value '{Show(b)}'");
            }

            return;
        }

        if (a.Kind != b.Kind)
        {
            throw Differs($"{Evaluator.ShowType(a)} of value '{Show(a)}' is not equal to {Evaluator.ShowType(b)} of value '{Show(b)}'");
        }

        switch (a)
        {
            case VBool when !ReferenceEquals(a, b):
                throw Differs($"boolean '{Show(a)}' is not equal to boolean '{Show(b)}'");
            case VString when !Compare(a, b, context, pos):
                throw Differs($"string '{Show(a)}' is not equal to string '{Show(b)}'");
            case VPath when !Compare(a, b, context, pos):
                throw Differs($"path '{Show(a)}' is not equal to path '{Show(b)}'");
            case VList list:
                AssertLists(list, (VList)b, pos, context);
                break;
            case VAttrs set:
                AssertAttrs(set, (VAttrs)b, pos, context);
                break;
            case VLambda or VPrimOp or VPrimOpApp:
                throw new EvalError(
                    EvalErrorKind.Assertion, "distinct functions and immediate comparisons of identical functions compare as unequal");
        }
    }

    private void AssertLists(VList a, VList b, PosIdx pos, string context)
    {
        if (a.Count != b.Count)
        {
            throw Differs(
                $"list of size '{a.Count}' is not equal to list of size '{b.Count}', left hand side is '{Show(a)}', right hand side is '{Show(b)}'");
        }

        for (int i = 0; i < a.Count; i++)
        {
            try
            {
                Assert(a.Items[i], b.Items[i], pos, context);
            }
            catch (EvalError e) when (e.AddTrace(pos, "while comparing list element ", i.ToString(System.Globalization.CultureInfo.InvariantCulture), ""))
            {
                throw;
            }
        }
    }

    private void AssertAttrs(VAttrs a, VAttrs b, PosIdx pos, string context)
    {
        if (ev.IsDerivation(a) && ev.IsDerivation(b)
            && a.Get(WellKnown.OutPath) is { } outA && b.Get(WellKnown.OutPath) is { } outB)
        {
            try
            {
                Assert(outA, outB, pos, context);
                return;
            }
            catch (EvalError e) when (e.AddTrace(pos, "while comparing a derivation by its '", "outPath", "' attribute"))
            {
                throw;
            }
        }

        if (a.Count != b.Count)
        {
            throw Differs($"attribute names of attribute set '{Show(a)}' differs from attribute set '{Show(b)}'");
        }

        for (int i = 0; i < a.Count; i++)
        {
            Attr left = a.At(i);
            Attr right = b.At(i);
            if (left.Name != right.Name)
            {
                throw b.Has(left.Name)
                    ? Differs($"attribute name '{ev.ShowName(right.Name)}' is missing in '{Show(a)}', but is contained in '{Show(b)}'")
                    : Differs($"attribute name '{ev.ShowName(left.Name)}' is contained in '{Show(a)}', but not in '{Show(b)}'");
            }

            try
            {
                Assert(left.Value, right.Value, pos, context);
            }
            catch (EvalError e) when (AddSides(e, left, right, pos))
            {
                throw;
            }
        }
    }

    private bool AddSides(EvalError e, Attr left, Attr right, PosIdx pos)
    {
        if (right.Pos.IsSet)
        {
            e.AddTrace(right.Pos, "where right hand side is");
        }

        if (left.Pos.IsSet)
        {
            e.AddTrace(left.Pos, "where left hand side is");
        }

        return e.AddTrace(pos, "while comparing attribute '", ev.ShowName(left.Name));
    }

    private Plain Show(Value value) => new(ev.ShowForError(value));

    private static EvalError Differs(HintText text) => new(EvalErrorKind.Assertion, text);
}

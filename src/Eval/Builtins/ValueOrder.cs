using System;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;

namespace Firn.Eval.Builtins;

/// <summary>The order that <c>&lt;</c> puts values in.</summary>
internal readonly struct ValueOrder(Evaluator ev)
{
    /// <summary>Whether the first of two evaluated values comes before the second.</summary>
    /// <param name="left">The first.</param>
    /// <param name="right">The second.</param>
    /// <param name="context">A frame for errors; empty for none.</param>
    /// <exception cref="EvalError">They cannot be compared.</exception>
    public bool IsLess(Value left, Value right, string context)
    {
        try
        {
            switch (left)
            {
                case VInt a when right is VInt b:
                    return a.Number < b.Number;
                case VInt a when right is VFloat b:
                    return a.Number < b.Number;
                case VFloat a when right is VFloat b:
                    return a.Number < b.Number;
                case VFloat a when right is VInt b:
                    return a.Number < b.Number;
                case VString a when right is VString b:
                    return a.Bytes.AsSpan().SequenceCompareTo(b.Bytes) < 0;
                case VPath a when right is VPath b:
                    return a.Path.AsSpan().SequenceCompareTo(b.Path) < 0;
                case VList a when right is VList b:
                    return IsLessList(a, b);
                default:
                    throw Incomparable(left, right);
            }
        }
        catch (EvalError e) when (context.Length != 0 && e.AddTrace(default, context))
        {
            throw;
        }
    }

    private bool IsLessList(VList left, VList right)
    {
        for (int i = 0; ; i++)
        {
            if (i == right.Count)
            {
                return false;
            }

            if (i == left.Count)
            {
                return true;
            }

            if (!ev.AreEqual(left.Items[i], right.Items[i], ""))
            {
                return IsLess(left.Items[i].Force(), right.Items[i].Force(), "while comparing two list elements");
            }
        }
    }

    private EvalError Incomparable(Value left, Value right) => left.Kind != right.Kind
        ? new EvalError(
            EvalErrorKind.Error,
            $"cannot compare {Evaluator.ShowType(left)} with {Evaluator.ShowType(right)}; values are {new Plain(ev.ShowForError(left))} and {new Plain(ev.ShowForError(right))}")
        : new EvalError(
            EvalErrorKind.Error,
            $"cannot compare {Evaluator.ShowType(left)} with {Evaluator.ShowType(right)}; values of that type are incomparable (values are {new Plain(ev.ShowForError(left))} and {new Plain(ev.ShowForError(right))})");
}

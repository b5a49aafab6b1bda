using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;

namespace Firn.Eval.Printing;

/// <summary>
/// Prints values as <c>nix-instantiate --eval</c> always has: on one line, what was not evaluated as
/// <c>&lt;CODE&gt;</c>, so that it cannot always be read back.
/// </summary>
public sealed class AmbiguousPrinter
{
    private readonly Evaluator _ev;
    private readonly ByteText _text = new();
    private readonly HashSet<Value>? _seen;

    private readonly bool _strict;

    private AmbiguousPrinter(Evaluator ev, bool strict, bool repeats)
    {
        _ev = ev;
        _strict = strict;
        _seen = repeats ? null : new HashSet<Value>(ReferenceEqualityComparer.Instance);
    }

    /// <summary>The value as text; evaluates nothing.</summary>
    /// <param name="ev">The evaluation.</param>
    /// <param name="value">The value.</param>
    /// <param name="strict">
    /// Whether all of it was evaluated. Otherwise functions that were only written down in it count as not evaluated,
    /// though nothing is left to be done for them.
    /// </param>
    /// <param name="repeats">Whether what occurs again is printed again; otherwise it is shown as such.</param>
    public static byte[] Print(Evaluator ev, Value value, bool strict, bool repeats = false)
    {
        AmbiguousPrinter printer = new(ev, strict, repeats);
        printer.Print(value, 0);
        return printer._text.ToArray();
    }

    private void Print(Value value, int depth)
    {
        if (depth > _ev.Options.MaxCallDepth)
        {
            throw new EvalError(EvalErrorKind.StackOverflow, "stack overflow; max-call-depth exceeded");
        }

        switch (value.Peek())
        {
            case VInt number:
                _text.Add(number.Number.ToString(CultureInfo.InvariantCulture));
                break;
            case VFloat number:
                _text.Add(FloatText.General(number.Number));
                break;
            case VBool b:
                _text.Add(b.IsTrue ? "true"u8 : "false"u8);
                break;
            case VNull:
                _text.Add("null"u8);
                break;
            case VString text:
                Literals.Quote(_text, text.Bytes);
                break;
            case VPath path:
                _text.Add(path.Path);
                break;
            case VAttrs set:
                PrintAttrs(set, depth);
                break;
            case VList list:
                PrintList(list, value, depth);
                break;
            case VLambda when _strict || depth == 0 || value is not VLambda:
                _text.Add("<LAMBDA>"u8);
                break;
            case VPrimOp:
                _text.Add("<PRIMOP>"u8);
                break;
            case VPrimOpApp:
                _text.Add("<PRIMOP-APP>"u8);
                break;
            case Thunk { IsBlackhole: true }:
                _text.Add("«potential infinite recursion»"u8);
                break;
            default:
                _text.Add("<CODE>"u8);
                break;
        }
    }

    private void PrintAttrs(VAttrs set, int depth)
    {
        if (_seen is not null && set.Count != 0 && !_seen.Add(set))
        {
            _text.Add("«repeated»"u8);
            return;
        }

        _text.Add("{ "u8);
        foreach (Attr attr in set.InNameOrder(_ev.Symbols))
        {
            _text.Add(_ev.ShowName(attr.Name));
            _text.Add(" = "u8);
            Print(attr.Value, depth + 1);
            _text.Add("; "u8);
        }

        _text.Add("}"u8);
    }

    // A list is the same as another when it stands in the same place; the outermost stands in none.
    private void PrintList(VList list, Value place, int depth)
    {
        if (_seen is not null && depth != 0 && list.Count != 0 && !_seen.Add(place))
        {
            _text.Add("«repeated»"u8);
            return;
        }

        _text.Add("[ "u8);
        foreach (Value item in list.Items)
        {
            Print(item, depth + 1);
            _text.Add(" "u8);
        }

        _text.Add("]"u8);
    }
}

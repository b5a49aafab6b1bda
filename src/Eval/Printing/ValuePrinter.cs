using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;

namespace Firn.Eval.Printing;

/// <summary>Prints values for people: in messages, <c>nix eval</c> and the repl.</summary>
public sealed class ValuePrinter
{
    private readonly Evaluator _ev;
    private readonly PrintOptions _options;
    private readonly StringBuilder _text = new();
    private readonly HashSet<Value>? _seen;
    private int _attrs;
    private int _items;
    private int _indent;

    private ValuePrinter(Evaluator ev, PrintOptions options)
    {
        _ev = ev;
        _options = options;
        _seen = options.TrackRepeated ? new HashSet<Value>(ReferenceEqualityComparer.Instance) : null;
    }

    /// <summary>The value as text.</summary>
    /// <exception cref="EvalError">A part fails and the options let that through.</exception>
    public static string Print(Evaluator ev, Value value, PrintOptions options)
    {
        ValuePrinter printer = new(ev, options);
        printer.Print(value, 0);
        return printer._text.ToString();
    }

    private void Print(Value value, int depth)
    {
        if (depth > _ev.Options.MaxCallDepth)
        {
            throw new EvalError(EvalErrorKind.StackOverflow, "stack overflow; max-call-depth exceeded");
        }

        int callDepth = _ev.CallDepth;
        try
        {
            PrintValue(_options.Force ? _ev.Force(value, value.PlaceOf()) : value.Peek(), value, depth);
        }
        catch (EvalError e) when (e.Kind != EvalErrorKind.StackOverflow && !LetsThrough(depth))
        {
            _ev.CallDepth = callDepth;
            Coloured("\e[31;1m", $"«error: {e.Message}»");
        }
    }

    private bool LetsThrough(int depth) =>
        _options.Errors == PrintErrors.Throw || (_options.Errors == PrintErrors.ThrowTopLevel && depth == 0);

    private void PrintValue(Value value, Value place, int depth)
    {
        switch (value)
        {
            case VInt number:
                Coloured("\e[36;1m", number.Number.ToString(CultureInfo.InvariantCulture));
                break;
            case VFloat number:
                Coloured("\e[36;1m", FloatText.General(number.Number));
                break;
            case VBool b:
                Coloured("\e[36;1m", b.IsTrue ? "true" : "false");
                break;
            case VNull:
                Coloured("\e[36;1m", "null");
                break;
            case VString text:
                Literals.Quote(_text, text.Bytes, _options.MaxStringLength, _options.Colours);
                break;
            case VPath path:
                Coloured("\e[32;1m", path.Text);
                break;
            case VAttrs set:
                PrintAttrs(set, depth);
                break;
            case VList list:
                PrintList(list, place, depth);
                break;
            case VLambda lambda:
                string name = lambda.Node.Name.IsSet ? " " + _ev.Symbols.TextOf(lambda.Node.Name) : "";
                Coloured("\e[34;1m", $"«lambda{name} @ {ErrorRenderer.Describe(_ev.Positions, lambda.Pos)}»");
                break;
            case VPrimOp op:
                Coloured("\e[34;1m", $"«primop {op.Builtin.Name}»");
                break;
            case VPrimOpApp app:
                Coloured("\e[34;1m", $"«partially applied primop {app.Builtin.Name}»");
                break;
            case Thunk { IsBlackhole: true }:
                Coloured("\e[31;1m", "«potential infinite recursion»");
                break;
            default:
                Coloured("\e[35;1m", "«thunk»");
                break;
        }
    }

    private void PrintAttrs(VAttrs set, int depth)
    {
        if (_seen is not null && !_seen.Add(set))
        {
            Coloured("\e[35;1m", "«repeated»");
            return;
        }

        if (_options.Force && _options.DerivationPaths && _ev.IsDerivation(set))
        {
            PrintDerivation(set);
            return;
        }

        if (depth >= _options.MaxDepth)
        {
            _text.Append("{ ... }");
            return;
        }

        _indent += _options.Indent;
        _text.Append('{');
        List<Attr> attrs = [];
        foreach (Attr attr in set.InNameOrder(_ev.Symbols))
        {
            attrs.Add(attr);
        }

        if (_options.MaxAttrs != int.MaxValue)
        {
            MoveTypeFirst(attrs);
        }

        bool lines = OverLines(attrs.Count, attrs.Count == 0 ? null : attrs[0].Value);
        int printed = 0;
        foreach (Attr attr in attrs)
        {
            Space(lines);
            if (_attrs >= _options.MaxAttrs)
            {
                Literals.Elided(_text, attrs.Count - printed, "attribute", "attributes", _options.Colours);
                break;
            }

            _text.Append(Literals.AttributeName(_ev.Symbols.BytesOf(attr.Name))).Append(" = ");
            Print(attr.Value, depth + 1);
            _text.Append(';');
            _attrs++;
            printed++;
        }

        _indent -= _options.Indent;
        Space(lines);
        _text.Append('}');
    }

    // What a set is says more than its first ten attributes.
    private static void MoveTypeFirst(List<Attr> attrs)
    {
        List<Attr> first = attrs.FindAll(IsImportant);
        attrs.RemoveAll(IsImportant);
        attrs.InsertRange(0, first);

        static bool IsImportant(Attr attr) => attr.Name == WellKnown.Type || attr.Name == WellKnown.UnderscoreType;
    }

    private void PrintDerivation(VAttrs set)
    {
        string path = "";
        if (set.Get(WellKnown.DrvPath) is { } drvPath)
        {
            path = " " + _ev.CoerceToString(drvPath, "while evaluating the drvPath of a derivation", Coercion.Strict, set.PosOf(WellKnown.DrvPath)).Text;
        }

        Coloured("\e[32;1m", $"«derivation{path}»");
    }

    // A list is the same as another when it stands in the same place; the outermost stands in none.
    private void PrintList(VList list, Value place, int depth)
    {
        if (_seen is not null && depth != 0 && list.Count != 0 && !_seen.Add(place))
        {
            Coloured("\e[35;1m", "«repeated»");
            return;
        }

        if (depth >= _options.MaxDepth)
        {
            _text.Append("[ ... ]");
            return;
        }

        _indent += _options.Indent;
        _text.Append('[');
        bool lines = OverLines(list.Count, list.Count == 0 ? null : list.Items[0]);
        int printed = 0;
        foreach (Value item in list.Items)
        {
            Space(lines);
            if (_items >= _options.MaxListItems)
            {
                Literals.Elided(_text, list.Count - printed, "item", "items", _options.Colours);
                break;
            }

            Print(item, depth + 1);
            _items++;
            printed++;
        }

        _indent -= _options.Indent;
        Space(lines);
        _text.Append(']');
    }

    private bool OverLines(int count, Value? first)
    {
        if (_options.Indent == 0 || count == 0)
        {
            return false;
        }

        return count > 1 || first!.Force().Kind is ValueKind.List or ValueKind.Attrs;
    }

    private void Space(bool lines)
    {
        if (lines)
        {
            _text.Append('\n').Append(' ', _indent);
        }
        else
        {
            _text.Append(' ');
        }
    }

    private void Coloured(string colour, string text)
    {
        if (_options.Colours)
        {
            _text.Append(colour).Append(text).Append("\e[0m");
        }
        else
        {
            _text.Append(text);
        }
    }
}

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;
using Firn.Syntax.Text;

namespace Firn.Eval.Printing;

/// <summary>Values as XML, indented; what the strings refer to is collected.</summary>
public sealed class XmlPrinter
{
    private readonly Evaluator _ev;
    private readonly bool _strict;
    private readonly bool _locations;
    private readonly XmlText _xml = new();
    private readonly HashSet<byte[]> _derivations = new(ByteArrayComparer.Instance);
    private StringContext? _context;

    private XmlPrinter(Evaluator ev, bool strict, bool locations)
    {
        _ev = ev;
        _strict = strict;
        _locations = locations;
    }

    /// <summary>The value as a document.</summary>
    /// <param name="ev">The evaluation.</param>
    /// <param name="value">The value.</param>
    /// <param name="strict">Whether thunks are evaluated; else they are shown as such.</param>
    /// <param name="locations">Whether places in sources are told.</param>
    /// <param name="pos">Who needs it.</param>
    /// <exception cref="EvalError">A part fails.</exception>
    public static VString Print(Evaluator ev, Value value, bool strict, bool locations, PosIdx pos = default) =>
        Print(ev, value, strict, locations, null, pos);

    /// <summary>The value as a document, or as much of it as there is before a part fails.</summary>
    /// <param name="partial">Gets what there is where a part fails; null for nobody.</param>
    /// <inheritdoc cref="Print(Evaluator, Value, bool, bool, PosIdx)"/>
    public static VString Print(Evaluator ev, Value value, bool strict, bool locations, Action<byte[]>? partial, PosIdx pos = default)
    {
        XmlPrinter printer = new(ev, strict, locations);
        printer._xml.Open("expr");
        try
        {
            printer.Print(value, pos, outermost: true);
        }
        catch (EvalError) when (partial is not null)
        {
            printer._xml.CloseAll();
            partial(printer._xml.ToArray());
            throw;
        }

        printer._xml.Close();
        return new VString(printer._xml.ToArray(), printer._context);
    }

    private void Print(Value value, PosIdx pos, bool outermost = false)
    {
        _ev.Enter(pos);
        StackGuard.Check(pos);
        switch (_strict ? _ev.Force(value, pos) : value.Peek())
        {
            case VInt number:
                _xml.Empty("int", XmlAttribute.Of("value", number.Number.ToString(CultureInfo.InvariantCulture)));
                break;
            case VFloat number:
                _xml.Empty("float", XmlAttribute.Of("value", FloatText.General(number.Number)));
                break;
            case VBool b:
                _xml.Empty("bool", XmlAttribute.Of("value", b.IsTrue ? "true" : "false"));
                break;
            case VNull:
                _xml.Empty("null");
                break;
            case VString text:
                _context = StringContext.Union(_context, text.Context);
                _xml.Empty("string", new XmlAttribute("value", text.Bytes));
                break;
            case VPath path:
                _xml.Empty("path", new XmlAttribute("value", path.Path));
                break;
            case VList list:
                _xml.Open("list");
                foreach (Value item in list.Items)
                {
                    Print(item, pos);
                }

                _xml.Close();
                break;
            case VAttrs set when _ev.IsDerivation(set):
                PrintDerivation(set);
                break;
            case VAttrs set:
                _xml.Open("attrs");
                PrintAttrs(set);
                _xml.Close();
                break;
            // A function that was only written down: nothing else here needed no evaluation.
            case VLambda when !_strict && !outermost && value is VLambda:
                _xml.Empty("unevaluated");
                break;
            case VLambda lambda:
                PrintFunction(lambda.Node);
                break;
            default:
                _xml.Empty("unevaluated");
                break;
        }

        _ev.Leave();
    }

    private void PrintAttrs(VAttrs set)
    {
        foreach (Attr attr in set.InNameOrder(_ev.Symbols))
        {
            XmlAttribute name = new("name", _ev.Symbols.BytesOf(attr.Name));
            if (_locations)
            {
                _xml.Open("attr", WithPlace(attr.Pos, name));
            }
            else
            {
                _xml.Open("attr", name);
            }

            Print(attr.Value, attr.Pos);
            _xml.Close();
        }
    }

    private void PrintDerivation(VAttrs set)
    {
        byte[]? drvPath = TextOf(set, WellKnown.DrvPath);
        byte[]? outPath = TextOf(set, WellKnown.OutPath);
        List<XmlAttribute> attributes = [];
        if (drvPath is not null)
        {
            attributes.Add(new XmlAttribute("drvPath", drvPath));
        }

        if (outPath is not null)
        {
            attributes.Add(new XmlAttribute("outPath", outPath));
        }

        _xml.Open("derivation", CollectionsMarshal.AsSpan(attributes));
        if (drvPath is { Length: > 0 } && _derivations.Add(drvPath))
        {
            PrintAttrs(set);
        }
        else
        {
            _xml.Empty("repeated");
        }

        _xml.Close();
    }

    private byte[]? TextOf(VAttrs set, Symbol name)
    {
        if (set.Get(name) is not { } value)
        {
            return null;
        }

        return (_strict ? _ev.Force(value, set.PosOf(name)) : value.Peek()) is VString text ? text.Bytes : null;
    }

    private void PrintFunction(LambdaNode lambda)
    {
        _xml.Open("function", _locations ? WithPlace(lambda.Pos, null) : default);
        if (lambda.NamedArguments is { } named)
        {
            List<XmlAttribute> attributes = [];
            if (lambda.Ellipsis)
            {
                attributes.Add(XmlAttribute.Of("ellipsis", "1"));
            }

            if (lambda.Argument.IsSet)
            {
                attributes.Add(new XmlAttribute("name", _ev.Symbols.BytesOf(lambda.Argument)));
            }

            _xml.Open("attrspat", CollectionsMarshal.AsSpan(attributes));
            foreach (Attr attr in named.InNameOrder(_ev.Symbols))
            {
                _xml.Empty("attr", new XmlAttribute("name", _ev.Symbols.BytesOf(attr.Name)));
            }

            _xml.Close();
        }
        else
        {
            _xml.Empty("varpat", new XmlAttribute("name", _ev.Symbols.BytesOf(lambda.Argument)));
        }

        _xml.Close();
    }

    // Attributes of an element stand in the order of their names.
    private ReadOnlySpan<XmlAttribute> WithPlace(PosIdx pos, XmlAttribute? name)
    {
        List<XmlAttribute> attributes = [];
        Position? place = _ev.Positions.Find(pos);
        if (place is { } at)
        {
            LineColumn line = at.LineColumn;
            attributes.Add(XmlAttribute.Of("column", line.Column.ToString(CultureInfo.InvariantCulture)));
            attributes.Add(XmlAttribute.Of("line", line.Line.ToString(CultureInfo.InvariantCulture)));
        }

        if (name is { } attribute)
        {
            attributes.Add(attribute);
        }

        if (place is { Source.Origin: SourceOrigin.File } file)
        {
            attributes.Add(XmlAttribute.Of("path", file.Source.Path));
        }

        return CollectionsMarshal.AsSpan(attributes);
    }
}

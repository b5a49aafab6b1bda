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
    private readonly ByteText _text = new();
    private readonly HashSet<byte[]> _derivations = new(ByteArrayComparer.Instance);
    private StringContext? _context;
    private int _depth;

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
    public static VString Print(Evaluator ev, Value value, bool strict, bool locations, PosIdx pos = default)
    {
        XmlPrinter printer = new(ev, strict, locations);
        printer._text.Add("<?xml version='1.0' encoding='utf-8'?>\n"u8);
        printer.Open("expr");
        printer.Print(value, pos, outermost: true);
        printer.Close("expr");
        return new VString(printer._text.ToArray(), printer._context);
    }

    private void Print(Value value, PosIdx pos, bool outermost = false)
    {
        _ev.Enter(pos);
        StackGuard.Check(pos);
        switch (_strict ? _ev.Force(value, pos) : value.Peek())
        {
            case VInt number:
                Empty("int", Text(number.Number.ToString(CultureInfo.InvariantCulture)));
                break;
            case VFloat number:
                Empty("float", Text(FloatText.General(number.Number)));
                break;
            case VBool b:
                Empty("bool", Text(b.IsTrue ? "true" : "false"));
                break;
            case VNull:
                Empty("null", default);
                break;
            case VString text:
                _context = StringContext.Union(_context, text.Context);
                Empty("string", new XmlAttribute("value", text.Bytes));
                break;
            case VPath path:
                Empty("path", new XmlAttribute("value", path.Path));
                break;
            case VList list:
                Open("list");
                foreach (Value item in list.Items)
                {
                    Print(item, pos);
                }

                Close("list");
                break;
            case VAttrs set when _ev.IsDerivation(set):
                PrintDerivation(set);
                break;
            case VAttrs set:
                Open("attrs");
                PrintAttrs(set);
                Close("attrs");
                break;
            // A function that was only written down: nothing else here needed no evaluation.
            case VLambda when !_strict && !outermost && value is VLambda:
                Empty("unevaluated", default);
                break;
            case VLambda lambda:
                PrintFunction(lambda.Node);
                break;
            default:
                Empty("unevaluated", default);
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
                Open("attr", WithPlace(attr.Pos, name));
            }
            else
            {
                Open("attr", [name]);
            }

            Print(attr.Value, attr.Pos);
            Close("attr");
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

        Open("derivation", CollectionsMarshal.AsSpan(attributes));
        if (drvPath is { Length: > 0 } && _derivations.Add(drvPath))
        {
            PrintAttrs(set);
        }
        else
        {
            Empty("repeated", default);
        }

        Close("derivation");
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
        Open("function", _locations ? WithPlace(lambda.Pos, null) : default);
        if (lambda.NamedArguments is { } named)
        {
            List<XmlAttribute> attributes = [];
            if (lambda.Ellipsis)
            {
                attributes.Add(Text("ellipsis", "1"));
            }

            if (lambda.Argument.IsSet)
            {
                attributes.Add(new XmlAttribute("name", _ev.Symbols.BytesOf(lambda.Argument)));
            }

            Open("attrspat", CollectionsMarshal.AsSpan(attributes));
            foreach (Attr attr in named.InNameOrder(_ev.Symbols))
            {
                Empty("attr", new XmlAttribute("name", _ev.Symbols.BytesOf(attr.Name)));
            }

            Close("attrspat");
        }
        else
        {
            Empty("varpat", new XmlAttribute("name", _ev.Symbols.BytesOf(lambda.Argument)));
        }

        Close("function");
    }

    // Attributes of an element stand in the order of their names.
    private ReadOnlySpan<XmlAttribute> WithPlace(PosIdx pos, XmlAttribute? name)
    {
        List<XmlAttribute> attributes = [];
        Position? place = _ev.Positions.Find(pos);
        if (place is { } at)
        {
            LineColumn line = at.LineColumn;
            attributes.Add(Text("column", line.Column.ToString(CultureInfo.InvariantCulture)));
            attributes.Add(Text("line", line.Line.ToString(CultureInfo.InvariantCulture)));
        }

        if (name is { } attribute)
        {
            attributes.Add(attribute);
        }

        if (place is { Source.Origin: SourceOrigin.File } file)
        {
            attributes.Add(Text("path", file.Source.Path));
        }

        return CollectionsMarshal.AsSpan(attributes);
    }

    private void Open(string element, ReadOnlySpan<XmlAttribute> attributes = default)
    {
        Start(element, attributes);
        _text.Add(">\n"u8);
        _depth++;
    }

    private void Close(string element)
    {
        _depth--;
        Indent();
        _text.Add("</"u8);
        _text.Add(element);
        _text.Add(">\n"u8);
    }

    private void Empty(string element, XmlAttribute attribute)
    {
        Start(element, attribute.Name is null ? [] : [attribute]);
        _text.Add(" />\n"u8);
    }

    private void Start(string element, ReadOnlySpan<XmlAttribute> attributes)
    {
        Indent();
        _text.Add((byte)'<');
        _text.Add(element);
        foreach (XmlAttribute attribute in attributes)
        {
            _text.Add((byte)' ');
            _text.Add(attribute.Name);
            _text.Add("=\""u8);
            Escape(attribute.Value);
            _text.Add((byte)'"');
        }
    }

    private void Indent() => _text.AddBlanks(2 * _depth);

    private void Escape(ReadOnlySpan<byte> value)
    {
        foreach (byte b in value)
        {
            switch (b)
            {
                case (byte)'"':
                    _text.Add("&quot;"u8);
                    break;
                case (byte)'<':
                    _text.Add("&lt;"u8);
                    break;
                case (byte)'>':
                    _text.Add("&gt;"u8);
                    break;
                case (byte)'&':
                    _text.Add("&amp;"u8);
                    break;

                // As it is, a newline would be read back as a blank.
                case (byte)'\n':
                    _text.Add("&#xA;"u8);
                    break;
                default:
                    _text.Add(b);
                    break;
            }
        }
    }

    private static XmlAttribute Text(string value) => Text("value", value);

    private static XmlAttribute Text(string name, string value) => new(name, Encoding.UTF8.GetBytes(value));

    private readonly record struct XmlAttribute(string Name, byte[] Value);
}

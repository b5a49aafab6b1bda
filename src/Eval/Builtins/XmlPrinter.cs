using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Printing;
using Firn.Eval.Values;
using Firn.Syntax.Text;

namespace Firn.Eval.Builtins;

/// <summary>Writes values as XML.</summary>
public sealed class XmlPrinter
{
    private readonly Evaluator _ev;
    private readonly bool _force;
    private readonly bool _locations;
    private readonly ByteText _text = new();
    private readonly HashSet<byte[]> _derivations = new(ByteArrayComparer.Instance);
    private StringContext? _context;
    private int _depth;

    private XmlPrinter(Evaluator ev, bool force, bool locations)
    {
        _ev = ev;
        _force = force;
        _locations = locations;
    }

    /// <summary>A value as an XML document, with everything that the strings in it refer to.</summary>
    /// <param name="ev">The evaluation.</param>
    /// <param name="value">The value.</param>
    /// <param name="force">Whether everything is evaluated; else what is not is written as such.</param>
    /// <param name="locations">Whether attributes and functions say where they were written.</param>
    /// <exception cref="EvalError">A part fails.</exception>
    public static VString Print(Evaluator ev, Value value, bool force, bool locations)
    {
        XmlPrinter printer = new(ev, force, locations);
        printer._text.Add("<?xml version='1.0' encoding='utf-8'?>\n"u8);
        printer.Open("expr"u8);
        printer.Write(value, default);
        printer.Close("expr"u8);
        return new VString(printer._text.ToArray(), printer._context);
    }

    private void Write(Value value, PosIdx pos)
    {
        _ev.Enter(pos);
        Value known = _force ? _ev.Force(value, pos) : value.Peek();
        switch (known)
        {
            case VInt number:
                Empty("int"u8, "value"u8, Encoding.ASCII.GetBytes(number.Number.ToString(CultureInfo.InvariantCulture)));
                break;
            case VFloat number:
                Empty("float"u8, "value"u8, Encoding.ASCII.GetBytes(FloatText.General(number.Number)));
                break;
            case VBool b:
                Empty("bool"u8, "value"u8, b.IsTrue ? "true"u8 : "false"u8);
                break;
            case VNull:
                Empty("null"u8);
                break;
            case VString text:
                _context = StringContext.Union(_context, text.Context);
                Empty("string"u8, "value"u8, text.Bytes);
                break;
            case VPath path:
                Empty("path"u8, "value"u8, path.Path);
                break;
            case VList list:
                Open("list"u8);
                foreach (Value item in list.Items)
                {
                    Write(item, pos);
                }

                Close("list"u8);
                break;
            case VAttrs set when _ev.IsDerivation(set):
                WriteDerivation(set);
                break;
            case VAttrs set:
                Open("attrs"u8);
                WriteAttrs(set);
                Close("attrs"u8);
                break;
            case VLambda lambda:
                WriteFunction(lambda);
                break;
            default:
                Empty("unevaluated"u8);
                break;
        }

        _ev.Leave();
    }

    private void WriteAttrs(VAttrs set)
    {
        foreach (Attr attr in set.InNameOrder(_ev.Symbols))
        {
            Start("attr"u8);
            if (_locations)
            {
                // Attributes of an element are in the order of their names.
                WritePosition(attr.Pos, _ev.Symbols.BytesOf(attr.Name));
            }
            else
            {
                WriteAttribute("name"u8, _ev.Symbols.BytesOf(attr.Name));
            }

            _text.Add(">\n"u8);
            _depth++;
            Write(attr.Value, attr.Pos);
            Close("attr"u8);
        }
    }

    private void WriteDerivation(VAttrs set)
    {
        Start("derivation"u8);
        byte[]? drvPath = StringOf(set, WellKnown.DrvPath);
        if (drvPath is not null)
        {
            WriteAttribute("drvPath"u8, drvPath);
        }

        if (StringOf(set, WellKnown.OutPath) is byte[] outPath)
        {
            WriteAttribute("outPath"u8, outPath);
        }

        _text.Add(">\n"u8);
        _depth++;
        if (drvPath is { Length: > 0 } && _derivations.Add(drvPath))
        {
            WriteAttrs(set);
        }
        else
        {
            Empty("repeated"u8);
        }

        Close("derivation"u8);
    }

    private byte[]? StringOf(VAttrs set, Symbol name)
    {
        if (set.Get(name) is not Value value)
        {
            return null;
        }

        return (_force ? _ev.Force(value, set.PosOf(name)) : value.Peek()) is VString text ? text.Bytes : null;
    }

    private void WriteFunction(VLambda lambda)
    {
        Start("function"u8);
        if (_locations)
        {
            WritePosition(lambda.Pos, null);
        }

        _text.Add(">\n"u8);
        _depth++;
        if (lambda.NamedArguments is VAttrs formals)
        {
            Start("attrspat"u8);
            if (lambda.Node.Ellipsis)
            {
                WriteAttribute("ellipsis"u8, "1"u8);
            }

            if (lambda.Node.Argument.IsSet)
            {
                WriteAttribute("name"u8, _ev.Symbols.BytesOf(lambda.Node.Argument));
            }

            _text.Add(">\n"u8);
            _depth++;
            foreach (Attr formal in formals.InNameOrder(_ev.Symbols))
            {
                Empty("attr"u8, "name"u8, _ev.Symbols.BytesOf(formal.Name));
            }

            Close("attrspat"u8);
        }
        else
        {
            Empty("varpat"u8, "name"u8, _ev.Symbols.BytesOf(lambda.Node.Argument));
        }

        Close("function"u8);
    }

    /// <summary>Column, line, name and path: in this order, each if there is one.</summary>
    private void WritePosition(PosIdx pos, byte[]? name)
    {
        Position? at = _ev.Positions.Find(pos);
        if (at is Position place)
        {
            LineColumn where = place.LineColumn;
            WriteAttribute("column"u8, Encoding.ASCII.GetBytes(where.Column.ToString(CultureInfo.InvariantCulture)));
            WriteAttribute("line"u8, Encoding.ASCII.GetBytes(where.Line.ToString(CultureInfo.InvariantCulture)));
        }

        if (name is not null)
        {
            WriteAttribute("name"u8, name);
        }

        if (at is { Source.Origin: SourceOrigin.File } file)
        {
            WriteAttribute("path"u8, Encoding.UTF8.GetBytes(file.Source.Path));
        }
    }

    private void Start(ReadOnlySpan<byte> element)
    {
        for (int i = 0; i < _depth; i++)
        {
            _text.Add("  "u8);
        }

        _text.Add((byte)'<');
        _text.Add(element);
    }

    private void Open(ReadOnlySpan<byte> element)
    {
        Start(element);
        _text.Add(">\n"u8);
        _depth++;
    }

    private void Close(ReadOnlySpan<byte> element)
    {
        _depth--;
        for (int i = 0; i < _depth; i++)
        {
            _text.Add("  "u8);
        }

        _text.Add("</"u8);
        _text.Add(element);
        _text.Add(">\n"u8);
    }

    private void Empty(ReadOnlySpan<byte> element)
    {
        Start(element);
        _text.Add(" />\n"u8);
    }

    private void Empty(ReadOnlySpan<byte> element, ReadOnlySpan<byte> attribute, ReadOnlySpan<byte> value)
    {
        Start(element);
        WriteAttribute(attribute, value);
        _text.Add(" />\n"u8);
    }

    private void WriteAttribute(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        _text.Add((byte)' ');
        _text.Add(name);
        _text.Add("=\""u8);
        foreach (byte c in value)
        {
            switch (c)
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
                case (byte)'\n':
                    _text.Add("&#xA;"u8);
                    break;
                default:
                    _text.Add(c);
                    break;
            }
        }

        _text.Add((byte)'"');
    }
}

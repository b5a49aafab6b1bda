using System;
using System.Globalization;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;
using Firn.Formats.Sinks;

namespace Firn.Eval.Store.Derivations;

/// <summary>The text of a JSON object, member by member.</summary>
internal sealed class JsonObject
{
    private readonly ByteBuffer _text = new();

    internal ByteBuffer Member(ReadOnlySpan<byte> name)
    {
        _text.Write(_text.Length == 0 ? (byte)'{' : (byte)',');
        StructuredAttributes.WriteText(_text, name);
        _text.Write((byte)':');
        return _text;
    }

    internal void Close()
    {
        if (_text.Length == 0)
        {
            _text.Write((byte)'{');
        }

        _text.Write((byte)'}');
    }

    internal byte[] ToArray() => _text.ToArray();
}

/// <summary>Writes values as the JSON of structured attributes: no blanks, members sorted by name.</summary>
internal sealed class StructuredAttributes(Evaluator ev)
{
    /// <summary>Adds an attribute; gives what its strings refer to.</summary>
    internal StringContext? Write(JsonObject json, Attr attribute)
    {
        StringContext? context = null;
        Write(json.Member(ev.Symbols.BytesOf(attribute.Name)), attribute.Value, ref context);
        return context;
    }

    private void Write(ByteBuffer text, Value value, ref StringContext? context)
    {
        Value forced = value.Force();
        switch (forced)
        {
            case VInt number:
                text.WriteAscii(number.Number.ToString(CultureInfo.InvariantCulture));
                break;
            case VBool truth:
                text.Write(truth.IsTrue ? "true"u8 : "false"u8);
                break;
            case VNull:
                text.Write("null"u8);
                break;
            case VFloat number:
                text.WriteAscii(Number(number.Number));
                break;
            case VString or VPath:
                WriteString(text, ev.CoerceToString(forced, "", Coercion.CopyToStore), ref context);
                break;
            case VList list:
                WriteList(text, list, ref context);
                break;
            case VAttrs set when set.Has(WellKnown.MagicToString):
                WriteString(text, ev.CoerceToString(set, "", Coercion.Strict), ref context);
                break;
            case VAttrs set when set.Get(WellKnown.OutPath) is { } outPath:
                Write(text, outPath, ref context);
                break;
            case VAttrs set:
                WriteSet(text, set, ref context);
                break;
            default:
                throw new EvalError(EvalErrorKind.Type, $"cannot convert {new Plain("a function")} to JSON");
        }
    }

    private static void WriteString(ByteBuffer text, VString value, ref StringContext? context)
    {
        context = StringContext.Union(context, value.Context);
        WriteText(text, value.Bytes);
    }

    private void WriteList(ByteBuffer text, VList list, ref StringContext? context)
    {
        text.Write((byte)'[');
        for (int i = 0; i < list.Count; i++)
        {
            if (i > 0)
            {
                text.Write((byte)',');
            }

            try
            {
                Write(text, list.Items[i], ref context);
            }
            catch (EvalError e) when (e.AddTrace(default, "while evaluating list element at index ", i.ToString(CultureInfo.InvariantCulture), ""))
            {
                throw;
            }
        }

        text.Write((byte)']');
    }

    private void WriteSet(ByteBuffer text, VAttrs set, ref StringContext? context)
    {
        text.Write((byte)'{');
        bool first = true;
        foreach (Attr attribute in set.InNameOrder(ev.Symbols))
        {
            if (!first)
            {
                text.Write((byte)',');
            }

            first = false;
            WriteText(text, ev.Symbols.BytesOf(attribute.Name));
            text.Write((byte)':');
            try
            {
                Write(text, attribute.Value, ref context);
            }
            catch (EvalError e) when (e.AddTrace(attribute.Pos, "while evaluating attribute '", ev.Symbols.TextOf(attribute.Name)))
            {
                throw;
            }
        }

        text.Write((byte)'}');
    }

    // Shortest digits that read back, with a point or an exponent; what JSON cannot say is null.
    private static string Number(double number)
    {
        if (!double.IsFinite(number))
        {
            return "null";
        }

        if (number == 0)
        {
            return double.IsNegative(number) ? "-0.0" : "0.0";
        }

        string scientific = number.ToString("E16", CultureInfo.InvariantCulture);
        string shortest = number.ToString("R", CultureInfo.InvariantCulture);
        int exponent = int.Parse(scientific.AsSpan(scientific.IndexOf('E', StringComparison.Ordinal) + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        string sign = number < 0 ? "-" : "";
        string digits = Digits(shortest);
        if (exponent is < -4 or >= 15)
        {
            string mantissa = digits.Length == 1 ? digits : $"{digits[0]}.{digits[1..]}";
            return string.Create(CultureInfo.InvariantCulture, $"{sign}{mantissa}e{(exponent < 0 ? "-" : "+")}{Math.Abs(exponent):00}");
        }

        return exponent < 0
            ? $"{sign}0.{new string('0', -exponent - 1)}{digits}"
            : digits.Length <= exponent + 1
            ? $"{sign}{digits.PadRight(exponent + 1, '0')}.0"
            : $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    private static string Digits(string number)
    {
        int end = number.IndexOf('E', StringComparison.Ordinal);
        string mantissa = end < 0 ? number : number[..end];
        return mantissa.Replace("-", "", StringComparison.Ordinal).Replace(".", "", StringComparison.Ordinal).Trim('0');
    }

    internal static void WriteText(ByteBuffer to, ReadOnlySpan<byte> text)
    {
        if (!System.Text.Unicode.Utf8.IsValid(text))
        {
            throw new EvalError(EvalErrorKind.Error, "JSON serialization error: a string is not valid UTF-8");
        }

        to.Write((byte)'"');
        foreach (byte b in text)
        {
            switch (b)
            {
                case (byte)'"' or (byte)'\\':
                    to.Write((byte)'\\');
                    to.Write(b);
                    break;
                case (byte)'\n':
                    to.Write("\\n"u8);
                    break;
                case (byte)'\r':
                    to.Write("\\r"u8);
                    break;
                case (byte)'\t':
                    to.Write("\\t"u8);
                    break;
                case (byte)'\b':
                    to.Write("\\b"u8);
                    break;
                case (byte)'\f':
                    to.Write("\\f"u8);
                    break;
                case < 0x20:
                    to.WriteAscii(string.Create(CultureInfo.InvariantCulture, $"\\u{(int)b:x4}"));
                    break;
                default:
                    to.Write(b);
                    break;
            }
        }

        to.Write((byte)'"');
    }
}

using System;
using System.Globalization;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Printing;
using Firn.Eval.Values;

namespace Firn.Eval.Builtins.Json;

/// <summary>Writes values as JSON, evaluating everything in them.</summary>
public sealed class JsonPrinter
{
    private readonly Evaluator _ev;
    private readonly bool _copyToStore;
    private readonly ByteText _text = new();
    private StringContext? _context;

    private JsonPrinter(Evaluator ev, bool copyToStore)
    {
        _ev = ev;
        _copyToStore = copyToStore;
    }

    /// <summary>A value as one line of JSON, with everything that the strings in it refer to.</summary>
    /// <param name="ev">The evaluation.</param>
    /// <param name="value">The value.</param>
    /// <param name="copyToStore">Whether paths are put into the store and written as what they become there.</param>
    /// <exception cref="EvalError">A part fails, or JSON has no form for it.</exception>
    public static VString Print(Evaluator ev, Value value, bool copyToStore)
    {
        JsonPrinter printer = new(ev, copyToStore);
        printer.Write(value, default);
        return new VString(printer._text.ToArray(), printer._context);
    }

    private void Write(Value value, PosIdx pos)
    {
        _ev.Enter(pos);
        Value forced = _ev.Force(value, pos);
        switch (forced)
        {
            case VInt number:
                _text.Add(number.Number.ToString(CultureInfo.InvariantCulture));
                break;
            case VFloat number:
                _text.Add(JsonText.Float(number.Number));
                break;
            case VBool b:
                _text.Add(b.IsTrue ? "true"u8 : "false"u8);
                break;
            case VNull:
                _text.Add("null"u8);
                break;
            case VString text:
                WriteString(text);
                break;
            case VPath path when _copyToStore:
                WriteString(_ev.Store.CopyToStore(path.Path));
                break;
            case VPath path:
                WriteString(path.Path);
                break;
            case VList list:
                WriteList(list, pos);
                break;
            case VAttrs set when set.Get(WellKnown.MagicToString) is Value toString:
                WriteString(_ev.CoerceToString(
                    _ev.Call(toString, set, pos), "while evaluating the result of the `__toString` attribute", Coercion.Strict, pos));
                break;
            case VAttrs set when set.Get(WellKnown.OutPath) is Value outPath:
                Write(outPath, set.PosOf(WellKnown.OutPath));
                break;
            case VAttrs set:
                WriteAttrs(set);
                break;
            default:
                throw new EvalError(EvalErrorKind.Type, $"cannot convert {Evaluator.ShowType(forced)} to JSON").At(forced is VLambda lambda ? lambda.Pos : pos);
        }

        _ev.Leave();
    }

    private void WriteList(VList list, PosIdx pos)
    {
        _text.Add((byte)'[');
        for (int i = 0; i < list.Count; i++)
        {
            if (i != 0)
            {
                _text.Add((byte)',');
            }

            try
            {
                Write(list.Items[i], pos);
            }
            catch (EvalError e) when (e.AddTrace(pos, "while evaluating list element at index ", i.ToString(CultureInfo.InvariantCulture), ""))
            {
                throw;
            }
        }

        _text.Add((byte)']');
    }

    private void WriteAttrs(VAttrs set)
    {
        _text.Add((byte)'{');
        bool isFirst = true;
        foreach (Attr attr in set.InNameOrder(_ev.Symbols))
        {
            if (!isFirst)
            {
                _text.Add((byte)',');
            }

            isFirst = false;
            WriteString(_ev.Symbols.BytesOf(attr.Name));
            _text.Add((byte)':');
            try
            {
                Write(attr.Value, attr.Pos);
            }
            catch (EvalError e) when (e.AddTrace(attr.Pos, "while evaluating attribute '", _ev.Symbols.TextOf(attr.Name)))
            {
                throw;
            }
        }

        _text.Add((byte)'}');
    }

    private void WriteString(VString text)
    {
        _context = StringContext.Union(_context, text.Context);
        WriteString(text.Bytes);
    }

    private void WriteString(ReadOnlySpan<byte> text)
    {
        RefuseBadUtf8(text);
        _text.Add((byte)'"');
        int done = 0;
        for (int i = 0; i < text.Length; i++)
        {
            ReadOnlySpan<byte> escape = JsonText.Escape(text[i]);
            if (!escape.IsEmpty)
            {
                _text.Add(text[done..i]);
                _text.Add(escape);
                done = i + 1;
            }
        }

        _text.Add(text[done..]);
        _text.Add((byte)'"');
    }

    private static void RefuseBadUtf8(ReadOnlySpan<byte> text)
    {
        int at = 0;
        while (at < text.Length)
        {
            if (text[at] < 0x80)
            {
                at++;
                continue;
            }

            if (Rune.DecodeFromUtf8(text[at..], out _, out int length) != System.Buffers.OperationStatus.Done)
            {
                if (at + length >= text.Length)
                {
                    throw new EvalError(
                        EvalErrorKind.Error,
                        $"JSON serialization error: [json.exception.type_error.316] incomplete UTF-8 string; last byte: 0x{new Plain(text[^1].ToString("X2", CultureInfo.InvariantCulture))}");
                }

                throw new EvalError(
                    EvalErrorKind.Error,
                    $"JSON serialization error: [json.exception.type_error.316] invalid UTF-8 byte at index {new Plain((at + length).ToString(CultureInfo.InvariantCulture))}: 0x{new Plain(text[at + length].ToString("X2", CultureInfo.InvariantCulture))}");
            }

            at += length;
        }
    }
}

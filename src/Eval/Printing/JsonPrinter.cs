using System;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Firn.Eval.Builtins.Json;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;

namespace Firn.Eval.Printing;

/// <summary>Values as JSON: compact, names in byte order, what the strings refer to collected.</summary>
public sealed class JsonPrinter
{
    private readonly Evaluator _ev;
    private readonly bool _strict;
    private readonly bool _copyToStore;
    private readonly ByteText _text = new();
    private StringContext? _context;

    private JsonPrinter(Evaluator ev, bool strict, bool copyToStore)
    {
        _ev = ev;
        _strict = strict;
        _copyToStore = copyToStore;
    }

    /// <summary>The value as JSON.</summary>
    /// <param name="ev">The evaluation.</param>
    /// <param name="value">The value.</param>
    /// <param name="strict">Whether thunks are evaluated; else they are an error.</param>
    /// <param name="copyToStore">Whether paths are put into the store and shown as the store's path.</param>
    /// <param name="pos">Who needs it.</param>
    /// <returns>The text with everything that the strings in it refer to.</returns>
    /// <exception cref="EvalError">A part fails, is a function, or a string is not UTF-8.</exception>
    public static VString Print(Evaluator ev, Value value, bool strict, bool copyToStore, PosIdx pos = default)
    {
        JsonPrinter printer = new(ev, strict, copyToStore);
        printer.Print(value, pos);
        return new VString(printer._text.ToArray(), printer._context);
    }

    private void Print(Value value, PosIdx pos)
    {
        _ev.Enter(pos);
        StackGuard.Check(pos);
        Value forced = _strict ? _ev.Force(value, pos) : value.Peek();
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
                Quote(text);
                break;
            case VPath path:
                Quote(_copyToStore ? _ev.Store.CopyToStore(path.Path) : new VString(path.Path));
                break;
            case VList list:
                PrintList(list, pos);
                break;
            case VAttrs set:
                PrintAttrs(set, pos);
                break;
            default:
                throw new EvalError(EvalErrorKind.Type, $"cannot convert {Evaluator.ShowType(forced)} to JSON")
                    .At(forced is VLambda lambda ? lambda.Pos : pos);
        }

        _ev.Leave();
    }

    private void PrintAttrs(VAttrs set, PosIdx pos)
    {
        if (set.Get(WellKnown.MagicToString) is { } toString)
        {
            Quote(_ev.CoerceToString(
                _ev.Call(toString, set, pos), "while evaluating the result of the `__toString` attribute", Coercion.Strict, pos));
            return;
        }

        if (set.Get(WellKnown.OutPath) is { } outPath)
        {
            Print(outPath, set.PosOf(WellKnown.OutPath));
            return;
        }

        _text.Add((byte)'{');
        bool first = true;
        foreach (Attr attr in set.InNameOrder(_ev.Symbols))
        {
            if (!first)
            {
                _text.Add((byte)',');
            }

            first = false;
            Quote(_ev.Symbols.BytesOf(attr.Name));
            _text.Add((byte)':');
            try
            {
                Print(attr.Value, attr.Pos);
            }
            catch (EvalError e) when (e.AddTrace(attr.Pos, "while evaluating attribute '", _ev.ShowName(attr.Name)))
            {
                throw;
            }
        }

        _text.Add((byte)'}');
    }

    private void PrintList(VList list, PosIdx pos)
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
                Print(list.Items[i], pos);
            }
            catch (EvalError e) when (e.AddTrace(pos, "while evaluating list element at index ", i.ToString(CultureInfo.InvariantCulture), ""))
            {
                throw;
            }
        }

        _text.Add((byte)']');
    }

    private void Quote(VString text)
    {
        _context = StringContext.Union(_context, text.Context);
        Quote(text.Bytes);
    }

    private void Quote(ReadOnlySpan<byte> bytes)
    {
        if (!Utf8.IsValid(bytes))
        {
            ThrowInvalid(bytes);
        }

        _text.Add((byte)'"');
        int start = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            byte b = bytes[i];
            if (b >= 0x20 && b != '"' && b != '\\')
            {
                continue;
            }

            _text.Add(bytes[start..i]);
            start = i + 1;
            switch (b)
            {
                case (byte)'"':
                    _text.Add("\\\""u8);
                    break;
                case (byte)'\\':
                    _text.Add("\\\\"u8);
                    break;
                case (byte)'\b':
                    _text.Add("\\b"u8);
                    break;
                case (byte)'\f':
                    _text.Add("\\f"u8);
                    break;
                case (byte)'\n':
                    _text.Add("\\n"u8);
                    break;
                case (byte)'\r':
                    _text.Add("\\r"u8);
                    break;
                case (byte)'\t':
                    _text.Add("\\t"u8);
                    break;
                default:
                    _text.Add($"\\u{b:x4}");
                    break;
            }
        }

        _text.Add(bytes[start..]);
        _text.Add((byte)'"');
    }

    private static void ThrowInvalid(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out int length) == System.Buffers.OperationStatus.Done)
        {
            at += length;
        }

        throw new EvalError(
            EvalErrorKind.Error,
            $"JSON serialization error: [json.exception.type_error.316] invalid UTF-8 byte at index {new Plain(at.ToString(CultureInfo.InvariantCulture))}: 0x{new Plain(bytes[at].ToString("X2", CultureInfo.InvariantCulture))}");
    }
}

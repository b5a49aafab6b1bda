using System;
using System.Text;

namespace Firn.Formats.Logging;

/// <summary>A field of an activity or of a result: a number or bytes of text, which a builder may have written.</summary>
public readonly record struct LogField
{
    private readonly ReadOnlyMemory<byte> _text;

    private LogField(ReadOnlyMemory<byte> text, ulong number, bool isText)
    {
        _text = text;
        Number = number;
        IsText = isText;
    }

    public bool IsText { get; }

    /// <summary>The number; 0 for a text.</summary>
    public ulong Number { get; }

    /// <summary>The text; empty for a number.</summary>
    public ReadOnlySpan<byte> Bytes => _text.Span;

    /// <summary>The text as UTF-8, with what is none replaced.</summary>
    public string Text => Encoding.UTF8.GetString(_text.Span);

    public static LogField Of(string text) => new(Encoding.UTF8.GetBytes(text), 0, true);

    public static LogField Of(ReadOnlyMemory<byte> text) => new(text, 0, true);

    public static LogField Of(ulong number) => new(default, number, false);

    public static implicit operator LogField(string text) => Of(text);

    public static implicit operator LogField(ulong number) => Of(number);
}

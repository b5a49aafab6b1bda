using System;
using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Firn.Eval.Builtins.Json;

/// <summary>What stands next in a JSON text.</summary>
public enum JsonToken : byte
{
    BeginObject,
    EndObject,
    BeginArray,
    EndArray,
    Colon,
    Comma,
    True,
    False,
    Null,
    String,
    Integer,
    Unsigned,
    Float,
    End,
    Invalid,
}

/// <summary>Reads JSON (RFC 8259) from bytes, token by token. Strings must be UTF-8; numbers keep their kind.</summary>
public ref struct JsonReader
{
    private readonly ReadOnlySpan<byte> _text;
    private readonly ArrayBufferWriter<byte> _unescaped = new();
    private int _at;
    private int _tokenStart;

    // Messages show the text from the last scalar on.
    private int _shownFrom;
    private string _fault = "";

    public JsonReader(ReadOnlySpan<byte> text)
    {
        _text = text;
        _at = text is [0xEF, 0xBB, 0xBF, ..] ? 3 : 0;
    }

    public JsonToken Token { get; private set; }

    /// <summary>The current string, escapes resolved; valid until the next token.</summary>
    public ReadOnlySpan<byte> String { get; private set; }

    public long Integer { get; private set; }

    /// <summary>An integer above the signed range.</summary>
    public ulong Unsigned { get; private set; }

    public double Float { get; private set; }

    /// <summary>Moves to the next token. A wrong one is <see cref="JsonToken.Invalid"/> until <see cref="Fail"/> reports it.</summary>
    /// <exception cref="JsonException">A number is too large for a float.</exception>
    public void Next()
    {
        while (_at < _text.Length && _text[_at] is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r')
        {
            _at++;
        }

        _tokenStart = _at;
        if (_at == _text.Length)
        {
            _at++;
            Token = JsonToken.End;
            return;
        }

        byte c = _text[_at++];
        if (c is (byte)'t' or (byte)'f' or (byte)'n' or (byte)'"' or (byte)'-' or (>= (byte)'0' and <= (byte)'9'))
        {
            _shownFrom = _tokenStart;
        }

        Token = c switch
        {
            (byte)'{' => JsonToken.BeginObject,
            (byte)'}' => JsonToken.EndObject,
            (byte)'[' => JsonToken.BeginArray,
            (byte)']' => JsonToken.EndArray,
            (byte)':' => JsonToken.Colon,
            (byte)',' => JsonToken.Comma,
            (byte)'t' => Literal("true"u8, JsonToken.True),
            (byte)'f' => Literal("false"u8, JsonToken.False),
            (byte)'n' => Literal("null"u8, JsonToken.Null),
            (byte)'"' => ReadString(),
            (byte)'-' or (>= (byte)'0' and <= (byte)'9') => ReadNumber(),
            _ => Wrong("invalid literal"),
        };
    }

    /// <summary>The error that the current token is not what had to come.</summary>
    /// <param name="context">What was being read.</param>
    /// <param name="expected">What had to come; empty to leave that out.</param>
    public readonly JsonException Fail(string context, string expected)
    {
        int line = 1;
        int column = 0;
        for (int i = 0; i < _at; i++)
        {
            column++;
            if (i < _text.Length && _text[i] == '\n')
            {
                line++;
                column = 0;
            }
        }

        string message = Token == JsonToken.End && _at == 1 && _text.IsEmpty
            ? "attempting to parse an empty input; check that your input string or stream contains the expected JSON"
            : $"syntax error while parsing {context} - " + (Token == JsonToken.Invalid
                ? $"{_fault}; last read: '{Shown()}'"
                : $"unexpected {Describe(Token)}{(expected.Length == 0 ? "" : "; expected " + expected)}");
        return new JsonException($"[json.exception.parse_error.101] parse error at line {line}, column {column}: {message}", true);
    }

    private static string Describe(JsonToken token) => token switch
    {
        JsonToken.BeginObject => "'{'",
        JsonToken.EndObject => "'}'",
        JsonToken.BeginArray => "'['",
        JsonToken.EndArray => "']'",
        JsonToken.Colon => "':'",
        JsonToken.Comma => "','",
        JsonToken.True => "true literal",
        JsonToken.False => "false literal",
        JsonToken.Null => "null literal",
        JsonToken.String => "string literal",
        JsonToken.Integer or JsonToken.Unsigned or JsonToken.Float => "number literal",
        JsonToken.End => "end of input",
        JsonToken.Invalid => "<parse error>",
    };

    private readonly string Shown()
    {
        StringBuilder text = new();
        foreach (char c in Encoding.UTF8.GetString(_text[_shownFrom..int.Min(_at, _text.Length)]))
        {
            if (c < ' ')
            {
                text.Append("<U+").Append(((int)c).ToString("X4", CultureInfo.InvariantCulture)).Append('>');
            }
            else
            {
                text.Append(c);
            }
        }

        return text.ToString();
    }

    private JsonToken Wrong(string fault)
    {
        _fault = fault;
        return JsonToken.Invalid;
    }

    private JsonToken Literal(ReadOnlySpan<byte> word, JsonToken token)
    {
        for (int i = 1; i < word.Length; i++)
        {
            // The byte that does not fit belongs to what was read.
            bool fits = _at < _text.Length && _text[_at] == word[i];
            _at++;
            if (!fits)
            {
                return Wrong("invalid literal");
            }
        }

        return token;
    }

    private JsonToken ReadNumber()
    {
        bool isFloat = false;
        byte c = _text[_at - 1];
        if (c == '-')
        {
            if (!IsDigit(_at))
            {
                _at++;
                return Wrong("invalid number; expected digit after '-'");
            }

            c = _text[_at++];
        }

        if (c != '0')
        {
            SkipDigits();
        }

        if (_at < _text.Length && _text[_at] == '.')
        {
            isFloat = true;
            _at++;
            if (!IsDigit(_at))
            {
                _at++;
                return Wrong("invalid number; expected digit after '.'");
            }

            SkipDigits();
        }

        if (_at < _text.Length && _text[_at] is (byte)'e' or (byte)'E')
        {
            isFloat = true;
            _at++;
            if (_at < _text.Length && _text[_at] is (byte)'+' or (byte)'-')
            {
                _at++;
                if (!IsDigit(_at))
                {
                    _at++;
                    return Wrong("invalid number; expected digit after exponent sign");
                }
            }
            else if (!IsDigit(_at))
            {
                _at++;
                return Wrong("invalid number; expected '+', '-', or digit after exponent");
            }

            SkipDigits();
        }

        ReadOnlySpan<byte> number = _text[_tokenStart.._at];
        if (!isFloat)
        {
            if (Utf8Parser.TryParse(number, out long integer, out int used) && used == number.Length)
            {
                Integer = integer;
                return JsonToken.Integer;
            }

            if (Utf8Parser.TryParse(number, out ulong unsigned, out used) && used == number.Length)
            {
                Unsigned = unsigned;
                return JsonToken.Unsigned;
            }
        }

        Float = double.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture);
        return double.IsFinite(Float)
            ? JsonToken.Float
            : throw new JsonException(
                $"[json.exception.out_of_range.406] number overflow parsing '{Encoding.ASCII.GetString(number)}'", true);
    }

    private readonly bool IsDigit(int at) => at < _text.Length && _text[at] is >= (byte)'0' and <= (byte)'9';

    private void SkipDigits()
    {
        while (IsDigit(_at))
        {
            _at++;
        }
    }

    private JsonToken ReadString()
    {
        int start = _at;
        _unescaped.ResetWrittenCount();
        bool plain = true;
        while (true)
        {
            if (_at >= _text.Length)
            {
                _at = _text.Length + 1;
                return Wrong("invalid string: missing closing quote");
            }

            byte c = _text[_at++];
            if (c == '"')
            {
                ReadOnlySpan<byte> rest = _text[start..(_at - 1)];
                if (plain)
                {
                    String = rest;
                }
                else
                {
                    _unescaped.Write(rest);
                    String = _unescaped.WrittenSpan;
                }

                return JsonToken.String;
            }

            if (c < ' ')
            {
                return Wrong(ControlFault(c));
            }

            if (c >= 0x80)
            {
                if (!SkipSequence(c))
                {
                    return Wrong("invalid string: ill-formed UTF-8 byte");
                }

                continue;
            }

            if (c == '\\')
            {
                plain = false;
                _unescaped.Write(_text[start..(_at - 1)]);
                if (Escape() is string fault)
                {
                    return Wrong(fault);
                }

                start = _at;
            }
        }
    }

    private static string ControlFault(byte c)
    {
        string names = "NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US";
        string code = ((int)c).ToString("X4", CultureInfo.InvariantCulture);
        string shortForm = c switch
        {
            (byte)'\b' => " or \\b",
            (byte)'\t' => " or \\t",
            (byte)'\n' => " or \\n",
            (byte)'\f' => " or \\f",
            (byte)'\r' => " or \\r",
            _ => "",
        };
        return $"invalid string: control character U+{code} ({names.Split(' ')[c]}) must be escaped to \\u{code}{shortForm}";
    }

    /// <summary>Skips what follows the first byte of a sequence, up to the byte that does not belong to it.</summary>
    private bool SkipSequence(byte first)
    {
        (int count, byte low, byte high) = first switch
        {
            >= 0xC2 and <= 0xDF => (1, (byte)0x80, (byte)0xBF),
            0xE0 => (2, (byte)0xA0, (byte)0xBF),
            0xED => (2, (byte)0x80, (byte)0x9F),
            >= 0xE1 and <= 0xEF => (2, (byte)0x80, (byte)0xBF),
            0xF0 => (3, (byte)0x90, (byte)0xBF),
            >= 0xF1 and <= 0xF3 => (3, (byte)0x80, (byte)0xBF),
            0xF4 => (3, (byte)0x80, (byte)0x8F),
            _ => (0, (byte)0, (byte)0),
        };
        for (int i = 0; i < count; i++)
        {
            bool fits = _at < _text.Length && _text[_at] >= low && _text[_at] <= high;
            _at++;
            if (!fits)
            {
                return false;
            }

            (low, high) = (0x80, 0xBF);
        }

        return count > 0;
    }

    private string? Escape()
    {
        byte c = _at < _text.Length ? _text[_at] : (byte)0;
        _at++;
        switch (c)
        {
            case (byte)'"' or (byte)'\\' or (byte)'/':
                _unescaped.Write([c]);
                return null;
            case (byte)'b':
                _unescaped.Write("\b"u8);
                return null;
            case (byte)'f':
                _unescaped.Write("\f"u8);
                return null;
            case (byte)'n':
                _unescaped.Write("\n"u8);
                return null;
            case (byte)'r':
                _unescaped.Write("\r"u8);
                return null;
            case (byte)'t':
                _unescaped.Write("\t"u8);
                return null;
            case (byte)'u':
                return EscapeUnicode();
            default:
                return "invalid string: forbidden character after backslash";
        }
    }

    private string? EscapeUnicode()
    {
        const string NoPair = "invalid string: surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF";
        const string NoDigits = "invalid string: '\\u' must be followed by 4 hex digits";
        int unit = Hex4();
        if (unit < 0)
        {
            return NoDigits;
        }

        int scalar = unit;
        if (unit is >= 0xD800 and <= 0xDBFF)
        {
            bool another = _at < _text.Length && _text[_at] == '\\';
            _at++;
            if (another)
            {
                another = _at < _text.Length && _text[_at] == 'u';
                _at++;
            }

            if (!another)
            {
                return NoPair;
            }

            int low = Hex4();
            if (low < 0)
            {
                return NoDigits;
            }

            if (low is < 0xDC00 or > 0xDFFF)
            {
                return NoPair;
            }

            scalar = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        }
        else if (unit is >= 0xDC00 and <= 0xDFFF)
        {
            return "invalid string: surrogate U+DC00..U+DFFF must follow U+D800..U+DBFF";
        }

        int length = new Rune(scalar).EncodeToUtf8(_unescaped.GetSpan(4));
        _unescaped.Advance(length);
        return null;
    }

    private int Hex4()
    {
        int value = 0;
        for (int i = 0; i < 4; i++)
        {
            byte c = _at < _text.Length ? _text[_at] : (byte)0;
            _at++;
            if (!char.IsAsciiHexDigit((char)c))
            {
                return -1;
            }

            value = (value * 16) + (char.IsAsciiDigit((char)c) ? c - '0' : (c | 0x20) - 'a' + 10);
        }

        return value;
    }
}

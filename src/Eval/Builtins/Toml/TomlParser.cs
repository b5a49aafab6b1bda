using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace Firn.Eval.Builtins.Toml;

/// <summary>Parses TOML 1.0.0 from bytes.</summary>
/// <remarks>https://toml.io/en/v1.0.0</remarks>
public ref struct TomlParser
{
    private readonly ReadOnlySpan<byte> _text;
    private int _at;

    private TomlParser(ReadOnlySpan<byte> text) => _text = text;

    /// <summary>The root table of a document.</summary>
    /// <exception cref="TomlException">The document is wrong; the message shows where.</exception>
    public static TomlTable Parse(ReadOnlySpan<byte> text)
    {
        TomlParser parser = new(text);
        if (text is [0xEF, 0xBB, 0xBF, ..])
        {
            parser._at = 3;
        }

        if (!Utf8.IsValid(text))
        {
            throw parser.Fail("bad format: the text is not UTF-8", "here");
        }

        return parser.ParseDocument();
    }

    private TomlTable ParseDocument()
    {
        TomlTable root = new(TomlTableOrigin.Header);
        TomlTable current = root;
        while (true)
        {
            SkipBlankLines();
            if (_at == _text.Length)
            {
                return root;
            }

            if (Peek() == '[')
            {
                current = ParseHeader(root);
            }
            else
            {
                ParseKeyValue(current);
            }

            EndLine();
        }
    }

    private readonly byte Peek(int ahead = 0) => _at + ahead < _text.Length ? _text[_at + ahead] : (byte)0;

    private readonly TomlException Fail(string title, string note) => Fail(title, note, _at);

    /// <summary>An error that shows its line, as far as it has one.</summary>
    private readonly TomlException Fail(string title, string note, int at)
    {
        at = int.Min(at, _text.Length);
        int start = _text[..at].LastIndexOf((byte)'\n') + 1;
        int length = _text[start..].IndexOf((byte)'\n');
        string line = Encoding.UTF8.GetString(length < 0 ? _text[start..] : _text.Slice(start, length)).TrimEnd('\r');
        string number = (_text[..at].Count((byte)'\n') + 1).ToString(CultureInfo.InvariantCulture);
        string margin = new(' ', number.Length + 2);
        string indent = new(' ', Encoding.UTF8.GetCharCount(_text[start..at]));
        return new TomlException($"[error] {title}\n{margin[..^2]}--> fromTOML\n{margin}|\n {number} | {line}\n{margin}| {indent}^-- {note}\n");
    }

    private void SkipSpace()
    {
        while (Peek() is (byte)' ' or (byte)'\t')
        {
            _at++;
        }
    }

    private bool TrySkipNewline()
    {
        int length = Peek() == '\n' ? 1 : Peek() == '\r' && Peek(1) == '\n' ? 2 : 0;
        _at += length;
        return length > 0;
    }

    private void SkipComment()
    {
        if (Peek() != '#' || _at == _text.Length)
        {
            return;
        }

        while (_at < _text.Length && Peek() != '\n' && !(Peek() == '\r' && Peek(1) == '\n'))
        {
            if (Peek() is (< 32 and not (byte)'\t') or 127)
            {
                throw Fail("bad format: invalid character in a comment", "here");
            }

            _at++;
        }
    }

    private void SkipBlankLines()
    {
        do
        {
            SkipSpace();
            SkipComment();
        }
        while (TrySkipNewline());
    }

    private void EndLine()
    {
        SkipSpace();
        SkipComment();
        if (_at < _text.Length && !TrySkipNewline())
        {
            throw Fail("bad format: expected the end of the line", "here");
        }
    }

    private TomlTable ParseHeader(TomlTable root)
    {
        int start = _at;
        bool isArray = Peek(1) == '[';
        _at += isArray ? 2 : 1;
        List<byte[]> path = ParseKey();
        if (Peek() != ']' || (isArray && Peek(1) != ']'))
        {
            throw Fail("bad format: a table header must be closed", "here");
        }

        _at += isArray ? 2 : 1;
        TomlTable table = root;
        for (int i = 0; i + 1 < path.Count; i++)
        {
            table = Enter(table, path[i], start);
        }

        byte[] last = path[^1];
        if (!table.Items.TryGetValue(last, out TomlNode? existing))
        {
            TomlTable made = new(TomlTableOrigin.Header);
            if (isArray)
            {
                TomlArray array = new(isOfTables: true);
                array.Elements.Add(made);
                table.TryAdd(last, array);
            }
            else
            {
                table.TryAdd(last, made);
            }

            return made;
        }

        if (isArray && existing is TomlArray { IsOfTables: true } tables)
        {
            TomlTable made = new(TomlTableOrigin.Header);
            tables.Elements.Add(made);
            return made;
        }

        if (!isArray && existing is TomlTable { Origin: TomlTableOrigin.Implied } implied)
        {
            implied.Origin = TomlTableOrigin.Header;
            return implied;
        }

        throw Fail("duplicate table: it is already defined", "here", start);
    }

    private readonly TomlTable Enter(TomlTable table, byte[] key, int start)
    {
        if (!table.Items.TryGetValue(key, out TomlNode? existing))
        {
            TomlTable made = new(TomlTableOrigin.Implied);
            table.TryAdd(key, made);
            return made;
        }

        return existing switch
        {
            TomlTable { Origin: not TomlTableOrigin.Inline } inner => inner,
            TomlArray { IsOfTables: true } array => (TomlTable)array.Elements[^1],
            _ => throw Fail("a key on the way to the table is already defined as something else", "here", start),
        };
    }

    private void ParseKeyValue(TomlTable table)
    {
        int start = _at;
        List<byte[]> path = ParseKey();
        if (Peek() != '=')
        {
            throw Fail("bad format: expected '=' behind a key", "here");
        }

        _at++;
        SkipSpace();
        TomlNode value = ParseValue();
        for (int i = 0; i + 1 < path.Count; i++)
        {
            if (!table.Items.TryGetValue(path[i], out TomlNode? existing))
            {
                existing = new TomlTable(TomlTableOrigin.DottedKey);
                table.TryAdd(path[i], existing);
            }

            table = existing is TomlTable { Origin: TomlTableOrigin.DottedKey } inner
                ? inner
                : throw Fail("a key on the way to the value is already defined as something else", "here", start);
        }

        if (!table.TryAdd(path[^1], value))
        {
            throw Fail("duplicate key: it is already defined", "here", start);
        }
    }

    private List<byte[]> ParseKey()
    {
        List<byte[]> path = [];
        while (true)
        {
            SkipSpace();
            path.Add(ParseSimpleKey());
            SkipSpace();
            if (Peek() != '.')
            {
                return path;
            }

            _at++;
        }
    }

    private byte[] ParseSimpleKey()
    {
        if (Peek() == '"')
        {
            return ParseBasicString();
        }

        if (Peek() == '\'')
        {
            return ParseLiteralString();
        }

        int start = _at;
        while (char.IsAsciiLetterOrDigit((char)Peek()) || Peek() is (byte)'_' or (byte)'-')
        {
            _at++;
        }

        return _at == start ? throw Fail("bad format: expected a key", "here") : _text[start.._at].ToArray();
    }

    private TomlNode ParseValue()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Fail("values are nested too deeply", "here");
        }

        switch (Peek())
        {
            case (byte)'"':
                return new TomlString(StartsWith("\"\"\""u8) ? ParseMultilineBasicString() : ParseBasicString());
            case (byte)'\'':
                return new TomlString(StartsWith("'''"u8) ? ParseMultilineLiteralString() : ParseLiteralString());
            case (byte)'[':
                return ParseArray();
            case (byte)'{':
                return ParseInlineTable();
            case (byte)'t' when StartsWith("true"u8):
                _at += 4;
                return new TomlBoolean(true);
            case (byte)'f' when StartsWith("false"u8):
                _at += 5;
                return new TomlBoolean(false);
            default:
                return ParseNumberOrTime();
        }
    }

    private readonly bool StartsWith(ReadOnlySpan<byte> text) => _text[_at..].StartsWith(text);

    private TomlArray ParseArray()
    {
        TomlArray array = new(isOfTables: false);
        _at++;
        while (true)
        {
            SkipBlankLines();
            if (Peek() == ']')
            {
                _at++;
                return array;
            }

            array.Elements.Add(ParseValue());
            SkipBlankLines();
            if (Peek() == ',')
            {
                _at++;
            }
            else if (Peek() != ']')
            {
                throw Fail("bad format: expected ',' or ']' in an array", "here");
            }
        }
    }

    private TomlTable ParseInlineTable()
    {
        TomlTable table = new(TomlTableOrigin.Inline);
        _at++;
        SkipSpace();
        if (Peek() == '}')
        {
            _at++;
            return table;
        }

        while (true)
        {
            ParseKeyValue(table);
            SkipSpace();
            if (Peek() == '}')
            {
                _at++;
                Close(table);
                return table;
            }

            if (Peek() != ',')
            {
                throw Fail("bad format: expected ',' or '}' in an inline table", "here");
            }

            _at++;
            SkipSpace();
        }
    }

    /// <summary>What dotted keys made within braces is as complete as the braces.</summary>
    private static void Close(TomlTable table)
    {
        foreach (TomlNode value in table.Items.Values)
        {
            if (value is TomlTable { Origin: TomlTableOrigin.DottedKey } inner)
            {
                inner.Origin = TomlTableOrigin.Inline;
                Close(inner);
            }
        }
    }

    private byte[] ParseLiteralString()
    {
        int start = ++_at;
        while (Peek() != '\'' || _at == _text.Length)
        {
            CheckCharacter("a literal string");
            _at++;
        }

        return _text[start.._at++].ToArray();
    }

    private byte[] ParseMultilineLiteralString()
    {
        _at += 3;
        TrySkipNewline();
        int start = _at;
        while (!StartsWith("'''"u8))
        {
            if (Peek() is not ((byte)'\n' or (byte)'\r') || _at == _text.Length)
            {
                CheckCharacter("a literal string");
            }

            _at++;
        }

        // Up to two quotes may stand directly before the closing three.
        int end = _at;
        _at += 3;
        for (int i = 0; i < 2 && Peek() == '\''; i++)
        {
            end++;
            _at++;
        }

        return _text[start..end].ToArray();
    }

    private readonly void CheckCharacter(string place)
    {
        if (_at >= _text.Length)
        {
            throw Fail($"bad format: {place} is not closed", "here");
        }

        if (Peek() is (< 32 and not (byte)'\t') or 127)
        {
            throw Fail($"bad format: invalid character in {place}", "here");
        }
    }

    private byte[] ParseBasicString()
    {
        ArrayBufferWriter<byte> result = new();
        _at++;
        while (Peek() != '"' || _at == _text.Length)
        {
            CheckCharacter("a basic string");
            if (Peek() == '\\')
            {
                ParseEscape(result);
            }
            else
            {
                result.Write(_text.Slice(_at++, 1));
            }
        }

        _at++;
        return result.WrittenSpan.ToArray();
    }

    private byte[] ParseMultilineBasicString()
    {
        ArrayBufferWriter<byte> result = new();
        _at += 3;
        TrySkipNewline();
        while (!StartsWith("\"\"\""u8))
        {
            if (Peek() == '\\' && TrySkipLineEnd())
            {
                continue;
            }

            if (Peek() == '\\')
            {
                ParseEscape(result);
                continue;
            }

            if (Peek() is not ((byte)'\n' or (byte)'\r') || _at == _text.Length)
            {
                CheckCharacter("a basic string");
            }

            result.Write(_text.Slice(_at++, 1));
        }

        _at += 3;
        for (int i = 0; i < 2 && Peek() == '"'; i++)
        {
            result.Write("\""u8);
            _at++;
        }

        return result.WrittenSpan.ToArray();
    }

    /// <summary>A backslash at the end of a line takes all white space up to the next text with it.</summary>
    private bool TrySkipLineEnd()
    {
        int saved = _at;
        _at++;
        SkipSpace();
        if (!TrySkipNewline())
        {
            _at = saved;
            return false;
        }

        do
        {
            SkipSpace();
        }
        while (TrySkipNewline());
        return true;
    }

    private void ParseEscape(ArrayBufferWriter<byte> result)
    {
        byte c = Peek(1);
        _at += 2;
        switch (c)
        {
            case (byte)'b':
                result.Write("\b"u8);
                break;
            case (byte)'t':
                result.Write("\t"u8);
                break;
            case (byte)'n':
                result.Write("\n"u8);
                break;
            case (byte)'f':
                result.Write("\f"u8);
                break;
            case (byte)'r':
                result.Write("\r"u8);
                break;
            case (byte)'"' or (byte)'\\':
                result.Write([c]);
                break;
            case (byte)'u' or (byte)'U':
                int digits = c == 'u' ? 4 : 8;
                if (_at + digits > _text.Length
                    || !uint.TryParse(_text.Slice(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint scalar)
                    || !Rune.IsValid(scalar))
                {
                    throw Fail("bad format: invalid escape of a character", "here");
                }

                _at += digits;
                result.Advance(new Rune(scalar).EncodeToUtf8(result.GetSpan(4)));
                break;
            default:
                throw Fail("bad format: unknown escape sequence", "here", _at - 1);
        }
    }

    private TomlNode ParseNumberOrTime()
    {
        int start = _at;
        if (TomlTime.TryRead(_text[start..], out int length, out string? time))
        {
            _at += length;
            return time is null ? throw Fail("bad format: no such date or time", "here", start) : new TomlTimestamp(time);
        }

        while (char.IsAsciiLetterOrDigit((char)Peek()) || Peek() is (byte)'_' or (byte)'.' or (byte)'+' or (byte)'-')
        {
            _at++;
        }

        string word = Encoding.ASCII.GetString(_text[start.._at]);
        switch (TomlNumber.Parse(word, out long integer, out double number))
        {
            case TomlNumberKind.Integer:
                return new TomlInteger(integer);
            case TomlNumberKind.Float:
                return new TomlFloat(number);
            case TomlNumberKind.TooLarge:
                throw Fail("toml::parse_dec_integer: too large integer: current max digits = 2^63", "must be < 2^63");
            default:
                throw Fail("bad format: unknown value appeared", "here", start);
        }
    }
}

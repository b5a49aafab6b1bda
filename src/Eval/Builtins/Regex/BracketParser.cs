using System;
using System.Text;

namespace Firn.Eval.Builtins.Regex;

/// <summary>Parses a bracket expression, from behind its <c>[</c>.</summary>
internal ref struct BracketParser
{
    private enum Token : byte
    {
        Char,
        Dash,
        End,
        Class,
        Equivalence,
        Collating,
    }

    /// <summary>What came last: it may start a range only when it is a single character.</summary>
    private enum Last : byte
    {
        None,
        Char,
        Class,
    }

    // The names of the POSIX locale, by the character they stand for.
    private static readonly string[] s_names =
        ("NUL SOH STX ETX EOT ENQ ACK alert backspace tab newline vertical-tab form-feed carriage-return SO SI DLE DC1 DC2 DC3 DC4 "
        + "NAK SYN ETB CAN EM SUB ESC IS4 IS3 IS2 IS1 space exclamation-mark quotation-mark number-sign dollar-sign percent-sign "
        + "ampersand apostrophe left-parenthesis right-parenthesis asterisk plus-sign comma hyphen period slash zero one two three "
        + "four five six seven eight nine colon semicolon less-than-sign equals-sign greater-than-sign question-mark commercial-at "
        + "A B C D E F G H I J K L M N O P Q R S T U V W X Y Z left-square-bracket backslash right-square-bracket circumflex "
        + "underscore grave-accent a b c d e f g h i j k l m n o p q r s t u v w x y z left-curly-bracket vertical-line "
        + "right-curly-bracket tilde DEL").Split(' ');

    private readonly ReadOnlySpan<byte> _pattern;
    private readonly ref int _at;
    private readonly bool[] _set = new bool[256];
    private Token _token;
    private byte _char;
    private ReadOnlySpan<byte> _name;
    private bool _isFirst = true;

    public BracketParser(ReadOnlySpan<byte> pattern, ref int at)
    {
        _pattern = pattern;
        _at = ref at;
    }

    public bool[] Parse()
    {
        bool negated = _at < _pattern.Length && _pattern[_at] == '^';
        if (negated)
        {
            _at++;
        }

        Last last = Last.None;
        byte pending = 0;
        Next();

        // A dash in the first place is an ordinary character, also as the start of a range.
        if (_token is Token.Char or Token.Dash)
        {
            pending = _token == Token.Dash ? (byte)'-' : _char;
            last = Last.Char;
            Next();
        }

        while (_token != Token.End)
        {
            if (_token == Token.Dash)
            {
                Next();
                if (_token == Token.End)
                {
                    _set['-'] = true;
                    break;
                }

                if (last != Last.Char || _token is not (Token.Char or Token.Dash))
                {
                    throw new RegexException(RegexFault.Invalid);
                }

                AddRange(pending, _token == Token.Dash ? (byte)'-' : _char);
                last = Last.None;
                Next();
                continue;
            }

            if (last == Last.Char)
            {
                _set[pending] = true;
            }

            last = Last.Class;
            switch (_token)
            {
                case Token.Char:
                    pending = _char;
                    last = Last.Char;
                    break;
                case Token.Collating:
                    pending = Collating();
                    last = Last.Char;
                    break;
                case Token.Equivalence:
                    AddEquivalent(Collating());
                    break;
                default:
                    AddClass();
                    break;
            }

            Next();
        }

        if (last == Last.Char)
        {
            _set[pending] = true;
        }

        if (negated)
        {
            for (int i = 0; i < 256; i++)
            {
                _set[i] = !_set[i];
            }
        }

        return _set;
    }

    private void Next()
    {
        if (_at >= _pattern.Length)
        {
            throw new RegexException(RegexFault.Invalid);
        }

        byte c = _pattern[_at++];
        bool isFirst = _isFirst;
        _isFirst = false;
        if (c == '-')
        {
            _token = Token.Dash;
        }
        else if (c == ']' && !isFirst)
        {
            _token = Token.End;
        }
        else if (c == '[')
        {
            if (_at >= _pattern.Length)
            {
                throw new RegexException(RegexFault.Invalid);
            }

            Token? named = _pattern[_at] switch
            {
                (byte)':' => Token.Class,
                (byte)'=' => Token.Equivalence,
                (byte)'.' => Token.Collating,
                _ => null,
            };
            _token = named ?? Token.Char;
            _char = c;
            if (named is not null)
            {
                TakeName(_pattern[_at++]);
            }
        }
        else
        {
            _token = Token.Char;
            _char = c;
        }
    }

    private void TakeName(byte mark)
    {
        int length = _pattern[_at..].IndexOf(mark);
        if (length < 0 || _at + length + 1 >= _pattern.Length || _pattern[_at + length + 1] != ']')
        {
            throw new RegexException(RegexFault.Invalid);
        }

        _name = _pattern.Slice(_at, length);
        _at += length + 2;
    }

    private readonly void AddRange(byte first, byte last)
    {
        if ((sbyte)first > (sbyte)last)
        {
            throw new RegexException(RegexFault.Invalid);
        }

        for (int c = (sbyte)first; c <= (sbyte)last; c++)
        {
            _set[(byte)c] = true;
        }
    }

    private readonly byte Collating()
    {
        int index = Array.IndexOf(s_names, Encoding.Latin1.GetString(_name));
        return index >= 0 ? (byte)index : throw new RegexException(RegexFault.Invalid);
    }

    private readonly void AddEquivalent(byte c)
    {
        _set[c] = true;
        if (char.IsAsciiLetter((char)c))
        {
            _set[c ^ 0x20] = true;
        }
    }

    private readonly void AddClass()
    {
        Func<char, bool> contains = Encoding.Latin1.GetString(_name).ToLowerInvariant() switch
        {
            "alnum" => char.IsAsciiLetterOrDigit,
            "alpha" => char.IsAsciiLetter,
            "blank" => static c => c is ' ' or '\t',
            "cntrl" => static c => c is < ' ' or '\x7f',
            "d" or "digit" => char.IsAsciiDigit,
            "graph" => static c => c is > ' ' and < '\x7f',
            "lower" => char.IsAsciiLetterLower,
            "print" => static c => c is >= ' ' and < '\x7f',
            "punct" => static c => c is > ' ' and < '\x7f' && !char.IsAsciiLetterOrDigit(c),
            "s" or "space" => static c => c is ' ' or (>= '\t' and <= '\r'),
            "upper" => char.IsAsciiLetterUpper,
            "w" => static c => char.IsAsciiLetterOrDigit(c) || c == '_',
            "xdigit" => char.IsAsciiHexDigit,
            _ => throw new RegexException(RegexFault.Invalid),
        };
        for (int c = 0; c < 128; c++)
        {
            _set[c] |= contains((char)c);
        }
    }
}

using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Firn.Syntax.Ast;
using Firn.Syntax.Parsing;
using Firn.Syntax.Text;

namespace Firn.Syntax.Lexing;

/// <summary>
/// Cuts a source into tokens, one at a time. What the same bytes mean depends on the state (inside a string, a
/// path, an interpolation), so the lexer keeps a stack of states.
/// </summary>
/// <remarks>
/// In every state the longest possible token wins. The location of the current token is
/// <see cref="Start"/>..<see cref="End"/>; an end of path has the location of the token before the path's last
/// piece, which shows in the position of some errors.
/// </remarks>
internal sealed class Lexer
{
    private enum State : byte
    {
        /// <summary>Plain code at the bottom of the stack: a closing brace here closes nothing.</summary>
        Initial,

        /// <summary>Plain code within braces or an interpolation.</summary>
        Default,
        String,
        IndentedString,

        /// <summary>Within a path whose last piece does not end in a slash.</summary>
        Path,

        /// <summary>Within a path whose last piece ends in a slash: more must follow.</summary>
        PathAfterSlash,
    }

    private const byte IdentifierStart = 1;
    private const byte IdentifierPart = 2;
    private const int LongRun = 64;
    private const byte PathPart = 4;
    private const byte UriPart = 8;
    private const byte Digit = 16;
    private const byte SchemePart = 32;
    private const byte Letter = 64;

    private static readonly byte[] s_class = MakeClasses();
    private static readonly SearchValues<byte> s_stringStops = SearchValues.Create("$\"\\\r\0"u8);
    private static readonly SearchValues<byte> s_indentedStops = SearchValues.Create("$'"u8);

    private readonly SourceText _source;
    private readonly byte[] _bytes;
    private readonly ParserOptions _options;
    private readonly Dictionary<int, DocComment> _docComments = [];
    private State[] _states = new State[16];
    private int _stateCount;
    private State _state;
    private int _at;

    // A long run of characters that a path may have, so that 1-1-1-… is not looked through from each of its words.
    private int _runStart;
    private int _runEnd;
    private int _stashedStart;
    private int _stashedEnd;
    private DocComment _pendingDoc = new(-1, -1);

    public Lexer(SourceText source, ParserOptions options)
    {
        _source = source;
        _bytes = source.Bytes;
        _options = options;
    }

    /// <summary>Kind of the current token.</summary>
    public TokenKind Kind { get; private set; }

    /// <summary>Offset of the current token.</summary>
    public int Start { get; private set; }

    /// <summary>Offset behind the current token.</summary>
    public int End { get; private set; }

    /// <summary>The current token's text: escapes resolved for strings, as written for the others.</summary>
    public ReadOnlyMemory<byte> Text { get; private set; }

    /// <summary>Whether an indented string's token takes part in finding the common indentation.</summary>
    public bool HasIndentation { get; private set; }

    public long IntValue { get; private set; }

    public double FloatValue { get; private set; }

    /// <summary>Documentation comments by the offset of the token that follows them.</summary>
    public Dictionary<int, DocComment> DocComments => _docComments;

    /// <summary>Moves to the next token.</summary>
    /// <exception cref="ParseException">A token that can never be right: number out of range, NUL in a string, path that ends in a slash.</exception>
    public void Next()
    {
        while (true)
        {
            bool found = _state switch
            {
                State.Initial or State.Default => NextCode(),
                State.String => NextString(),
                State.IndentedString => NextIndented(),
                State.Path or State.PathAfterSlash => NextPath(),
            };
            if (found)
            {
                return;
            }
        }
    }

    private static byte[] MakeClasses()
    {
        byte[] table = new byte[256];
        foreach (byte c in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"u8)
        {
            table[c] = IdentifierStart | IdentifierPart | PathPart | UriPart | SchemePart | Letter;
        }

        foreach (byte c in "0123456789"u8)
        {
            table[c] = IdentifierPart | PathPart | UriPart | Digit | SchemePart;
        }

        table['_'] = IdentifierStart | IdentifierPart | PathPart | UriPart;
        table['-'] = IdentifierPart | PathPart | UriPart | SchemePart;
        table['\''] = IdentifierPart | UriPart;
        table['.'] = PathPart | UriPart | SchemePart;
        table['+'] = PathPart | UriPart | SchemePart;
        foreach (byte c in "%/?:@&=$,!~*"u8)
        {
            table[c] |= UriPart;
        }

        return table;
    }

    private byte Peek(int at) => (uint)at < (uint)_bytes.Length ? _bytes[at] : (byte)0;

    private bool Is(int at, byte mask) => (uint)at < (uint)_bytes.Length && (s_class[_bytes[at]] & mask) != 0;

    private void Push(State state)
    {
        if (_stateCount == _states.Length)
        {
            Array.Resize(ref _states, _stateCount * 2);
        }

        _states[_stateCount++] = _state;
        _state = state;
    }

    private void Pop() => _state = _states[--_stateCount];

    /// <summary>Consumes <paramref name="length"/> bytes as one token or as white space.</summary>
    private void Advance(int length)
    {
        _stashedStart = Start;
        _stashedEnd = End;
        Start = End;
        End += length;
        _at += length;
    }

    private bool Emit(TokenKind kind, int length)
    {
        Advance(length);
        Kind = kind;
        if (_pendingDoc.Start >= 0)
        {
            _docComments.TryAdd(Start, _pendingDoc);
            _pendingDoc = new DocComment(-1, -1);
        }

        return true;
    }

    private bool EmitText(TokenKind kind, int length)
    {
        int start = _at;
        Emit(kind, length);
        Text = _bytes.AsMemory(start, length);
        return true;
    }

    private bool EmitEndOfFile()
    {
        Kind = TokenKind.EndOfFile;
        return true;
    }

    private bool NextCode()
    {
        byte[] bytes = _bytes;
        int at = _at;
        if (at >= bytes.Length)
        {
            return EmitEndOfFile();
        }

        byte c = bytes[at];
        byte kind = s_class[c];
        if ((kind & (PathPart | IdentifierStart)) != 0)
        {
            return NextWord(c, kind);
        }

        byte next = Peek(at + 1);
        switch (c)
        {
            case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n':
                int end = at + 1;
                while (end < bytes.Length && bytes[end] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
                {
                    end++;
                }

                Advance(end - at);
                return false;
            case (byte)'#':
                int line = bytes.AsSpan(at).IndexOfAny((byte)'\r', (byte)'\n');
                Advance(line < 0 ? bytes.Length - at : line);
                return false;
            case (byte)'/':
                return NextSlash(next);
            case (byte)'{':
                Emit(TokenKind.OpenBrace, 1);
                Push(State.Default);
                return true;
            case (byte)'}':
                Emit(TokenKind.CloseBrace, 1);
                if (_state != State.Initial)
                {
                    Pop();
                }

                return true;
            case (byte)'$' when next == '{':
                Emit(TokenKind.DollarBrace, 2);
                Push(State.Default);
                return true;
            case (byte)'"':
                Emit(TokenKind.Quote, 1);
                Push(State.String);
                return true;
            case (byte)'\'' when next == '\'':
                int open = at + 2;
                while (Peek(open) == ' ')
                {
                    open++;
                }

                Emit(TokenKind.IndentedOpen, Peek(open) == '\n' ? open + 1 - at : 2);
                Push(State.IndentedString);
                return true;
            case (byte)'<':
                return NextLess(next);
            case (byte)'~' when next == '/':
                return NextTilde();
            case (byte)'=':
                return next == '=' ? Emit(TokenKind.Equal, 2) : Emit(TokenKind.Assign, 1);
            case (byte)'!':
                return next == '=' ? Emit(TokenKind.NotEqual, 2) : Emit(TokenKind.Not, 1);
            case (byte)'>':
                return next == '=' ? Emit(TokenKind.GreaterOrEqual, 2) : Emit(TokenKind.Greater, 1);
            case (byte)'&' when next == '&':
                return Emit(TokenKind.And, 2);
            case (byte)'|' when next == '|':
                return Emit(TokenKind.Or, 2);
            case (byte)'|' when next == '>':
                return EmitPipe(TokenKind.PipeInto);
            case (byte)'*':
                return Emit(TokenKind.Star, 1);
            case (byte)'?':
                return Emit(TokenKind.Question, 1);
            case (byte)':':
                return Emit(TokenKind.Colon, 1);
            case (byte)'@':
                return Emit(TokenKind.At, 1);
            case (byte)';':
                return Emit(TokenKind.Semicolon, 1);
            case (byte)'(':
                return Emit(TokenKind.OpenParen, 1);
            case (byte)')':
                return Emit(TokenKind.CloseParen, 1);
            case (byte)'[':
                return Emit(TokenKind.OpenBracket, 1);
            case (byte)']':
                return Emit(TokenKind.CloseBracket, 1);
            case (byte)',':
                return Emit(TokenKind.Comma, 1);
            case 0:
                // A NUL byte ends the source.
                Emit(TokenKind.EndOfFile, 1);
                return true;
            default:
                return Emit(TokenKind.Invalid, 1);
        }
    }

    /// <summary>Everything that begins with a letter, digit, <c>_</c>, <c>.</c>, <c>-</c> or <c>+</c>.</summary>
    private bool NextWord(byte first, byte kind)
    {
        byte[] bytes = _bytes;
        int start = _at;
        int pathEnd = start >= _runStart ? Math.Max(start, _runEnd) : start;
        while (pathEnd < bytes.Length && (s_class[bytes[pathEnd]] & PathPart) != 0)
        {
            pathEnd++;
        }

        if (pathEnd - start > LongRun)
        {
            _runStart = start;
            _runEnd = pathEnd;
        }

        if (Peek(pathEnd) == '/')
        {
            int length = PathLength(start, pathEnd);
            if (length > 0)
            {
                return EmitPath(TokenKind.Path, length);
            }

            if (Peek(pathEnd + 1) == '$' && Peek(pathEnd + 2) == '{')
            {
                return EmitPath(TokenKind.Path, pathEnd + 1 - start);
            }
        }

        if ((kind & IdentifierStart) != 0)
        {
            if ((kind & Letter) != 0)
            {
                // The characters of a scheme are all characters of a path, except that `_` is no scheme character.
                if (Peek(pathEnd) == ':' && Is(pathEnd + 1, UriPart) && bytes.AsSpan(start, pathEnd - start).IndexOf((byte)'_') < 0)
                {
                    int end = pathEnd + 2;
                    while (Is(end, UriPart))
                    {
                        end++;
                    }

                    return EmitText(TokenKind.Uri, end - start);
                }
            }

            int identifierEnd = start + 1;
            while (Is(identifierEnd, IdentifierPart))
            {
                identifierEnd++;
            }

            return EmitText(Keyword(bytes.AsSpan(start, identifierEnd - start)), identifierEnd - start);
        }

        if ((kind & Digit) != 0)
        {
            return NextNumber();
        }

        byte next = Peek(start + 1);
        switch (first)
        {
            case (byte)'.' when next == '.' && Peek(start + 2) == '.':
                return Emit(TokenKind.Ellipsis, 3);
            case (byte)'.' when Is(start + 1, Digit):
                return NextNumber();
            case (byte)'.':
                return Emit(TokenKind.Dot, 1);
            case (byte)'-':
                return next == '>' ? Emit(TokenKind.Implies, 2) : Emit(TokenKind.Minus, 1);
            default:
                return next == '+' ? Emit(TokenKind.Concat, 2) : Emit(TokenKind.Plus, 1);
        }
    }

    private static TokenKind Keyword(ReadOnlySpan<byte> word)
    {
        switch (word.Length)
        {
            case 2:
                return word.SequenceEqual("if"u8) ? TokenKind.If
                    : word.SequenceEqual("in"u8) ? TokenKind.In
                    : word.SequenceEqual("or"u8) ? TokenKind.OrKeyword
                    : TokenKind.Identifier;
            case 3:
                return word.SequenceEqual("let"u8) ? TokenKind.Let
                    : word.SequenceEqual("rec"u8) ? TokenKind.Rec
                    : TokenKind.Identifier;
            case 4:
                return word.SequenceEqual("then"u8) ? TokenKind.Then
                    : word.SequenceEqual("else"u8) ? TokenKind.Else
                    : word.SequenceEqual("with"u8) ? TokenKind.With
                    : TokenKind.Identifier;
            case 6:
                return word.SequenceEqual("assert"u8) ? TokenKind.Assert : TokenKind.Identifier;
            case 7:
                return word.SequenceEqual("inherit"u8) ? TokenKind.Inherit : TokenKind.Identifier;
            default:
                return TokenKind.Identifier;
        }
    }

    /// <summary>
    /// Length of a path that begins at <paramref name="start"/> and whose first slash is at
    /// <paramref name="slash"/>; 0 when no path character follows the slash.
    /// </summary>
    private int PathLength(int start, int slash)
    {
        int at = slash;
        while (Peek(at) == '/' && Is(at + 1, PathPart))
        {
            at += 2;
            while (Is(at, PathPart))
            {
                at++;
            }
        }

        if (at == slash)
        {
            return 0;
        }

        return (Peek(at) == '/' ? at + 1 : at) - start;
    }

    private bool EmitPath(TokenKind kind, int length)
    {
        EmitText(kind, length);
        Push(_bytes[_at - 1] == '/' ? State.PathAfterSlash : State.Path);
        return true;
    }

    private bool NextNumber()
    {
        byte[] bytes = _bytes;
        int start = _at;
        int digits = start;
        while (Is(digits, Digit))
        {
            digits++;
        }

        // A fraction follows "0", nothing, or digits that do not start with 0; only the last may end in the point.
        if (Peek(digits) == '.' && (digits == start || bytes[start] != '0' || digits == start + 1))
        {
            int fraction = digits + 1;
            while (Is(fraction, Digit))
            {
                fraction++;
            }

            bool leading = digits > start && bytes[start] != '0';
            if (leading || fraction > digits + 1)
            {
                int end = fraction;
                if (Peek(end) is (byte)'e' or (byte)'E')
                {
                    int exponent = end + 1;
                    if (Peek(exponent) is (byte)'+' or (byte)'-')
                    {
                        exponent++;
                    }

                    if (Is(exponent, Digit))
                    {
                        while (Is(exponent, Digit))
                        {
                            exponent++;
                        }

                        end = exponent;
                    }
                }

                EmitText(TokenKind.Float, end - start);
                FloatValue = ParseFloat();
                return true;
            }
        }

        EmitText(TokenKind.Int, digits - start);
        long value = 0;
        for (int i = start; i < digits; i++)
        {
            int digit = bytes[i] - '0';
            if (value > (long.MaxValue - digit) / 10)
            {
                throw new ParseException($"invalid integer '{Encoding.UTF8.GetString(Text.Span)}'", _source, Start);
            }

            value = (value * 10) + digit;
        }

        IntValue = value;
        return true;
    }

    private double ParseFloat()
    {
        string text = Encoding.UTF8.GetString(Text.Span);
        double value = double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        bool isZero = Text.Span[..ExponentStart(Text.Span)].IndexOfAnyInRange((byte)'1', (byte)'9') < 0;
        if (double.IsInfinity(value) || (double.Abs(value) < 2.2250738585072014E-308 && !isZero))
        {
            throw new ParseException($"invalid float '{text}'", _source, Start);
        }

        return value;
    }

    private static int ExponentStart(ReadOnlySpan<byte> text)
    {
        int at = text.IndexOfAny((byte)'e', (byte)'E');
        return at < 0 ? text.Length : at;
    }

    private bool NextSlash(byte next)
    {
        byte[] bytes = _bytes;
        int start = _at;
        if (next == '*')
        {
            int close = bytes.AsSpan(start + 2).IndexOf("*/"u8);
            if (close >= 0)
            {
                int length = close + 4;
                Advance(length);
                if (length > 5 && bytes[start + 2] == '*' && bytes[start + 3] is not ((byte)'*' or (byte)'/'))
                {
                    _pendingDoc = new DocComment(Start, End);
                }

                return false;
            }

            return Emit(TokenKind.Slash, 1);
        }

        if (next == '/')
        {
            return Emit(TokenKind.Update, 2);
        }

        if (Is(start + 1, PathPart))
        {
            return EmitPath(TokenKind.Path, PathLength(start, start));
        }

        if (next == '$' && Peek(start + 2) == '{')
        {
            return EmitPath(TokenKind.Path, 1);
        }

        return Emit(TokenKind.Slash, 1);
    }

    private bool NextTilde()
    {
        int start = _at;
        int length = PathLength(start, start + 1);
        if (length > 0)
        {
            return EmitPath(TokenKind.HomePath, length);
        }

        if (Peek(start + 2) == '$' && Peek(start + 3) == '{')
        {
            return EmitPath(TokenKind.HomePath, 2);
        }

        return Emit(TokenKind.Invalid, 1);
    }

    private bool NextLess(byte next)
    {
        int start = _at;
        int at = start + 1;
        while (Is(at, PathPart))
        {
            at++;
            while (Is(at, PathPart))
            {
                at++;
            }

            if (Peek(at) == '/')
            {
                at++;
                continue;
            }

            if (Peek(at) == '>')
            {
                return EmitText(TokenKind.SearchPath, at + 1 - start);
            }

            break;
        }

        return next switch
        {
            (byte)'=' => Emit(TokenKind.LessOrEqual, 2),
            (byte)'|' => EmitPipe(TokenKind.PipeFrom),
            _ => Emit(TokenKind.Less, 1),
        };
    }

    private bool EmitPipe(TokenKind kind)
    {
        Emit(kind, 2);
        if (!_options.PipeOperators)
        {
            throw new ParseException(
                "experimental Nix feature 'pipe-operators' is disabled; add '--extra-experimental-features pipe-operators' to enable it",
                _source,
                Start);
        }

        return true;
    }

    private bool NextString()
    {
        byte[] bytes = _bytes;
        int start = _at;
        int at = start;
        bool plain = true;
        bool hasNul = false;
        while (at < bytes.Length)
        {
            int stop = bytes.AsSpan(at).IndexOfAny(s_stringStops);
            if (stop < 0)
            {
                at = bytes.Length;
                break;
            }

            at += stop;
            byte c = bytes[at];
            if (c == '"')
            {
                break;
            }

            if (c == '\\')
            {
                if (at + 1 >= bytes.Length)
                {
                    break;
                }

                plain = false;
                hasNul |= bytes[at + 1] == 0;
                at += 2;
            }
            else if (c == '$')
            {
                if (at + 1 >= bytes.Length)
                {
                    break;
                }

                byte next = bytes[at + 1];
                if (next == '{')
                {
                    break;
                }

                if (next == '"')
                {
                    at++;
                    break;
                }

                if (next == '\\')
                {
                    if (at + 2 >= bytes.Length)
                    {
                        break;
                    }

                    plain = false;
                    at += 3;
                }
                else
                {
                    plain &= next != '\r';
                    hasNul |= next == 0;
                    at += 2;
                }
            }
            else
            {
                plain &= c != '\r';
                hasNul |= c == 0;
                at++;
            }
        }

        if (at > start)
        {
            EmitText(TokenKind.String, at - start);
            if (!plain)
            {
                Text = Unescape(Text.Span);
            }

            if (hasNul)
            {
                ThrowIfNul();
            }

            return true;
        }

        if (at >= bytes.Length)
        {
            return EmitEndOfFile();
        }

        switch (bytes[at])
        {
            case (byte)'"':
                Emit(TokenKind.Quote, 1);
                Pop();
                return true;
            case (byte)'$' when Peek(at + 1) == '{':
                Emit(TokenKind.DollarBrace, 2);
                Push(State.Default);
                return true;
            default:
                // A lone `$` or `\` at the very end: the parser says what is missing.
                Emit(TokenKind.EndOfFile, bytes.Length - at);
                return true;
        }
    }

    private static byte[] Unescape(ReadOnlySpan<byte> text)
    {
        byte[] result = new byte[text.Length];
        int count = 0;
        for (int i = 0; i < text.Length; i++)
        {
            byte c = text[i];
            if (c == '\\' && i + 1 < text.Length)
            {
                i++;
                c = text[i] switch
                {
                    (byte)'n' => (byte)'\n',
                    (byte)'r' => (byte)'\r',
                    (byte)'t' => (byte)'\t',
                    byte other => other,
                };
            }
            else if (c == '\r')
            {
                c = (byte)'\n';
                if (i + 1 < text.Length && text[i + 1] == '\n')
                {
                    i++;
                }
            }

            result[count++] = c;
        }

        return result.AsSpan(0, count).ToArray();
    }

    private void ThrowIfNul()
    {
        if (Text.Span.Contains((byte)0))
        {
            string shown = Encoding.UTF8.GetString(Text.Span).Replace("\0", "␀", StringComparison.Ordinal);
            throw new ParseException(
                $"input string '{shown}' cannot be represented as Nix string because it contains null bytes",
                _source,
                Start);
        }
    }

    private bool EmitIndented(int length, ReadOnlyMemory<byte> text)
    {
        Emit(TokenKind.IndentedString, length);
        Text = text;
        HasIndentation = false;
        return true;
    }

    private bool NextIndented()
    {
        byte[] bytes = _bytes;
        int start = _at;
        int at = start;
        while (at < bytes.Length)
        {
            int stop = bytes.AsSpan(at).IndexOfAny(s_indentedStops);
            if (stop < 0)
            {
                at = bytes.Length;
                break;
            }

            at += stop;
            if (at + 1 >= bytes.Length)
            {
                break;
            }

            byte next = bytes[at + 1];
            if (bytes[at] == '$' ? next is (byte)'{' or (byte)'\'' : next is (byte)'\'' or (byte)'$')
            {
                break;
            }

            at += 2;
        }

        if (at > start)
        {
            EmitText(TokenKind.IndentedString, at - start);
            HasIndentation = true;
            ThrowIfNul();
            return true;
        }

        if (at >= bytes.Length)
        {
            return EmitEndOfFile();
        }

        if (bytes[at] == '$')
        {
            if (Peek(at + 1) == '{')
            {
                Emit(TokenKind.DollarBrace, 2);
                Push(State.Default);
                return true;
            }

            return EmitIndented(1, bytes.AsMemory(at, 1));
        }

        if (Peek(at + 1) != '\'')
        {
            return EmitIndented(1, bytes.AsMemory(at, 1));
        }

        switch (Peek(at + 2))
        {
            case (byte)'$':
                return EmitIndented(3, bytes.AsMemory(at + 2, 1));
            case (byte)'\'':
                return EmitIndented(3, bytes.AsMemory(at, 2));
            case (byte)'\\' when at + 3 < bytes.Length:
                EmitIndented(4, Unescape(bytes.AsSpan(at + 2, 2)));
                ThrowIfNul();
                return true;
            default:
                Emit(TokenKind.IndentedClose, 2);
                Pop();
                return true;
        }
    }

    private bool NextPath()
    {
        byte[] bytes = _bytes;
        int start = _at;
        if (start >= bytes.Length)
        {
            if (_state == State.PathAfterSlash)
            {
                throw new ParseException("path has a trailing slash", _source, Start);
            }

            Pop();
            Start = _stashedStart;
            End = _stashedEnd;
            Kind = TokenKind.PathEnd;
            return true;
        }

        if (bytes[start] == '$' && Peek(start + 1) == '{')
        {
            Emit(TokenKind.DollarBrace, 2);
            _state = State.Path;
            Push(State.Default);
            return true;
        }

        int end = start;
        while (Is(end, PathPart))
        {
            end++;
        }

        if (Peek(end) == '/')
        {
            int length = PathLength(start, end);
            end = length > 0 ? start + length : end > start || _bytes[start] == '/' ? end + 1 : end;
        }

        if (end > start)
        {
            EmitText(TokenKind.String, end - start);
            _state = bytes[end - 1] == '/' ? State.PathAfterSlash : State.Path;
            return true;
        }

        if (_state == State.PathAfterSlash)
        {
            Advance(1);
            throw new ParseException("path has a trailing slash", _source, Start);
        }

        Pop();
        Kind = TokenKind.PathEnd;
        return true;
    }
}

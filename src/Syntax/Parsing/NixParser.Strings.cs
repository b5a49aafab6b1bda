using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;
using Firn.Syntax.Ast;
using Firn.Syntax.Lexing;
using Firn.Syntax.Text;

namespace Firn.Syntax.Parsing;

public sealed partial class NixParser
{
    /// <summary>The inside of a quoted string, up to its closing quote (which stays the current token).</summary>
    private Expr ParseString()
    {
        int start = _lexer.Start;
        byte[]? literal = null;
        if (_kind == TokenKind.String)
        {
            literal = _lexer.Text.ToArray();
            Next();
        }

        if (_kind != TokenKind.DollarBrace)
        {
            Require(TokenKind.Quote, "'\"'");
            return new StringExpr(literal ?? []);
        }

        int own = _parts.Count;
        if (literal is not null)
        {
            _parts.Add(new ConcatPart(start, new StringExpr(literal)));
        }

        ParseParts();
        Require(TokenKind.Quote, "'\"'");
        return new ConcatExpr(start, ConcatKind.String, _parts.Take(own));
    }

    /// <summary>Literal pieces and interpolations, as long as they come.</summary>
    private void ParseParts()
    {
        while (true)
        {
            int start = _lexer.Start;
            switch (_kind)
            {
                case TokenKind.String:
                    _parts.Add(new ConcatPart(start, new StringExpr(_lexer.Text.ToArray())));
                    Next();
                    break;
                case TokenKind.DollarBrace:
                    _parts.Add(new ConcatPart(start, ParseInterpolation()));
                    break;
                default:
                    return;
            }
        }
    }

    private Expr ParseInterpolation()
    {
        Next();
        Expr value = ParseExpr();
        Expect(TokenKind.CloseBrace, "'}'");
        return value;
    }

    private Expr ParsePath(int start)
    {
        PathExpr first = MakePath(start);
        Next();
        if (_kind == TokenKind.PathEnd)
        {
            Next();
            return first;
        }

        int own = _parts.Count;
        _parts.Add(new ConcatPart(start, first));
        if (_kind == TokenKind.String)
        {
            _parts.Add(new ConcatPart(_lexer.Start, new StringExpr(_lexer.Text.ToArray())));
            Next();
            Require(TokenKind.DollarBrace, "'${'");
        }

        ParseParts();
        Expect(TokenKind.PathEnd, "string or end of path or '${'");
        return new ConcatExpr(start, ConcatKind.Path, _parts.Take(own));
    }

    private PathExpr MakePath(int start)
    {
        ReadOnlySpan<byte> text = _lexer.Text.Span;
        if (_kind == TokenKind.HomePath)
        {
            if (_options.HomeDirectory is null)
            {
                throw new ParseException(
                    $"the path '{Encoding.UTF8.GetString(text)}' can not be resolved in pure mode",
                    _source,
                    SourceText.NoPosition);
            }

            Lint(_options.AbsolutePathLiterals, "lint-absolute-path-literals", start, $"home path literals are not portable. Consider replacing path literal '{Encoding.UTF8.GetString(text)}' by a string, relative path, or parameter");
            return new PathExpr([.. _options.HomeDirectory, .. text[1..]]);
        }

        List<byte> path = _pathText;
        path.Clear();
        if (text[0] == '/')
        {
            if (_options.AbsolutePathLiterals != LintLevel.Ignore)
            {
                Lint(_options.AbsolutePathLiterals, "lint-absolute-path-literals", start, $"absolute path literals are not portable. Consider replacing path literal '{Encoding.UTF8.GetString(text)}' by a string, relative path, or parameter");
            }
        }
        else
        {
            if (text[0] != '.' && _options.ShortPathLiterals != LintLevel.Ignore)
            {
                string shown = Encoding.UTF8.GetString(text);
                Lint(_options.ShortPathLiterals, "lint-short-path-literals", start, $"relative path literal '{shown}' should be prefixed with '.' for clarity: './{shown}'");
            }

            AppendCanonical(path, _options.BasePath);
        }

        AppendCanonical(path, text);
        if (path.Count == 0)
        {
            path.Add((byte)'/');
        }

        // The first part of an interpolated path keeps its slash: what follows is appended as text.
        if (text.Length > 1 && text[^1] == '/')
        {
            path.Add((byte)'/');
        }

        return new PathExpr(path.ToArray());
    }

    /// <summary>Appends the components of a path, resolving <c>.</c> and <c>..</c> by text alone.</summary>
    private static void AppendCanonical(List<byte> path, ReadOnlySpan<byte> added)
    {
        foreach (Range range in added.Split((byte)'/'))
        {
            ReadOnlySpan<byte> component = added[range];
            if (component.IsEmpty || component.SequenceEqual("."u8))
            {
                continue;
            }

            if (component.SequenceEqual(".."u8))
            {
                int slash = path.LastIndexOf((byte)'/');
                if (slash >= 0)
                {
                    path.RemoveRange(slash, path.Count - slash);
                }

                continue;
            }

            path.Add((byte)'/');
            path.AddRange(component);
        }
    }

    private void LintUri(StringExpr uri, int start)
    {
        if (_options.UrlLiterals == LintLevel.Ignore)
        {
            return;
        }

        string verb = _options.UrlLiterals == LintLevel.Fatal ? "disallowed" : "discouraged";
        Lint(_options.UrlLiterals, "lint-url-literals", start, $"URL literals are {verb}. Consider using a string literal \"{Encoding.UTF8.GetString(uri.Value)}\" instead");
    }

    private void Lint(LintLevel level, string setting, int position, string message)
    {
        switch (level)
        {
            case LintLevel.Ignore:
                return;
            case LintLevel.Warn:
                _options.Warn?.Invoke($"{message} ({setting})", position);
                return;
            case LintLevel.Fatal:
                throw new ParseException($"{message} ({setting})", _source, position);
        }
    }

    /// <summary>One piece of an indented string: an interpolation, or text that may carry indentation.</summary>
    private readonly record struct IndentedPart(int Position, Expr? Interpolation, ReadOnlyMemory<byte> Text, bool HasIndentation);

    private Expr ParseIndentedString(int start)
    {
        int own = _indented.Count;
        while (_kind != TokenKind.IndentedClose)
        {
            int position = _lexer.Start;
            switch (_kind)
            {
                case TokenKind.IndentedString:
                    _indented.Add(new IndentedPart(position, null, _lexer.Text, _lexer.HasIndentation));
                    Next();
                    break;
                case TokenKind.DollarBrace:
                    _indented.Add(new IndentedPart(position, ParseInterpolation(), default, false));
                    break;
                default:
                    throw Unexpected("indented string or '${' or end of an indented string");
            }
        }

        Next();
        Expr text = Strip(start, _indented.From(own));
        _indented.Drop(own);
        return text;
    }

    private Expr Strip(int start, ReadOnlySpan<IndentedPart> parts)
    {
        int indentation = FindIndentation(parts);
        int own = _parts.Count;
        bool atLineStart = true;
        int dropped = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            IndentedPart part = parts[i];
            if (part.Interpolation is not null)
            {
                atLineStart = false;
                dropped = 0;
                _parts.Add(new ConcatPart(part.Position, part.Interpolation));
                continue;
            }

            byte[] room = ArrayPool<byte>.Shared.Rent(part.Text.Length);
            ReadOnlySpan<byte> text = StripIndentation(part.Text.Span, indentation, room, ref atLineStart, ref dropped);
            if (i == parts.Length - 1)
            {
                text = DropLastBlankLine(text);
            }

            if (text.Length > 0)
            {
                _parts.Add(new ConcatPart(part.Position, new StringExpr(text.ToArray())));
            }

            ArrayPool<byte>.Shared.Return(room);
        }

        ReadOnlySpan<ConcatPart> stripped = _parts.From(own);
        if (stripped is [] or [{ Value: StringExpr }])
        {
            Expr single = stripped.IsEmpty ? new StringExpr([]) : stripped[0].Value;
            _parts.Drop(own);
            return single;
        }

        return new ConcatExpr(start, ConcatKind.String, _parts.Take(own));
    }

    /// <summary>
    /// The least number of spaces that a line with something else on it starts with. Escapes and interpolations
    /// count as something else; a last line of spaces alone does not take part.
    /// </summary>
    private static int FindIndentation(ReadOnlySpan<IndentedPart> parts)
    {
        bool atLineStart = true;
        int least = 1_000_000;
        int current = 0;
        foreach (IndentedPart part in parts)
        {
            if (!part.HasIndentation)
            {
                if (atLineStart)
                {
                    atLineStart = false;
                    least = Math.Min(least, current);
                }

                continue;
            }

            foreach (byte c in part.Text.Span)
            {
                if (c == '\n')
                {
                    atLineStart = true;
                    current = 0;
                }
                else if (atLineStart)
                {
                    if (c == ' ')
                    {
                        current++;
                    }
                    else
                    {
                        atLineStart = false;
                        least = Math.Min(least, current);
                    }
                }
            }
        }

        return least;
    }

    private static ReadOnlySpan<byte> StripIndentation(ReadOnlySpan<byte> text, int indentation, byte[] result, ref bool atLineStart, ref int dropped)
    {
        int count = 0;
        foreach (byte c in text)
        {
            if (atLineStart && c == ' ')
            {
                if (dropped++ < indentation)
                {
                    continue;
                }
            }
            else if (c == '\n')
            {
                dropped = 0;
                atLineStart = true;
            }
            else if (atLineStart)
            {
                atLineStart = false;
                dropped = 0;
            }

            result[count++] = c;
        }

        return result.AsSpan(0, count);
    }

    private static ReadOnlySpan<byte> DropLastBlankLine(ReadOnlySpan<byte> text)
    {
        int newline = text.LastIndexOf((byte)'\n');
        return newline >= 0 && !text[(newline + 1)..].ContainsAnyExcept((byte)' ') ? text[..(newline + 1)] : text;
    }
}

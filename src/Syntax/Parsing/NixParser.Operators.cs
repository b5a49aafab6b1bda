using System;
using System.Collections.Generic;
using System.Text;
using Firn.Syntax.Ast;
using Firn.Syntax.Lexing;
using Firn.Syntax.Text;

namespace Firn.Syntax.Parsing;

public sealed partial class NixParser
{
    private const int PrecedenceEquality = 4;
    private const int PrecedenceOrder = 5;
    private const int PrecedenceNot = 7;
    private const int PrecedenceHasAttribute = 11;
    private const int PrecedenceNegate = 12;

    private enum Associativity : byte
    {
        Left,
        Right,
        None,
    }

    private static (int Precedence, Associativity Associativity) Binding(TokenKind kind) => kind switch
    {
        TokenKind.Implies => (1, Associativity.Right),
        TokenKind.Or => (2, Associativity.Left),
        TokenKind.And => (3, Associativity.Left),
        TokenKind.Equal or TokenKind.NotEqual => (PrecedenceEquality, Associativity.None),
        TokenKind.Less or TokenKind.Greater or TokenKind.LessOrEqual or TokenKind.GreaterOrEqual => (PrecedenceOrder, Associativity.None),
        TokenKind.Update => (6, Associativity.Right),
        TokenKind.Plus or TokenKind.Minus => (8, Associativity.Left),
        TokenKind.Star or TokenKind.Slash => (9, Associativity.Left),
        TokenKind.Concat => (10, Associativity.Right),
        TokenKind.Question => (PrecedenceHasAttribute, Associativity.Left),
        _ => (0, Associativity.Left),
    };

    /// <summary>An expression with pipes, which bind loosest. <paramref name="first"/> is its first operand if already read.</summary>
    private Expr ParsePipes(Expr? first, int start)
    {
        Expr left = ParseOperators(first, start, 1);
        switch (_kind)
        {
            case TokenKind.PipeFrom:
                return ParsePipeFrom(left);
            case TokenKind.PipeInto:
                do
                {
                    int position = _lexer.Start;
                    Next();
                    Expr function = ParseOperators(null, _lexer.Start, 1);
                    left = MakeCall(position, function, left);
                }
                while (_kind == TokenKind.PipeInto);
                return left;
            default:
                return left;
        }
    }

    private Expr ParsePipeFrom(Expr function)
    {
        Enter();
        int position = _lexer.Start;
        Next();
        Expr argument = ParseOperators(null, _lexer.Start, 1);
        if (_kind == TokenKind.PipeFrom)
        {
            argument = ParsePipeFrom(argument);
        }

        Leave();
        return MakeCall(position, function, argument);
    }

    /// <summary>Operators of at least the given precedence, on an operand that may already have been read.</summary>
    private Expr ParseOperators(Expr? first, int start, int minimum)
    {
        Enter();
        Expr left;
        if (first is not null)
        {
            left = ParseApplication(first, start);
        }
        else if (_kind == TokenKind.Not)
        {
            Next();
            left = new NotExpr(ParseOperators(null, _lexer.Start, PrecedenceNot));
        }
        else if (_kind == TokenKind.Minus)
        {
            Next();
            left = new NegateExpr(start, ParseOperators(null, _lexer.Start, PrecedenceNegate), _names.Intern("__sub"u8));
        }
        else
        {
            left = ParseApplication(null, start);
        }

        int last = 0;
        while (true)
        {
            (int precedence, Associativity associativity) = Binding(_kind);
            if (precedence == 0 || precedence < minimum)
            {
                Leave();
                return left;
            }

            // Equality and order do not associate: `a == b == c` is an error.
            if (associativity == Associativity.None && precedence == last)
            {
                throw Unexpected(null);
            }

            TokenKind op = _kind;
            int position = _lexer.Start;
            Next();
            if (op == TokenKind.Question)
            {
                left = new HasAttributeExpr(left, ParseAttributePath());
            }
            else
            {
                int rightStart = _lexer.Start;
                Expr right = ParseOperators(null, rightStart, associativity == Associativity.Right ? precedence : precedence + 1);
                left = MakeBinary(op, position, left, start, right, rightStart);
            }

            last = precedence;
        }
    }

    private Expr MakeBinary(TokenKind op, int position, Expr left, int leftStart, Expr right, int rightStart) => op switch
    {
        TokenKind.Plus => new ConcatExpr(position, ConcatKind.Add, [new ConcatPart(leftStart, left), new ConcatPart(rightStart, right)]),
        TokenKind.Equal => new BinaryExpr(SourceText.NoPosition, BinaryOperator.Equal, left, right, null),
        TokenKind.NotEqual => new BinaryExpr(SourceText.NoPosition, BinaryOperator.NotEqual, left, right, null),
        TokenKind.Less => new BinaryExpr(position, BinaryOperator.Less, left, right, _names.Intern("__lessThan"u8)),
        TokenKind.Greater => new BinaryExpr(position, BinaryOperator.Greater, left, right, _names.Intern("__lessThan"u8)),
        TokenKind.LessOrEqual => new BinaryExpr(position, BinaryOperator.LessOrEqual, left, right, _names.Intern("__lessThan"u8)),
        TokenKind.GreaterOrEqual => new BinaryExpr(position, BinaryOperator.GreaterOrEqual, left, right, _names.Intern("__lessThan"u8)),
        TokenKind.And => new BinaryExpr(position, BinaryOperator.And, left, right, null),
        TokenKind.Or => new BinaryExpr(position, BinaryOperator.Or, left, right, null),
        TokenKind.Implies => new BinaryExpr(position, BinaryOperator.Implies, left, right, null),
        TokenKind.Update => new BinaryExpr(position, BinaryOperator.Update, left, right, null),
        TokenKind.Concat => new BinaryExpr(position, BinaryOperator.ConcatLists, left, right, null),
        TokenKind.Minus => new BinaryExpr(position, BinaryOperator.Subtract, left, right, _names.Intern("__sub"u8)),
        TokenKind.Star => new BinaryExpr(position, BinaryOperator.Multiply, left, right, _names.Intern("__mul"u8)),
        TokenKind.Slash => new BinaryExpr(position, BinaryOperator.Divide, left, right, _names.Intern("__div"u8)),
        _ => throw new InvalidOperationException($"{op} is no binary operator"),
    };

    /// <summary>A call; applying a call to one more argument extends it, parenthesised or not.</summary>
    private static CallExpr MakeCall(int position, Expr function, Expr argument) =>
        function is CallExpr call
            ? new CallExpr(call.Position, call.Function, [.. call.Arguments, argument])
            : new CallExpr(CallPosition(function, position), function, [argument]);

    /// <summary>Operators that are function calls by definition keep their own position when applied further.</summary>
    private static int CallPosition(Expr function, int position) => function switch
    {
        NegateExpr or SearchPathExpr => function.Position,
        BinaryExpr { Operator: BinaryOperator.Less or BinaryOperator.Greater or BinaryOperator.Subtract or BinaryOperator.Multiply or BinaryOperator.Divide } => function.Position,
        _ => position,
    };

    private static bool StartsOperand(TokenKind kind) => kind is TokenKind.Identifier or TokenKind.Quote or TokenKind.OpenParen
        or TokenKind.OpenBrace or TokenKind.OpenBracket or TokenKind.Int or TokenKind.Float or TokenKind.Path or TokenKind.HomePath
        or TokenKind.SearchPath or TokenKind.Uri or TokenKind.Let or TokenKind.Rec or TokenKind.IndentedOpen;

    private Expr ParseApplication(Expr? first, int start)
    {
        Expr function = ParseSelection(first, start, out _);
        if (!StartsOperand(_kind))
        {
            return function;
        }

        Expr argument = ParseArgument();
        if (!StartsOperand(_kind))
        {
            return MakeCall(start, function, argument);
        }

        int own = _exprs.Count;
        int position = CallPosition(function, start);
        if (function is CallExpr call)
        {
            foreach (Expr earlier in call.Arguments)
            {
                _exprs.Add(earlier);
            }

            function = call.Function;
            position = call.Position;
        }

        _exprs.Add(argument);
        do
        {
            _exprs.Add(ParseArgument());
        }
        while (StartsOperand(_kind));
        return new CallExpr(position, function, _exprs.Take(own));
    }

    /// <summary>A selection where a legacy <c>x or</c> would surprise, so that one is warned about.</summary>
    private Expr ParseArgument()
    {
        int start = _lexer.Start;
        Expr argument = ParseSelection(null, start, out int legacyEnd);
        if (legacyEnd >= 0)
        {
            WarnAboutOr(start, legacyEnd);
        }

        return argument;
    }

    private void WarnAboutOr(int start, int end)
    {
        string text = Encoding.UTF8.GetString(_source.Bytes.AsSpan(start, end - start));
        _options.Warn?.Invoke(
            $"at {_source.Describe(start)}: This expression uses `or` as an identifier in a way that will change in a future Nix release.\n"
            + "Wrap this entire expression in parentheses to preserve its current meaning:\n"
            + $"    ({text})\n"
            + "Give feedback at https://github.com/NixOS/nix/pull/11121",
            SourceText.NoPosition);
    }

    /// <summary>An operand with the attributes selected from it.</summary>
    /// <param name="first">The operand, if already read.</param>
    /// <param name="start">Where the operand starts.</param>
    /// <param name="legacyEnd">Where a legacy <c>x or</c> ends, else -1.</param>
    private Expr ParseSelection(Expr? first, int start, out int legacyEnd)
    {
        legacyEnd = -1;
        Expr subject = first ?? ParseOperand(start);
        if (_kind == TokenKind.Dot)
        {
            Next();
            AttributeName[] path = ParseAttributePath();
            Expr? fallback = null;
            if (_kind == TokenKind.OrKeyword)
            {
                Next();
                Enter();
                fallback = ParseArgument();
                Leave();
            }

            return new SelectExpr(start, subject, path, fallback);
        }

        if (_kind == TokenKind.OrKeyword)
        {
            legacyEnd = _lexer.End;
            Next();
            return new CallExpr(start, subject, [new VariableExpr(start, _names.Intern("or"u8))]);
        }

        return subject;
    }

    private Expr ParseOperand(int start)
    {
        Enter();
        Expr result = ParseOperandBody(start);
        Leave();
        return result;
    }

    private Expr ParseOperandBody(int start)
    {
        switch (_kind)
        {
            case TokenKind.Identifier:
                Expr variable = MakeVariable(start, InternToken());
                Next();
                return variable;
            case TokenKind.Int:
                IntExpr integer = new(_lexer.IntValue);
                Next();
                return integer;
            case TokenKind.Float:
                FloatExpr number = new(_lexer.FloatValue);
                Next();
                return number;
            case TokenKind.Quote:
                Next();
                Expr text = ParseString();
                Next();
                return text;
            case TokenKind.IndentedOpen:
                Next();
                return ParseIndentedString(start);
            case TokenKind.Path or TokenKind.HomePath:
                return ParsePath(start);
            case TokenKind.SearchPath:
                ReadOnlySpan<byte> bracketed = _lexer.Text.Span;
                SearchPathExpr lookup = new(start, bracketed[1..^1].ToArray(), _names.Intern("__findFile"u8), _names.Intern("__nixPath"u8));
                Next();
                return lookup;
            case TokenKind.Uri:
                StringExpr uri = new(_lexer.Text.ToArray());
                LintUri(uri, start);
                Next();
                return uri;
            case TokenKind.OpenParen:
                Next();
                Expr inner = ParseExpr();
                Expect(TokenKind.CloseParen, "')'");
                return inner;
            case TokenKind.Let:
                Next();
                return ParseLegacyLet(start);
            case TokenKind.Rec:
                Next();
                Expect(TokenKind.OpenBrace, "'{'");
                AttributesExpr recursive = new(start, isRecursive: true);
                ParseBindings(recursive);
                Expect(TokenKind.CloseBrace, "'inherit' or '}'");
                return recursive;
            case TokenKind.OpenBrace:
                Next();
                AttributesExpr set = new(start, isRecursive: false);
                ParseBindings(set);
                Expect(TokenKind.CloseBrace, "'inherit'");
                return set;
            case TokenKind.OpenBracket:
                Next();
                int own = _exprs.Count;
                while (StartsOperand(_kind))
                {
                    _exprs.Add(ParseArgument());
                }

                Expect(TokenKind.CloseBracket, null);
                return new ListExpr(_exprs.Take(own));
            default:
                throw Unexpected(null);
        }
    }

    /// <summary><c>let { …; body = …; }</c>, the old form of a recursive set whose <c>body</c> is taken.</summary>
    private SelectExpr ParseLegacyLet(int start)
    {
        Expect(TokenKind.OpenBrace, "'{'");
        AttributesExpr set = new(start, isRecursive: true);
        ParseBindings(set);
        Expect(TokenKind.CloseBrace, "'inherit' or '}'");
        return new SelectExpr(SourceText.NoPosition, set, [new AttributeName(_names.Intern("body"u8))], null);
    }
}

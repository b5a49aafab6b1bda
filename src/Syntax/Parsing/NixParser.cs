using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Text;
using Firn.Syntax.Ast;
using Firn.Syntax.Lexing;
using Firn.Syntax.Text;

namespace Firn.Syntax.Parsing;

/// <summary>Recursive-descent parser of the Nix language, with precedence climbing for operators.</summary>
/// <remarks>
/// Syntax errors name what was expected only where at most four tokens could have followed, as users of the
/// language know it. Operators and their precedence: the manual's "Operators".
/// </remarks>
public sealed partial class NixParser
{
    /// <summary>Nesting that no program reaches; the stack ends earlier on small threads and is checked too.</summary>
    private const int MaxDepth = 100_000;

    private const int MaxFormals = 65535;

    private readonly SourceText _source;
    private readonly ParserOptions _options;
    private readonly Lexer _lexer;
    private readonly NameTable _names;
    private readonly Dictionary<int, DocComment> _lambdaDocs = [];

    // What is being collected for the nodes that are not complete; who is done takes the last ones away.
    private readonly Pile<Expr> _exprs = new();
    private readonly Pile<ConcatPart> _parts = new();
    private readonly Pile<IndentedPart> _indented = new();
    private readonly Pile<AttributeName> _path = new();
    private readonly Pile<(Name Name, int Position)> _inherited = new();
    private readonly Stack<List<AttributeName>> _freePaths = new();
    private readonly List<byte> _pathText = [];
    private TokenKind _kind;
    private int _depth;

    private NixParser(SourceText source, ParserOptions options)
    {
        _source = source;
        _options = options;
        _names = options.Names ?? new NameTable();
        _lexer = new Lexer(source, options);
    }

    /// <summary>Parses a whole source as one expression.</summary>
    /// <exception cref="ParseException">The source is not an expression, or nested too deeply.</exception>
    public static SyntaxTree Parse(SourceText source, ParserOptions options)
    {
        NixParser parser = new(source, options);
        parser.Next();
        Expr root = parser.ParseExpr();
        parser.Require(TokenKind.EndOfFile, "end of file");
        return new SyntaxTree(source, root, parser._names.Names, parser._lexer.DocComments, parser._lambdaDocs);
    }

    /// <summary>Parses attribute definitions (<c>a = 1; inherit b;</c>) as a set, for interactive use.</summary>
    /// <exception cref="ParseException">The source is something else.</exception>
    public static SyntaxTree ParseBindings(SourceText source, ParserOptions options)
    {
        NixParser parser = new(source, options);
        parser.Next();
        AttributesExpr root = new(SourceText.NoPosition, isRecursive: false);
        parser.ParseBindings(root);
        parser.Require(TokenKind.EndOfFile, root.Attributes.Length + root.DynamicAttributes.Length == 0 ? "'inherit'" : null);
        return new SyntaxTree(source, root, parser._names.Names, parser._lexer.DocComments, parser._lambdaDocs);
    }

    private void Next()
    {
        _lexer.Next();
        _kind = _lexer.Kind;
    }

    private ParseException Unexpected(string? expecting)
    {
        int position = _kind == TokenKind.EndOfFile ? _lexer.End : _lexer.Start;
        string message = "syntax error, unexpected " + _kind.Describe();
        return new ParseException(expecting is null ? message : $"{message}, expecting {expecting}", _source, position);
    }

    private void Require(TokenKind kind, string? expecting)
    {
        if (_kind != kind)
        {
            throw Unexpected(expecting);
        }
    }

    private void Expect(TokenKind kind, string? expecting)
    {
        Require(kind, expecting);
        Next();
    }

    private void Enter()
    {
        if (++_depth > MaxDepth || ((_depth & 15) == 0 && !RuntimeHelpers.TryEnsureSufficientExecutionStack()))
        {
            throw new ParseException("expression is nested too deeply", _source, _lexer.Start);
        }
    }

    private void Leave() => _depth--;

    private Name InternToken() => _names.Intern(_lexer.Text.Span);

    private Expr ParseExpr()
    {
        Enter();
        int start = _lexer.Start;
        Expr result;
        switch (_kind)
        {
            case TokenKind.Identifier:
                result = ParseAfterIdentifier(start);
                break;
            case TokenKind.OpenBrace:
                result = ParseAfterBrace(start);
                break;
            case TokenKind.Assert:
                Next();
                Expr condition = ParseExpr();
                Expect(TokenKind.Semicolon, "';'");
                result = new AssertExpr(start, condition, ParseExpr());
                break;
            case TokenKind.With:
                Next();
                Expr scope = ParseExpr();
                Expect(TokenKind.Semicolon, "';'");
                result = new WithExpr(start, scope, ParseExpr());
                break;
            case TokenKind.Let:
                Next();
                result = _kind == TokenKind.OpenBrace ? ParsePipes(ParseLegacyLet(start), start) : ParseLet(start);
                break;
            case TokenKind.If:
                Next();
                Expr test = ParseExpr();
                Expect(TokenKind.Then, "'then'");
                Expr then = ParseExpr();
                Expect(TokenKind.Else, "'else'");
                result = new IfExpr(start, test, then, ParseExpr());
                break;
            default:
                result = ParsePipes(null, start);
                break;
        }

        Leave();
        return result;
    }

    private Expr ParseLet(int start)
    {
        AttributesExpr bindings = new(SourceText.NoPosition, isRecursive: false);
        ParseBindings(bindings);
        Expect(TokenKind.In, "'in' or 'inherit'");
        Expr body = ParseExpr();
        if (bindings.HasDynamic)
        {
            throw new ParseException("dynamic attributes not allowed in let", _source, start);
        }

        return new LetExpr(bindings, body);
    }

    /// <summary>An identifier where a function may stand: <c>x: …</c>, <c>x @ { … }: …</c>, or a variable.</summary>
    private Expr ParseAfterIdentifier(int start)
    {
        Name name = InternToken();
        Next();
        if (_kind == TokenKind.Colon)
        {
            Next();
            return MakeLambda(start, name, null, false, ParseExpr());
        }

        if (_kind == TokenKind.At)
        {
            Next();
            Expect(TokenKind.OpenBrace, "'{'");
            List<Formal> formals = [];
            bool ellipsis = ParseFormals(formals);
            Expect(TokenKind.Colon, "':'");
            Expr body = ParseExpr();
            return MakeLambda(start, name, CheckFormals(formals, name, start), ellipsis, body);
        }

        return ParsePipes(MakeVariable(start, name), start);
    }

    /// <summary>An opening brace where a function may stand: a set pattern or a set.</summary>
    private Expr ParseAfterBrace(int start)
    {
        Next();
        AttributesExpr set;
        switch (_kind)
        {
            case TokenKind.Ellipsis:
                return ParsePatternFunction(start, []);
            case TokenKind.CloseBrace:
                Next();
                if (_kind is TokenKind.Colon or TokenKind.At)
                {
                    return ParsePatternBody(start, [], ellipsis: false);
                }

                return ParsePipes(new AttributesExpr(start, isRecursive: false), start);
            case TokenKind.Identifier:
                int nameStart = _lexer.Start;
                Name name = InternToken();
                Next();
                if (_kind is TokenKind.Comma or TokenKind.Question or TokenKind.CloseBrace)
                {
                    List<Formal> formals = [ParseFormalAfterName(name, nameStart)];
                    if (_kind == TokenKind.Comma)
                    {
                        Next();
                        return ParsePatternFunction(start, formals);
                    }

                    Expect(TokenKind.CloseBrace, "'}' or ','");
                    return ParsePatternBody(start, formals, ellipsis: false);
                }

                set = new AttributesExpr(start, isRecursive: false);
                ParseBinding(set, nameStart, new AttributeName(name));
                break;
            default:
                set = new AttributesExpr(start, isRecursive: false);
                break;
        }

        ParseBindings(set);
        Expect(TokenKind.CloseBrace, "'inherit'");
        return ParsePipes(set, start);
    }

    private Expr ParsePatternFunction(int start, List<Formal> formals)
    {
        bool ellipsis = ParseFormals(formals);
        return ParsePatternBody(start, formals, ellipsis);
    }

    /// <summary>What follows a set pattern: <c>: body</c> or <c>@ name: body</c>.</summary>
    private Expr ParsePatternBody(int start, List<Formal> formals, bool ellipsis)
    {
        Name? argument = null;
        if (_kind == TokenKind.At)
        {
            Next();
            Require(TokenKind.Identifier, "identifier");
            argument = InternToken();
            Next();
            Expect(TokenKind.Colon, "':'");
        }
        else
        {
            Expect(TokenKind.Colon, "':' or '@'");
        }

        Expr body = ParseExpr();
        return MakeLambda(start, argument, CheckFormals(formals, argument, start), ellipsis, body);
    }

    /// <summary>The formals from behind a brace or comma to behind the closing brace; whether there is an ellipsis.</summary>
    private bool ParseFormals(List<Formal> formals)
    {
        while (true)
        {
            switch (_kind)
            {
                case TokenKind.CloseBrace:
                    Next();
                    return false;
                case TokenKind.Ellipsis:
                    Next();
                    Expect(TokenKind.CloseBrace, "'}'");
                    return true;
                case TokenKind.Identifier:
                    int start = _lexer.Start;
                    Name name = InternToken();
                    Next();
                    formals.Add(ParseFormalAfterName(name, start));
                    if (_kind == TokenKind.Comma)
                    {
                        Next();
                        break;
                    }

                    Expect(TokenKind.CloseBrace, "'}' or ','");
                    return false;
                default:
                    throw Unexpected("identifier or '...' or '}'");
            }
        }
    }

    private Formal ParseFormalAfterName(Name name, int start)
    {
        if (_kind != TokenKind.Question)
        {
            return new Formal(name, null, start);
        }

        Next();
        return new Formal(name, ParseExpr(), start);
    }

    private Formal[] CheckFormals(List<Formal> formals, Name? argument, int start)
    {
        if (formals.Count > MaxFormals)
        {
            throw new ParseException($"too many formal arguments, implementation supports at most {MaxFormals}", _source, start);
        }

        HashSet<Name>? seen = formals.Count > 16 ? new HashSet<Name>(ReferenceEqualityComparer.Instance) : null;
        Formal? duplicate = null;
        for (int i = 0; i < formals.Count; i++)
        {
            Name name = formals[i].Name;
            bool isDuplicate = seen is null ? IndexOf(formals, name) < i : !seen.Add(name);
            if (isDuplicate && (duplicate is null || name.Index < duplicate.Value.Name.Index))
            {
                duplicate = formals[i];
            }
        }

        if (duplicate is Formal second)
        {
            throw new ParseException($"duplicate formal function argument '{Describe(second.Name)}'", _source, second.Position);
        }

        if (argument is not null && (seen is null ? IndexOf(formals, argument) >= 0 : seen.Contains(argument)))
        {
            throw new ParseException($"duplicate formal function argument '{Describe(argument)}'", _source, start);
        }

        return formals.ToArray();
    }

    private static int IndexOf(List<Formal> formals, Name name)
    {
        for (int i = 0; i < formals.Count; i++)
        {
            if (ReferenceEquals(formals[i].Name, name))
            {
                return i;
            }
        }

        return -1;
    }

    private LambdaExpr MakeLambda(int start, Name? argument, Formal[]? formals, bool ellipsis, Expr body)
    {
        LambdaExpr lambda = new(start, argument, formals, ellipsis, body);
        if (_lexer.DocComments.TryGetValue(start, out DocComment comment))
        {
            SetDocComment(lambda, comment);
        }

        return lambda;
    }

    /// <summary>The innermost comment wins, and a comment also documents the functions that a function returns.</summary>
    private void SetDocComment(Expr expr, DocComment comment)
    {
        while (expr is LambdaExpr { DocComment: null } lambda)
        {
            lambda.DocComment = comment;
            _lambdaDocs[lambda.Position] = comment;
            expr = lambda.Body;
        }
    }

    /// <summary>Names the functions that an attribute's value consists of.</summary>
    private static void SetName(Expr expr, Name name)
    {
        while (expr is LambdaExpr lambda)
        {
            lambda.Name = name;
            expr = lambda.Body;
        }
    }

    private Expr MakeVariable(int start, Name name) =>
        name.Bytes.AsSpan().SequenceEqual("__curPos"u8) ? new CurrentPositionExpr(start) : new VariableExpr(start, name);

    /// <summary>A name as messages write it: quoted where it would not be read as an identifier.</summary>
    private static string Describe(Name name) => Encoding.UTF8.GetString(TreePrinter.Identifier(name.Bytes));
}

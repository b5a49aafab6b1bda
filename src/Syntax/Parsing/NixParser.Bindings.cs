using System;
using System.Collections.Generic;
using System.Text;
using Firn.Syntax.Ast;
using Firn.Syntax.Lexing;

namespace Firn.Syntax.Parsing;

public sealed partial class NixParser
{
    /// <summary>Definitions up to the first token that cannot begin one.</summary>
    private void ParseBindings(AttributesExpr set)
    {
        while (true)
        {
            switch (_kind)
            {
                case TokenKind.Identifier or TokenKind.OrKeyword or TokenKind.Quote or TokenKind.DollarBrace:
                    int start = _lexer.Start;
                    ParseBinding(set, start, ParseAttributeName());
                    break;
                case TokenKind.Inherit:
                    Next();
                    ParseInherit(set);
                    break;
                default:
                    set.Seal();
                    return;
            }
        }
    }

    /// <summary>One definition whose first name has been read.</summary>
    private void ParseBinding(AttributesExpr set, int start, AttributeName first)
    {
        List<AttributeName>? path = null;
        while (_kind == TokenKind.Dot)
        {
            Next();
            if (path is null)
            {
                path = _freePaths.TryPop(out List<AttributeName>? free) ? free : [];
                path.Add(first);
            }

            path.Add(ParseAttributeName());
        }

        Expect(TokenKind.Assign, "'.' or '='");
        int valueStart = _lexer.Start;
        Expr value = ParseExpr();
        Require(TokenKind.Semicolon, "';'");
        AddAttribute(set, path, first, start, value, valueStart);
        if (path is not null)
        {
            path.Clear();
            _freePaths.Push(path);
        }

        Next();
    }

    private void ParseInherit(AttributesExpr set)
    {
        Expr? from = null;
        if (_kind == TokenKind.OpenParen)
        {
            Next();
            from = ParseExpr();
            Expect(TokenKind.CloseParen, "')'");
        }

        int own = _inherited.Count;
        while (_kind != TokenKind.Semicolon)
        {
            int start = _lexer.Start;
            if (_kind is not (TokenKind.Identifier or TokenKind.OrKeyword or TokenKind.Quote or TokenKind.DollarBrace))
            {
                throw Unexpected(null);
            }

            AttributeName name = ParseAttributeName();
            if (name.Static is null)
            {
                throw new ParseException("dynamic attributes not allowed in inherit", _source, start);
            }

            _inherited.Add((name.Static, start));
        }

        int source = from is null ? -1 : set.AddInheritSource(from);
        foreach ((Name name, int position) in _inherited.From(own))
        {
            int existing = set.Find(name);
            if (existing >= 0)
            {
                throw Duplicate(Describe(name), position, set.Attributes[existing].Position);
            }

            set.Add(from is null
                ? new AttributeDefinition(name, AttributeKind.Inherited, new VariableExpr(position, name), -1, position)
                : new AttributeDefinition(name, AttributeKind.InheritedFrom, null, source, position));
        }

        _inherited.Drop(own);
        Next();
    }

    private AttributeName[] ParseAttributePath()
    {
        AttributeName first = ParseAttributeName();
        if (_kind != TokenKind.Dot)
        {
            return [first];
        }

        int own = _path.Count;
        _path.Add(first);
        while (_kind == TokenKind.Dot)
        {
            Next();
            _path.Add(ParseAttributeName());
        }

        return _path.Take(own);
    }

    private AttributeName ParseAttributeName()
    {
        switch (_kind)
        {
            case TokenKind.Identifier or TokenKind.OrKeyword:
                AttributeName name = new(InternToken());
                Next();
                return name;
            case TokenKind.Quote:
                Next();
                AttributeName quoted = ToAttributeName(ParseString());
                Next();
                return quoted;
            case TokenKind.DollarBrace:
                Next();
                AttributeName computed = ToAttributeName(ParseExpr());
                Expect(TokenKind.CloseBrace, "'}'");
                return computed;
            default:
                throw Unexpected("identifier or 'or' or '${' or '\"'");
        }
    }

    private AttributeName ToAttributeName(Expr expr) =>
        expr is StringExpr text ? new AttributeName(_names.Intern(text.Value)) : new AttributeName(expr);

    /// <summary>
    /// Defines <c>first.….last = value</c>, making the sets on the way and merging a set literal into a set that
    /// is already there.
    /// </summary>
    private void AddAttribute(AttributesExpr set, List<AttributeName>? path, AttributeName first, int position, Expr value, int valueStart)
    {
        AttributeName last = first;
        if (path is not null)
        {
            for (int i = 0; i + 1 < path.Count; i++)
            {
                set = Descend(set, path, i, position);
            }

            last = path[^1];
        }

        if (last.Static is Name name)
        {
            AddDefinition(set, path, new AttributeDefinition(name, AttributeKind.Plain, value, -1, position));
        }
        else
        {
            set.AddDynamic(new DynamicAttributeDefinition(last.Dynamic!, value, position));
        }

        if (_lexer.DocComments.TryGetValue(position, out DocComment comment))
        {
            SetDocComment(value, comment);
            _lexer.DocComments.TryAdd(valueStart, comment);
        }
    }

    private AttributesExpr Descend(AttributesExpr set, List<AttributeName> path, int index, int position)
    {
        AttributesExpr nested;
        if (path[index].Static is Name name)
        {
            int existing = set.Find(name);
            if (existing < 0)
            {
                nested = new AttributesExpr(Text.SourceText.NoPosition, isRecursive: false);
                set.Add(new AttributeDefinition(name, AttributeKind.Plain, nested, -1, position));
                return nested;
            }

            AttributeDefinition definition = set.Attributes[existing];
            return definition.Value as AttributesExpr
                ?? throw Duplicate(Describe(path, index + 1), position, definition.Position);
        }

        nested = new AttributesExpr(Text.SourceText.NoPosition, isRecursive: false);
        set.AddDynamic(new DynamicAttributeDefinition(path[index].Dynamic!, nested, position));
        return nested;
    }

    /// <param name="path">Where the definition is, for messages; null when it is just its name.</param>
    private void AddDefinition(AttributesExpr set, List<AttributeName>? path, AttributeDefinition definition)
    {
        int existing = set.Find(definition.Name);
        if (existing < 0)
        {
            set.Add(definition);
            if (definition.Value is not null)
            {
                SetName(definition.Value, definition.Name);
            }

            return;
        }

        path ??= [new AttributeName(definition.Name)];
        AttributeDefinition previous = set.Attributes[existing];
        if (previous.Value is not AttributesExpr target || definition.Value is not AttributesExpr added)
        {
            throw Duplicate(Describe(path, path.Count), definition.Position, previous.Position);
        }

        // Only the first literal's `rec` counts, also for the definitions of the second.
        Enter();
        int sources = target.InheritSources.Length;
        foreach (AttributeDefinition inner in added.Attributes)
        {
            path.Add(new AttributeName(inner.Name));
            AddDefinition(target, path, inner.Source >= 0 ? inner with { Source = inner.Source + sources } : inner);
            path.RemoveAt(path.Count - 1);
        }

        foreach (DynamicAttributeDefinition inner in added.DynamicAttributes)
        {
            target.AddDynamic(inner);
        }

        foreach (Expr source in added.InheritSources)
        {
            target.AddInheritSource(source);
        }

        Leave();
    }

    private ParseException Duplicate(string path, int position, int previous) =>
        new($"attribute '{path}' already defined at {_source.Describe(previous)}", _source, position);

    private static string Describe(List<AttributeName> path, int count)
    {
        TreePrinter printer = new();
        printer.AttributePath(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(path)[..count]);
        return Encoding.UTF8.GetString(printer.Written);
    }
}

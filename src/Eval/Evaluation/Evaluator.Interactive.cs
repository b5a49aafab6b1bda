using System;
using System.Collections.Generic;
using System.Threading;
using Firn.Eval.Errors;
using Firn.Eval.Values;
using Firn.Syntax.Ast;
using Firn.Syntax.Parsing;
using Firn.Syntax.Text;

namespace Firn.Eval.Evaluation;

/// <summary>What an evaluation that a user talks to needs: names that come and go, definitions, interruption.</summary>
public sealed partial class Evaluator
{
    /// <summary>Whether the user wants the evaluation to end, as <see cref="Interrupt"/> told.</summary>
    public bool IsInterrupted { get; private set; }

    /// <summary>The names that are in scope everywhere.</summary>
    public IEnumerable<string> GlobalNames
    {
        get
        {
            foreach ((int id, _) in _global.Names)
            {
                yield return Symbols.TextOf(new Symbol(id));
            }
        }
    }

    /// <summary>Parses an expression in which the names of a set are in scope, and evaluates it when it is needed.</summary>
    /// <exception cref="EvalError">It is no expression, or a variable is defined nowhere.</exception>
    public Value Delay(SourceText source, byte[] basePath, VAttrs names)
    {
        (StaticScope statics, Scope scope) = ScopeOf(names);
        return Resolve(source, basePath, statics).Delay(scope);
    }

    /// <summary>
    /// Parses definitions (<c>a = 1; inherit (b) c</c>; the last semicolon may be missing) as a set that is evaluated
    /// when it is needed. Null where the source is something else.
    /// </summary>
    /// <param name="incomplete">Whether it may become definitions when more follows.</param>
    /// <exception cref="EvalError">A variable is defined nowhere.</exception>
    public Value? DelayBindings(SourceText source, byte[] basePath, VAttrs names, out bool incomplete)
    {
        if (ParseBindings(source, basePath, out incomplete) is not SyntaxTree tree)
        {
            return null;
        }

        (StaticScope statics, Scope scope) = ScopeOf(names);
        return Resolver.Resolve(this, tree, new KnownNames().SymbolsOf(tree, Symbols), Positions.Add(source), statics).Delay(scope);
    }

    /// <summary>Makes files be read again when they are imported the next time.</summary>
    public void ForgetFiles()
    {
        _files.Clear();
        _resolved.Clear();
    }

    /// <summary>Makes the evaluation that is going on in another thread end soon, with an error that is not kept.</summary>
    public void Interrupt()
    {
        IsInterrupted = true;
        Volatile.Write(ref _maxCallDepth, -1);
    }

    /// <summary>Makes evaluation possible after <see cref="Interrupt"/>, and after an error that left calls open.</summary>
    public void Resume()
    {
        IsInterrupted = false;
        _callDepth = 0;
        _maxCallDepth = Options.MaxCallDepth;
    }

    private SyntaxTree? ParseBindings(SourceText source, byte[] basePath, out bool incomplete)
    {
        ParserOptions options = ParserOptionsFor(source, basePath);
        incomplete = false;
        // Places in it are those in what was given, with the semicolon too: it comes last.
        foreach (SourceText each in (ReadOnlySpan<SourceText>)[source, SourceText.FromString([.. source.Bytes, (byte)';'])])
        {
            try
            {
                SyntaxTree tree = NixParser.ParseBindings(each, options);
                incomplete = false;
                return tree;
            }
            catch (ParseException e)
            {
                incomplete = IsIncomplete(e.Message);
            }
        }

        return null;
    }

    /// <summary>Whether the message of a syntax error says that the source ended too early.</summary>
    public static bool IsIncomplete(string message) => message.Contains("unexpected end of file", StringComparison.Ordinal);

    private static (StaticScope Statics, Scope Scope) ScopeOf(VAttrs names)
    {
        Symbol[] symbols = new Symbol[names.Count];
        Scope scope = Scope.Make(null, symbols.Length);
        for (int i = 0; i < symbols.Length; i++)
        {
            Attr attr = names.At(i);
            symbols[i] = attr.Name;
            scope.Set(i, attr.Value);
        }

        return (StaticScope.Of(null, symbols), scope);
    }
}

using System;
using System.Collections.Generic;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Values;
using Firn.Syntax.Ast;
using Firn.Syntax.Parsing;

namespace Firn.Eval.Evaluation;

/// <summary>Finds what is written about functions and attributes: the pages of builtins, and comments <c>/** … */</c>.</summary>
public static class Documentation
{
    /// <summary>What is known of a function, as Markdown; null where it is no function that can be told about.</summary>
    /// <exception cref="EvalError">A set that is called as a function fails.</exception>
    public static string? Of(Evaluator evaluator, Value value)
    {
        switch (value.Force())
        {
            case VPrimOp { Builtin: { Doc.Length: > 0 } builtin }:
                StringBuilder text = new();
                if (builtin.Args.Length > 0)
                {
                    text.Append("**Synopsis:** `builtins.").Append(builtin.Name).Append('`');
                    foreach (string argument in builtin.Args)
                    {
                        text.Append(" *").Append(argument).Append('*');
                    }

                    text.Append("\n\n");
                }

                return text.Append(builtin.Doc).ToString();
            case VLambda lambda:
                string place = Errors.ErrorRenderer.Describe(evaluator.Positions, lambda.Pos);
                string comment = CommentOf(evaluator, lambda.Pos, static tree => tree.LambdaDocs) ?? "";
                string head = lambda.Name.IsSet ? $"Function `{evaluator.Symbols.TextOf(lambda.Name)}`\\\n  … " : "Function ";
                return head + "defined at " + place + (comment.Length > 0 ? "\n\n" : "") + comment;
            case VAttrs set when set.Get(WellKnown.MagicFunctor) is Value functor:
                try
                {
                    // The first argument is the set itself and of no interest to a user: the function that comes of it is.
                    Value applied = evaluator.Call(functor, set).Force();
                    evaluator.Enter(default);
                    string? found = Of(evaluator, applied);
                    evaluator.Leave();
                    return found;
                }
                catch (EvalError e)
                {
                    e.AddTrace(default, "while partially calling '", "__functor", "' to retrieve documentation");
                    throw;
                }

            default:
                return null;
        }
    }

    /// <summary>What is written about the attribute at a place, or null.</summary>
    public static string? OfAttribute(Evaluator evaluator, PosIdx pos) => CommentOf(evaluator, pos, static tree => tree.DocComments);

    private static string? CommentOf(Evaluator evaluator, PosIdx pos, Func<SyntaxTree, IReadOnlyDictionary<int, DocComment>> comments)
    {
        if (evaluator.Positions.Find(pos) is not { } at)
        {
            return null;
        }

        // Comments are not kept with what was parsed: they are rarely asked for, and reading again is fast.
        SyntaxTree tree = NixParser.Parse(at.Source, new ParserOptions
        {
            BasePath = "/"u8.ToArray(),
            HomeDirectory = evaluator.Options.HomeDirectory ?? "/"u8.ToArray(),
            PipeOperators = evaluator.HasFeature("pipe-operators"),
        });
        if (!comments(tree).TryGetValue(at.Offset, out DocComment comment))
        {
            return null;
        }

        // Without its marks the first line is as far in as the others.
        string inner = Encoding.UTF8.GetString(at.Source.Bytes.AsSpan(comment.Start + 3, comment.End - comment.Start - 5));
        return inner.Length == 0 ? "" : Unindent("   " + inner);
    }

    /// <summary>Takes away the spaces that every line but empty ones begins with.</summary>
    private static string Unindent(string text)
    {
        string[] lines = text.Split('\n');
        int least = int.MaxValue;
        foreach (string line in lines)
        {
            int indent = line.Length - line.TrimStart(' ').Length;
            if (indent < line.Length)
            {
                least = Math.Min(least, indent);
            }
        }

        StringBuilder result = new();
        foreach (string line in lines)
        {
            result.Append(line.AsSpan(Math.Min(least, line.Length - line.TrimStart(' ').Length))).Append('\n');
        }

        return result.ToString();
    }
}

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;

namespace Firn.Eval.Store.Packages;

/// <summary>Follows <c>-A a.b."c.d".0</c> into a value, calling functions with the arguments of <c>--arg</c> on the way.</summary>
/// <remarks>Nix manual, command-ref/opt-common</remarks>
public sealed class AttrPathSelector(Evaluator evaluator, VAttrs autoArguments)
{
    /// <summary>The parts of an attribute path; quotes keep dots together.</summary>
    /// <exception cref="EvalError">A quote is not closed.</exception>
    public static List<string> Split(string path)
    {
        List<string> parts = [];
        StringBuilder part = new();
        bool quoted = false;
        foreach (char c in path)
        {
            if (c == '"')
            {
                quoted = !quoted;
            }
            else if (c == '.' && !quoted)
            {
                parts.Add(part.ToString());
                part.Clear();
            }
            else
            {
                part.Append(c);
            }
        }

        if (quoted)
        {
            throw new EvalError(EvalErrorKind.Error, $"missing closing quote in selection path '{path}'");
        }

        if (part.Length > 0)
        {
            parts.Add(part.ToString());
        }

        return parts;
    }

    /// <summary>The value at the path, evaluated, but not called any more.</summary>
    /// <exception cref="EvalError">A name is missing, or what should be a set or list is none.</exception>
    public Value Select(Value root, string path) => Select(root, path, out _);

    /// <inheritdoc cref="Select(Value, string)"/>
    /// <param name="pos">Where the last attribute on the way was defined.</param>
    public Value Select(Value root, string path, out PosIdx pos)
    {
        Value value = root;
        pos = default;
        foreach (string part in Split(path))
        {
            value = AutoCall(value);
            VAttrs? set = value as VAttrs;
            value = uint.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out uint index)
                ? Element(value, index, path)
                : Attribute(value, part, path);
            pos = set?.PosOf(evaluator.Symbols.Intern(part)) ?? default;
        }

        return value.Force();
    }

    /// <summary>Calls a function whose arguments all have defaults or are given; anything else comes back evaluated.</summary>
    public Value AutoCall(Value value)
    {
        Value forced = value.Force();
        if (forced is VAttrs set && set.Get(WellKnown.MagicFunctor) is Value functor)
        {
            return AutoCall(evaluator.Call(functor, set).Force());
        }

        if (forced is not VLambda { NamedArguments: VAttrs named } lambda)
        {
            return forced;
        }

        if (lambda.TakesMore)
        {
            // A pattern with "..." gets everything, also what it does not name.
            return evaluator.Call(forced, autoArguments).Force();
        }

        AttrsBuilder arguments = new(named.Count);
        foreach (Attr argument in named.InNameOrder(evaluator.Symbols))
        {
            if (autoArguments.Get(argument.Name) is Value given)
            {
                arguments.Add(argument.Name, given);
            }
            else if (argument.Value.Force() == VBool.False)
            {
                throw new EvalError(EvalErrorKind.MissingArgument, $"""
                    cannot evaluate a function that has an argument without a value ({evaluator.Symbols.TextOf(argument.Name)})
                    Nix attempted to evaluate a function as a top level expression; in
                    this case it must have its arguments supplied either by default
                    values, or passed explicitly with '--arg' or '--argstr'. See
                    https://nix.dev/manual/nix/stable/language/syntax.html#functions.
                    """).At(argument.Pos);
            }
        }

        return evaluator.Call(forced, arguments.Build()).Force();
    }

    private static Value Element(Value value, uint index, string path)
    {
        if (value is not VList list)
        {
            throw new EvalError(EvalErrorKind.Type, $"the expression selected by the selection path '{path}' should be a list but is {Evaluator.ShowType(value)}");
        }

        return index < list.Count
            ? list.Items[index]
            : throw new EvalError(EvalErrorKind.Error, $"list index {(long)index} in selection path '{path}' is out of range");
    }

    private Value Attribute(Value value, string name, string path)
    {
        if (value is not VAttrs set)
        {
            throw new EvalError(EvalErrorKind.Type, $"the expression selected by the selection path '{path}' should be a set but is {Evaluator.ShowType(value)}");
        }

        if (name.Length == 0)
        {
            throw new EvalError(EvalErrorKind.Error, $"empty attribute name in selection path '{path}'");
        }

        if (set.Get(evaluator.Symbols.Intern(name)) is Value found)
        {
            return found;
        }

        List<string> names = [];
        foreach (Attr attr in set.InNameOrder(evaluator.Symbols))
        {
            names.Add(evaluator.Symbols.TextOf(attr.Name));
        }

        throw new EvalError(EvalErrorKind.Error, $"attribute '{name}' in selection path '{path}' not found")
        {
            Suggestions = Suggestions.For(names, name),
        };
    }
}

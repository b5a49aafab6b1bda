using System;
using System.Collections.Generic;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;

namespace Firn.Eval.Store.Packages;

/// <summary>The outputs of a package.</summary>
public static class PackageOutputs
{
    /// <summary>The names of the outputs that are meant where a user names none: the one chosen by an attribute such as <c>pkg.dev</c>, else <c>meta.outputsToInstall</c>, else all.</summary>
    /// <exception cref="EvalError">An attribute fails or has another type.</exception>
    /// <remarks>Nix manual, command-ref/new-cli/nix "Derivation output selection"</remarks>
    public static IReadOnlyCollection<string> ToInstall(Evaluator evaluator, VAttrs package)
    {
        SortedSet<string> outputs = All(evaluator, package);
        if (package.TryGet(WellKnown.OutputSpecified, out Value specified)
            && evaluator.ForceBool(specified, "while evaluating the 'outputSpecified' attribute of a derivation", package.PosOf(WellKnown.OutputSpecified)))
        {
            string name = package.Get(WellKnown.OutputName) is Value output
                ? MessageText.Decode(evaluator.ForceStringNoContext(output, "while evaluating the output name of a derivation"))
                : "";
            return outputs.Contains(name) ? [name] : throw new EvalError(EvalErrorKind.Error, $"derivation does not have output '{name}'");
        }

        if (Wanted(evaluator, package) is not Value wanted)
        {
            return outputs.Count > 0 ? outputs : ["out"];
        }

        SortedSet<string> chosen = new(StringComparer.Ordinal);
        if (wanted is not VList list)
        {
            throw Bad();
        }

        foreach (Value item in list.Items)
        {
            if (item.Force() is not VString name || !outputs.Contains(name.Text))
            {
                throw Bad();
            }

            chosen.Add(name.Text);
        }

        return chosen.Count > 0 ? chosen : ["out"];
    }

    private static EvalError Bad() => new(EvalErrorKind.Error, "this derivation has bad 'meta.outputsToInstall'");

    private static SortedSet<string> All(Evaluator evaluator, VAttrs package)
    {
        SortedSet<string> outputs = new(StringComparer.Ordinal);
        if (!package.TryGet(WellKnown.Outputs, out Value value))
        {
            outputs.Add("out");
            return outputs;
        }

        foreach (Value item in evaluator.ForceList(value, "while evaluating the 'outputs' attribute of a derivation", package.PosOf(WellKnown.Outputs)).Items)
        {
            outputs.Add(MessageText.Decode(evaluator.ForceStringNoContext(item, "while evaluating the name of an output of a derivation", package.PosOf(WellKnown.Outputs))));
        }

        return outputs;
    }

    private static Value? Wanted(Evaluator evaluator, VAttrs package)
    {
        if (!package.TryGet(WellKnown.Meta, out Value value))
        {
            return null;
        }

        VAttrs meta = evaluator.ForceAttrs(value, "while evaluating the 'meta' attribute of a derivation", package.PosOf(WellKnown.Meta));
        return meta.Get(evaluator.Symbols.Intern("outputsToInstall"))?.Force();
    }
}

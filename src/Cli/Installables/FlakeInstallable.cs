using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Firn.Build;
using Firn.Cli.Wiring;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Printing;
using Firn.Eval.Store.Packages;
using Firn.Eval.Values;
using Firn.Flakes;
using Firn.Flakes.Locking;
using Firn.Flakes.Profiles;
using Firn.Formats.StorePaths;

namespace Firn.Cli.Installables;

/// <summary>An output of a flake: the first attribute that exists of several paths.</summary>
/// <param name="fragment">The attribute path that was named; empty for none.</param>
/// <param name="places">Where to look.</param>
/// <remarks>Nix manual, command-ref/new-cli/nix "Flake output attribute"</remarks>
internal sealed class FlakeInstallable(
    CommandContext context,
    EvaluationSession session,
    FlakeReference reference,
    string fragment,
    OutputsSelection outputs,
    FlakePlaces places,
    Func<LockOptions> options) : ValueInstallable
{
    private LockedFlake? _locked;

    /// <inheritdoc />
    public override string What => $"{reference}#{(fragment.Length > 0 ? fragment : places.Defaults[0])}";

    /// <summary>The flake as it was named.</summary>
    public FlakeReference Reference => reference;

    /// <summary>The flake and what its inputs are.</summary>
    public LockedFlake Locked => _locked ??= Lock();

    /// <summary>Where it comes from, for profiles.</summary>
    public ProfileSource Source()
    {
        Find(out string attrPath);
        return new ProfileSource(Locked.Flake.Original, Locked.Flake.Locked, attrPath, outputs.IsDefault ? null : outputs.Names.IsDefault ? ["*"] : outputs.Names);
    }

    /// <summary>What <c>meta.priority</c> of the package says; null where it says nothing.</summary>
    public long? Priority() =>
        Find(out _) is VAttrs package && package.Get(WellKnown.Meta)?.Force() is VAttrs meta && meta.Get(session.Evaluator.Symbols.Intern("priority"))?.Force() is VInt priority
            ? priority.Number
            : null;

    /// <inheritdoc />
    public override Value Value(out string attrPath) => Find(out attrPath);

    /// <inheritdoc />
    public override IReadOnlyList<DerivedPath> DerivedPaths()
    {
        Evaluator evaluator = session.Evaluator;
        Value value = Find(out string path);
        if (value is not VAttrs set || !evaluator.IsDerivation(set))
        {
            return value is VPath or VString
                ? [SinglePath(session, value, $"while evaluating the flake output attribute '{path}'", default)]
                : throw new EvalError(
                    EvalErrorKind.Error,
                    $"expected flake output attribute '{path}' to be a derivation or path but found {Evaluator.ShowType(value)}: {new Plain(ValuePrinter.Print(evaluator, value, PrintOptions.ForErrors))}");
        }

        StorePath derivation = PackageOutput.Of(evaluator, new Package(path, set)).DerivationPath;
        session.Bring([derivation]);
        IEnumerable<string>? names = outputs.IsDefault ? DefaultOutputs(evaluator, set) : outputs.Names.IsDefault ? null : outputs.Names;
        return [new DerivedPath.Built(derivation, names is null ? default : [.. names])];
    }

    private LockedFlake Lock()
    {
        LockedFlake locked = session.Flakes.Lock(reference, options());
        FlakeWiring.Apply(context, locked.Flake);
        return locked;
    }

    private List<string> Paths()
    {
        if (fragment.Length == 0)
        {
            return [.. places.Defaults];
        }

        if (fragment[0] == '.')
        {
            return [fragment[1..]];
        }

        List<string> paths = [];
        foreach (string prefix in places.Prefixes)
        {
            paths.Add(prefix + fragment);
        }

        paths.Add(fragment);
        return paths;
    }

    private Value Find(out string found)
    {
        Evaluator evaluator = session.Evaluator;
        VAttrs flake = evaluator.ForceAttrs(session.Flakes.Call(Locked), "while parsing cached flake data");
        Value root = flake.Get(WellKnown.Outputs)!.Force();
        List<string> paths = Paths();
        List<(string Name, string Wanted)> near = [];
        foreach (string path in paths)
        {
            if (Follow(root, path, near) is { } value)
            {
                found = path;
                return value;
            }
        }

        throw new EvalError(EvalErrorKind.Error, $"flake '{reference.ToString()}' does not provide attribute {new Plain(Alternatives(paths))}") { Suggestions = Suggestions.For(near) };
    }

    private Value? Follow(Value root, string path, List<(string Name, string Wanted)> near)
    {
        Value value = root;
        List<string> before = [];
        foreach (string name in AttrPathSelector.Split(path))
        {
            if (value.Force() is not VAttrs set)
            {
                throw new EvalError(EvalErrorKind.Type, $"'{string.Join('.', before)}' is not an attribute set");
            }

            before.Add(name);

            if (set.Get(session.Evaluator.Symbols.Intern(name)) is not { } next)
            {
                foreach (Attr attr in set.InNameOrder(session.Evaluator.Symbols))
                {
                    near.Add((session.Evaluator.Symbols.TextOf(attr.Name), name));
                }

                return null;
            }

            value = next;
        }

        return value.Force();
    }

    private static string Alternatives(List<string> paths)
    {
        StringBuilder text = new();
        for (int i = 0; i < paths.Count; i++)
        {
            text.Append(i == 0 ? "" : i + 1 == paths.Count ? " or " : ", ").Append(CultureInfo.InvariantCulture, $"'{paths[i]}'");
        }

        return text.ToString();
    }

    // What an attribute such as pkg.dev chose, else what the package says is installed, else its first output.
    private static SortedSet<string> DefaultOutputs(Evaluator evaluator, VAttrs package)
    {
        SortedSet<string> names = new(StringComparer.Ordinal);
        if (package.Get(WellKnown.OutputSpecified) is { } specified)
        {
            if (evaluator.ForceBool(specified, "") && package.Get(WellKnown.OutputName) is { } name)
            {
                names.Add(evaluator.ForceString(name, "").Text);
            }
        }
        else if (package.Get(WellKnown.Meta)?.Force() is VAttrs meta && meta.Get(evaluator.Symbols.Intern("outputsToInstall")) is { } wanted)
        {
            foreach (Value output in evaluator.ForceList(wanted, "").Items)
            {
                names.Add(evaluator.ForceString(output, "").Text);
            }
        }

        if (names.Count == 0)
        {
            names.Add("out");
        }

        return names;
    }
}

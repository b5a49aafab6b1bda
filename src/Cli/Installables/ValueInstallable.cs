using System.Collections.Generic;
using System.Text;
using Firn.Build;
using Firn.Cli.Wiring;
using Firn.Eval.Evaluation;
using Firn.Eval.Store.Packages;
using Firn.Eval.Values;
using Firn.Formats.StorePaths;

namespace Firn.Cli.Installables;

/// <summary>An installable that is a value of the language.</summary>
internal abstract class ValueInstallable : Installable
{
    /// <inheritdoc />
    public sealed override ValueInstallable RequireValue() => this;

    /// <summary>The value, evaluated to its outermost shape.</summary>
    public Value Value() => Value(out _);

    /// <summary>As the other, with where it is in its flake; nowhere for what is in none.</summary>
    public abstract Value Value(out string attrPath);

    /// <summary>A path is copied to the store; a string must be a store path, or an output that its context tells of.</summary>
    /// <param name="trace">What was being done, for messages.</param>
    protected static DerivedPath SinglePath(EvaluationSession session, Value value, string trace, PosIdx pos)
    {
        if (value is VPath path)
        {
            Firn.Store.ISourceAdder sources = session.Store.Options.Sources;
            Firn.Store.Source source = new() { Name = "source", File = Encoding.UTF8.GetString(path.Path) };
            return new DerivedPath.Opaque((session.Store.Options.ReadOnly ? sources.Compute(source) : sources.Add(source)).Path);
        }

        DerivedPath single = StringPaths.Single(session.Evaluator, session.Store, (VString)value, trace, pos);
        session.Bring([single switch
        {
            DerivedPath.Built built => built.Derivation,
            DerivedPath.BuiltOfBuilt inner => inner.Root,
            _ => ((DerivedPath.Opaque)single).Path,
        }]);
        return single;
    }
}

/// <summary>An attribute of an expression.</summary>
/// <param name="root">The value of the expression.</param>
/// <param name="attrPath">Where in it, empty for itself.</param>
internal sealed class AttributeInstallable(EvaluationSession session, Value root, string attrPath, OutputsSelection outputs) : ValueInstallable
{
    /// <inheritdoc />
    public override string What => attrPath;

    /// <inheritdoc />
    public override Value Value(out string flakePath)
    {
        flakePath = "";
        return session.Selector.Select(root, attrPath, out _).Force();
    }

    /// <inheritdoc />
    public override IReadOnlyList<DerivedPath> DerivedPaths()
    {
        Evaluator evaluator = session.Evaluator;
        Value value = session.Selector.Select(root, attrPath, out PosIdx pos).Force();
        if (value is VPath or VString)
        {
            return [SinglePath(session, value, $"while evaluating the attribute '{attrPath}'", pos)];
        }

        // All outputs of one derivation are one request, whatever attributes led to it.
        SortedDictionary<StorePath, SortedSet<string>?> byDerivation = [];
        foreach (Package package in new PackageFinder(evaluator, session.Selector).Find(value))
        {
            StorePath derivation = PackageOutput.Of(evaluator, package).DerivationPath;
            IEnumerable<string>? names = outputs.IsDefault ? PackageOutputs.ToInstall(evaluator, package.Attributes)
                : outputs.Names.IsDefault ? null : outputs.Names;
            if (names is null)
            {
                byDerivation[derivation] = null;
            }
            else if (!byDerivation.TryGetValue(derivation, out SortedSet<string>? before))
            {
                byDerivation.Add(derivation, new SortedSet<string>(names, System.StringComparer.Ordinal));
            }
            else
            {
                before?.UnionWith(names);
            }
        }

        session.Bring(byDerivation.Keys);
        List<DerivedPath> paths = [];
        foreach ((StorePath derivation, SortedSet<string>? names) in byDerivation)
        {
            paths.Add(new DerivedPath.Built(derivation, names is null ? default : [.. names]));
        }

        return paths;
    }
}

using System;
using System.Collections.Generic;
using System.Text;
using Firn.Build;
using Firn.Cli.Wiring;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Store.Packages;
using Firn.Eval.Values;
using Firn.Formats.StorePaths;

namespace Firn.Cli.Installables;

/// <summary>The program that an installable stands for: what a flake calls an app, or the main program of a package.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-run "Apps"</remarks>
internal sealed class App(EvaluationSession session, ValueInstallable installable)
{
    private readonly Evaluator _evaluator = session.Evaluator;

    /// <summary>What was built for the program; empty before.</summary>
    public IReadOnlyList<BuiltPath> Built { get; private set; } = [];

    /// <summary>Builds what the program needs and gives its path.</summary>
    /// <exception cref="EvalError">The value is neither an app nor a package.</exception>
    public string Build(InstallableRealiser realiser, StoreDir dir)
    {
        Value value = installable.Value(out string attrPath);
        VAttrs set = _evaluator.ForceAttrs(value, "");
        string type = Text(set, "type", attrPath).Text;
        string expected = attrPath.StartsWith("apps.", StringComparison.Ordinal) || attrPath.StartsWith("defaultApp.", StringComparison.Ordinal) ? "app" : "derivation";
        if (type != expected)
        {
            throw new EvalError(EvalErrorKind.Error, $"attribute '{(attrPath.Length > 0 ? attrPath + ".type" : "type")}' should have type '{expected}'");
        }

        string program = type == "app" ? OfApp(set, attrPath, realiser) : OfPackage(set, attrPath, realiser, dir);
        return dir.Contains(program) ? program : throw new CliException($"app program '{program}' is not in the Nix store");
    }

    private string OfApp(VAttrs app, string attrPath, InstallableRealiser realiser)
    {
        VString program = Text(app, "program", attrPath);
        string text = program.Text;
        if (program.Context is not { } context)
        {
            return text;
        }

        List<StorePath> derivations = [];
        List<Installable> needed = [];
        List<(ContextElement Element, string Output)> outputs = [];
        StoreDir dir = session.Store.Options.StoreDir;
        foreach (ContextElement element in context.Elements)
        {
            DerivedPath path = StringPaths.Derived(dir, element);
            derivations.Add(path switch
            {
                DerivedPath.Built built => built.Derivation,
                DerivedPath.BuiltOfBuilt inner => inner.Root,
                _ => ((DerivedPath.Opaque)path).Path,
            });
            needed.Add(new StoreInstallable(dir, path));
            outputs.Add((element, element.Kind == ContextKind.Built ? Encoding.UTF8.GetString(element.Output!) : ""));
        }

        session.Bring(derivations);
        IReadOnlyList<BuiltPath> made = Built = realiser.Realise(needed, RealiseMode.Outputs);
        for (int i = 0; i < outputs.Count; i++)
        {
            foreach ((string name, StorePath path) in made[i].Outputs)
            {
                if (outputs[i].Output.Length > 0 && name == outputs[i].Output)
                {
                    text = text.Replace(session.Store.TextOf(outputs[i].Element), dir.Print(path), StringComparison.Ordinal);
                }
            }
        }

        return text;
    }

    private string OfPackage(VAttrs package, string attrPath, InstallableRealiser realiser, StoreDir dir)
    {
        PackageOutput wanted = PackageOutput.Of(_evaluator, new Package(attrPath, package));
        session.Bring([wanted.DerivationPath]);
        string name = package.Get(WellKnown.Meta)?.Force() is VAttrs meta && meta.Get(_evaluator.Symbols.Intern("mainProgram")) is { } main
            ? _evaluator.ForceString(main, "").Text
            : package.Get(_evaluator.Symbols.Intern("pname")) is { } short_
                ? _evaluator.ForceString(short_, "").Text
                : Firn.Eval.Store.Packages.PackageName.Parse(Text(package, "name", attrPath).Text).Name;
        BuiltPath built = realiser.Realise([new StoreInstallable(dir, new DerivedPath.Built(wanted.DerivationPath, [wanted.Name]))], RealiseMode.Outputs)[0];
        Built = [built];
        return dir.Print(built.Outputs[0].Path) + "/bin/" + name;
    }

    private VString Text(VAttrs set, string name, string attrPath)
    {
        string path = attrPath.Length > 0 ? attrPath + "." + name : name;
        return set.Get(_evaluator.Symbols.Intern(name))?.Force() switch
        {
            VString text => text,
            null => throw new EvalError(EvalErrorKind.Error, $"attribute '{path}' does not exist"),
            _ => throw new EvalError(EvalErrorKind.Type, $"'{path}' is not a string"),
        };
    }
}

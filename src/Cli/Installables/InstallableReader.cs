using System;
using System.Collections.Generic;
using Firn.Build;
using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Eval.Values;
using Firn.Flakes;
using Firn.Flakes.Locking;
using Firn.Formats;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Installables;

/// <summary>Reads installables of a command line: against <c>--file</c> or <c>--expr</c> where given, else as store paths and flake references.</summary>
/// <param name="flakePlaces">Where in flakes to look, by the system; null for packages.</param>
internal sealed class InstallableReader(CommandContext context, IStore store, SourceFlags source, Func<string, FlakePlaces>? flakePlaces = null)
{
    private LockOptions? _lockOptions;
    private EvaluationSession? _session;
    private Value? _root;

    /// <summary>The evaluator of this command, made when first needed.</summary>
    public EvaluationSession Session
    {
        get
        {
            if (_session is null)
            {
                if (source.File is not null)
                {
                    if (context.Settings.Bool("pure-eval") && context.Settings.IsSet("pure-eval"))
                    {
                        throw CliException.Usage("'--file' is not compatible with '--pure-eval'");
                    }

                    context.Settings.Assign("pure-eval", "false");
                }

                _session = new EvaluationSession(context, source.Evaluation, store);
                foreach (string reference in source.Flakes.InputsFrom)
                {
                    FlakeWiring.UseInputs(context, _session, reference);
                }
            }

            return _session;
        }
    }

    /// <summary>Makes the expression be evaluated again when installables are read the next time.</summary>
    public void Forget() => _root = null;

    /// <summary>Reads them in the order given. Attributes are not evaluated yet.</summary>
    /// <exception cref="CliException">Flags exclude each other, or one is no installable.</exception>
    public IReadOnlyList<Installable> Read(IReadOnlyList<string> names)
    {
        if (source.File is not null && source.Expression is not null)
        {
            throw CliException.Usage("'--file' and '--expr' are exclusive");
        }

        if (source.Evaluation.EvalStore is not null)
        {
            // Derivations that are named by their paths may be there too.
            EvaluationStore.Open(context, source.Evaluation, store);
        }

        List<Installable> installables = [];
        foreach (string name in names)
        {
            (string rest, OutputsSelection outputs) = OutputsSelection.Split(name);
            installables.Add(source.HasSource
                ? new AttributeInstallable(Session, Root(), rest == "." ? "" : rest, outputs)
                : (Installable?)OfStore(rest, outputs) ?? OfFlake(rest, outputs));
        }

        return installables;
    }

    private Value Root() => _root ??= source.File is string file
        ? file == "-" ? Session.Stdin() : Session.File(file)
        : Session.Expression(source.Expression!);

    private StoreInstallable? OfStore(string name, OutputsSelection outputs)
    {
        if (!name.Contains('/'))
        {
            return null;
        }

        try
        {
            if (outputs.IsDefault)
            {
                return new StoreInstallable(store.StoreDir, new DerivedPath.Opaque(StorePathArgument.Follow(store.StoreDir, name)));
            }

            string[] chain = name.Split('^');
            StorePath root = store.StoreDir.Parse(chain[0]);
            foreach (string output in chain[1..])
            {
                if (StorePathName.Fault(output) is not null)
                {
                    return null;
                }
            }

            if (chain.Length > 1 && !context.Settings.HasFeature("dynamic-derivations"))
            {
                throw CliException.MissingFeature("dynamic-derivations");
            }

            return new StoreInstallable(store.StoreDir, chain.Length == 1
                ? new DerivedPath.Built(root, outputs.Names)
                : new DerivedPath.BuiltOfBuilt(root, [.. chain[1..]], outputs.Names));
        }
        catch (BadStorePathException)
        {
            // It may still be a flake reference.
            return null;
        }
    }

    private FlakeInstallable OfFlake(string name, OutputsSelection outputs) =>
        OfFlake(name, outputs, (flakePlaces ?? FlakePlaces.Packages)(context.Settings.String("system")), () => LockOptions);

    /// <summary>Reads an output of a flake that is no argument of the command itself.</summary>
    /// <param name="name">A flake reference with a fragment, and outputs.</param>
    public FlakeInstallable OfFlake(string name, FlakePlaces places, LockOptions options)
    {
        (string rest, OutputsSelection outputs) = OutputsSelection.Split(name);
        return OfFlake(rest, outputs, places, () => options);
    }

    private FlakeInstallable OfFlake(string name, OutputsSelection outputs, FlakePlaces places, Func<LockOptions> options)
    {
        (FlakeReference reference, string fragment) = FlakeWiring.ParseWithFragment(context, Session.Store, name);
        if (!context.Settings.HasFeature("flakes"))
        {
            throw CliException.MissingFeature("flakes");
        }

        if (Session.HasArguments)
        {
            throw CliException.Usage("'--arg' and '--argstr' are incompatible with flakes");
        }

        return new FlakeInstallable(
            context,
            Session,
            reference,
            fragment,
            outputs,
            places,
            options);
    }

    /// <summary>How flakes of this command are locked.</summary>
    public LockOptions LockOptions => _lockOptions ??= FlakeWiring.Options(context, Session.Store, source.Flakes);

    /// <summary>Whether reading these installables, or looking at them, evaluates anything.</summary>
    public bool Evaluates(IReadOnlyList<string> names)
    {
        foreach (string name in names)
        {
            (string rest, OutputsSelection outputs) = OutputsSelection.Split(name);
            if (source.HasSource || OfStore(rest, outputs) is null)
            {
                return true;
            }
        }

        return false;
    }
}

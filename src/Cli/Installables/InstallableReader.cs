using System;
using System.Collections.Generic;
using System.IO;
using Firn.Build;
using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Eval.Values;
using Firn.Formats;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Installables;

/// <summary>Reads installables of a command line: against <c>--file</c> or <c>--expr</c> where given, else as store paths and flake references.</summary>
internal sealed class InstallableReader(CommandContext context, IStore store, SourceFlags source)
{
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
                ? new ValueInstallable(Session, Root(), rest == "." ? "" : rest, outputs)
                : OfStore(rest, outputs) ?? throw FlakeReference(name));
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

    private CliException FlakeReference(string name)
    {
        string path = name.Split('#')[0];
        if ((path.StartsWith('/') || path.StartsWith("./", StringComparison.Ordinal) || path.StartsWith("../", StringComparison.Ordinal)) && !Path.Exists(path))
        {
            return new CliException($"getting status of \"{Path.GetFullPath(path)}\": No such file or directory");
        }

        if (path.Contains('/') && File.Exists(path))
        {
            return new CliException($"path \"{Path.GetFullPath(path)}\" is not a flake (because it's not a directory)");
        }

        return context.Settings.HasFeature("flakes")
            ? new CliException($"'{name}' is a flake reference, and flakes are not supported yet; use '--file' or '--expr'")
            : CliException.MissingFeature("flakes");
    }
}

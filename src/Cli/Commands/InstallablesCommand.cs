using System;
using System.Collections.Generic;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Cli.Wiring;
using Firn.Eval.Evaluation;
using Firn.Store;

namespace Firn.Cli.Commands;

/// <summary>A command of <c>nix</c> that works on any number of installables.</summary>
internal abstract class InstallablesCommand : NixCommand
{
    private IReadOnlyList<string> _names = [];
    private bool _stdin;

    protected InstallablesCommand()
    {
        Source.Declare(Flags);
        SourceFlags.DeclareRepair(Flags, () => Repair = true);
        SourceFlags.DeclareStdin(Flags, () => _stdin = true);
        ExpectMany("installables", names => _names = names, InstallableCompletion.For(Source, Places));
    }

    public override IReadOnlyList<string> Flakes => _names.Count > 0 ? _names : DefaultNames;

    protected SourceFlags Source { get; } = new();

    protected bool Repair { get; private set; }

    /// <summary>What is meant where nothing is named; empty for nothing.</summary>
    protected virtual IReadOnlyList<string> DefaultNames => ["."];

    /// <summary>Whether an evaluation may be needed whatever is named.</summary>
    protected virtual bool Evaluates => Source.HasSource;

    /// <summary>Where in flakes to look.</summary>
    protected virtual FlakePlaces Places(string system) => FlakePlaces.Packages(system);

    public sealed override int Run(CommandContext context)
    {
        context.Repair = Repair;
        using IStore store = StoreOpening.OpenForEvaluation(context);
        InstallableReader reader = new(context, store, Source, Places);
        List<string> names = [.. _names];
        if (_stdin)
        {
            names.AddRange(SourceFlags.ReadStdin());
        }
        else if (names.Count == 0)
        {
            names.AddRange(DefaultNames);
        }

        return Evaluates || reader.Evaluates(names)
            ? EvaluationThread.Run(() => Run(context, store, reader, names))
            : Run(context, store, reader, names);
    }

    /// <summary>Runs the command. Evaluation is possible in here.</summary>
    protected abstract int Run(CommandContext context, IStore store, InstallableReader reader, IReadOnlyList<string> names);
}

using System.Collections.Generic;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Cli.Wiring;
using Firn.Eval.Evaluation;
using Firn.Store;

namespace Firn.Cli.Commands;

/// <summary>A command of <c>nix</c> that works on one installable.</summary>
internal abstract class InstallableCommand : NixCommand
{
    private string _name = ".";

    protected InstallableCommand()
    {
        Source.Declare(Flags);
        SourceFlags.DeclareRepair(Flags, () => Repair = true);
        Expect("installable", name => _name = name, optional: true, InstallableCompletion.For(Source, Places));
    }

    public override IReadOnlyList<string> Flakes => [_name];

    protected SourceFlags Source { get; } = new();

    protected bool Repair { get; private set; }

    /// <summary>Where in flakes to look.</summary>
    protected virtual FlakePlaces Places(string system) => FlakePlaces.Packages(system);

    public sealed override int Run(CommandContext context)
    {
        context.Repair = Repair;
        using IStore store = StoreOpening.OpenForEvaluation(context);
        InstallableReader reader = new(context, store, Source, Places);
        return reader.Evaluates([_name])
            ? EvaluationThread.Run(() => Run(context, store, reader, reader.Read([_name])[0]))
            : Run(context, store, reader, reader.Read([_name])[0]);
    }

    /// <summary>Runs the command. Evaluation is possible in here.</summary>
    protected abstract int Run(CommandContext context, IStore store, InstallableReader reader, Installable installable);
}

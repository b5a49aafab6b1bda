using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Cli.Wiring;
using Firn.Eval.Evaluation;
using Firn.Store;

namespace Firn.Cli.Commands.Formatting;

/// <summary>A command about the formatter of the flake around the working directory.</summary>
internal abstract class FormatterCommand : NixCommand
{
    private readonly SourceFlags _source = new();

    private bool _repair;

    protected FormatterCommand()
    {
        _source.Declare(Flags);
        SourceFlags.DeclareRepair(Flags, () => _repair = true);
    }

    public sealed override int Run(CommandContext context)
    {
        context.Repair = _repair;
        using IStore store = StoreOpening.OpenForEvaluation(context);
        InstallableReader reader = new(context, store, _source, static system => new FlakePlaces([$"formatter.{system}"], []));
        return EvaluationThread.Run(() =>
        {
            ValueInstallable formatter = reader.Read(["."])[0].RequireValue();
            App app = new(reader.Session, formatter);
            return Run(context, store, formatter, app, app.Build(new InstallableRealiser(context, store), store.StoreDir));
        });
    }

    /// <param name="program">Path of the formatter, which is built.</param>
    protected abstract int Run(CommandContext context, IStore store, ValueInstallable formatter, App app, string program);
}

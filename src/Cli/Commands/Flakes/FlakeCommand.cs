using System.Collections.Generic;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Cli.Wiring;
using Firn.Eval.Evaluation;
using Firn.Flakes;
using Firn.Flakes.Locking;
using Firn.Store;

namespace Firn.Cli.Commands.Flakes;

/// <summary>A command of <c>nix flake</c>: it is about one flake.</summary>
internal abstract class FlakeCommand : NixCommand
{
    private readonly EvaluationFlags _evaluation = new();
    private readonly FlakeFlags _locks = new();
    private bool _repair;

    /// <param name="takesFlake">Whether the flake is its argument, rather than that of a flag.</param>
    /// <param name="locks">Whether it has flags about the lock file.</param>
    protected FlakeCommand(bool takesFlake = true, bool locks = true)
    {
        _evaluation.Declare(Flags);
        SourceFlags.DeclareRepair(Flags, () => _repair = true);
        if (locks)
        {
            _locks.Declare(Flags);
        }

        if (takesFlake)
        {
            Expect("flake-url", u => Url = u, optional: true, FlakeCompletion.References);
        }
    }

    /// <summary>The reference of the flake as the user wrote it.</summary>
    protected string Url { get; set; } = ".";

    public sealed override IReadOnlyList<string> Flakes => [Url];

    public sealed override int Run(CommandContext context)
    {
        context.Settings.RequireFeature("flakes");
        context.Repair = _repair;
        Prepare(context);
        using IStore store = StoreOpening.OpenForEvaluation(context);
        return EvaluationThread.Run(() =>
        {
            EvaluationSession session = new(context, _evaluation, store);
            foreach (string reference in _locks.InputsFrom)
            {
                FlakeWiring.UseInputs(context, session, reference);
            }

            int status = Run(context, session, store);
            session.Store.Flush();
            return status;
        });
    }

    /// <summary>Changes settings before anything is opened.</summary>
    protected virtual void Prepare(CommandContext context)
    {
    }

    protected abstract int Run(CommandContext context, EvaluationSession session, IStore store);

    protected FlakeReference Reference(CommandContext context, EvaluationSession session) => FlakeWiring.Parse(context, session.Store, Url);

    /// <summary>What settings and flags say about the lock file.</summary>
    protected LockOptions Options(CommandContext context, EvaluationSession session) => FlakeWiring.Options(context, session.Store, _locks);
}

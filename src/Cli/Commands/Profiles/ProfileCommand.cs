using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Eval.Evaluation;
using Firn.Store;
using Firn.Store.Local.Profiles;

namespace Firn.Cli.Commands.Profiles;

/// <summary>A command of <c>nix profile</c> that works on what is in a profile.</summary>
internal abstract class ProfileCommand : NixCommand
{
    private readonly ProfilePlace _place = new();

    protected ProfileCommand()
    {
        Source.Evaluation.Declare(Flags);
        _place.Declare(Flags);
    }

    /// <summary>Flags about evaluation, which what <c>nix-env</c> left behind takes.</summary>
    protected SourceFlags Source { get; } = new();

    public sealed override int Run(CommandContext context)
    {
        using ILocalFsStore store = StoreOpening.Open(context);
        return EvaluationThread.Run(() => Run(context, store, _place.Open(context, store)));
    }

    protected abstract int Run(CommandContext context, ILocalFsStore store, Profile profile);
}

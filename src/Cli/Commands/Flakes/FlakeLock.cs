using Firn.Cli.Wiring;
using Firn.Flakes.Locking;
using Firn.Store;

namespace Firn.Cli.Commands.Flakes;

/// <summary><c>nix flake lock</c>: writes what is missing in a lock file.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-flake-lock</remarks>
internal sealed class FlakeLock : FlakeCommand
{
    public FlakeLock() => Flags.Remove("no-write-lock-file");

    public override string Description => "create missing lock file entries";

    protected override void Prepare(CommandContext context) => context.Settings.Assign("tarball-ttl", "0");

    protected override int Run(CommandContext context, EvaluationSession session, IStore store)
    {
        LockOptions options = Options(context, session) with { Write = true, FailOnUnlocked = true };
        FlakeWiring.Apply(context, session.Flakes.Lock(Reference(context, session), options).Flake);
        return 0;
    }
}

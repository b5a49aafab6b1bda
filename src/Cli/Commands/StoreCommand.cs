using Firn.Cli.Wiring;
using Firn.Store;

namespace Firn.Cli.Commands;

/// <summary>A command of <c>nix</c> that works on one store, of whatever kind.</summary>
internal abstract class StoreCommand : NixCommand
{
    public sealed override int Run(CommandContext context)
    {
        using IStore store = StoreOpening.OpenAny(context);
        return Run(context, store);
    }

    protected abstract int Run(CommandContext context, IStore store);
}

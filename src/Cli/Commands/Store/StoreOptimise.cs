using Firn.Store;

namespace Firn.Cli.Commands;

/// <summary><c>nix store optimise</c>: equal files share their place on the disk.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-store-optimise</remarks>
internal sealed class StoreOptimise : StoreCommand
{
    public override string Description => "replace identical files in the store by hard links";

    protected override int Run(CommandContext context, IStore store)
    {
        OptimiseResult result = store.Require<IOptimiser>("Optimising").Optimise();
        context.Say(LogLevel.Info, $"{ByteSize.Render((long)result.BytesFreed)} freed by hard-linking {result.FilesLinked} files");

        return 0;
    }
}

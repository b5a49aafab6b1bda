using System.Collections.Generic;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands;

/// <summary><c>nix store repair</c>: makes damaged paths anew.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-store-repair</remarks>
internal sealed class StoreRepair() : StorePathsCommand(recursive: false)
{
    public override string Description => "repair store paths";

    protected override int Run(CommandContext context, IStore store, IReadOnlyList<StorePath> paths)
    {
        foreach (StorePath path in paths)
        {
            if (store is not ILocalFsStore local)
            {
                throw new StoreException($"cannot repair path '{store.StoreDir.Print(path)}'");
            }

            store.Get(path);
            NixStoreRealise.Repairer(context, local).Repair(path);
        }

        return 0;
    }
}

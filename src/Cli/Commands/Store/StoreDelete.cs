using System.Collections.Generic;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands;

/// <summary><c>nix store delete</c>: deletes some paths that nothing needs.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-store-delete</remarks>
internal sealed class StoreDelete : StorePathsCommand
{
    private bool _ignoreLiveness;

    public StoreDelete()
        : base(recursive: false)
    {
        Flags.Add("ignore-liveness", "Do not check whether the paths are reachable from a root.", () => _ignoreLiveness = true);
    }

    public override string Description => "delete paths from the Nix store";

    protected override int Run(CommandContext context, IStore store, IReadOnlyList<StorePath> paths)
    {
        NixStoreCollect.Run(context, store.Require<ICollector>("Garbage collection"), new CollectorRequest
        {
            Action = CollectorAction.DeleteSpecific,
            IgnoreLiveness = _ignoreLiveness,
            Paths = paths,
        });
        return 0;
    }
}

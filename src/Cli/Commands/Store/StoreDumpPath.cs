using System.Collections.Generic;
using Firn.Cli.Wiring;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands;

/// <summary><c>nix store dump-path</c>: the NAR of a store path.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-store-dump-path</remarks>
internal sealed class StoreDumpPath() : StorePathsCommand(recursive: false)
{
    public override string Description => "serialise a store path to stdout in NAR format";

    protected override int Run(CommandContext context, IStore store, IReadOnlyList<StorePath> paths)
    {
        if (paths.Count != 1)
        {
            throw CliException.Usage("this command requires exactly one store path");
        }

        NarPack.RefuseTerminal();
        store.WriteNar(paths[0], new OutputSink(context));
        return 0;
    }
}

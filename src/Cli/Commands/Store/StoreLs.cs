using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Objects;

namespace Firn.Cli.Commands;

/// <summary><c>nix store ls</c>: what lies in a store path.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-store-ls</remarks>
internal sealed class StoreLs : StoreCommand
{
    private readonly ListingFlags _listing = new();
    private string _path = "";

    public StoreLs()
    {
        _listing.Declare(Flags);
        Expect("path", p => _path = p, completer: Completions.Files);
    }

    public override string Description => "show information about a path in the Nix store";

    protected override int Run(CommandContext context, IStore store)
    {
        (StorePath path, byte[] file) = StorePathArgument.Split(store, _path);
        using IObjectFiles files = ObjectFiles.Open(store, path);
        _listing.List(context, files, file);
        return 0;
    }
}

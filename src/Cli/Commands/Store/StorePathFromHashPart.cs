using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands;

/// <summary><c>nix store path-from-hash-part</c>: the path with some 32 digits.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-store-path-from-hash-part</remarks>
internal sealed class StorePathFromHashPart : StoreCommand
{
    private string _hashPart = "";

    public StorePathFromHashPart() => Expect("hash-part", h => _hashPart = h);

    public override string Description => "get a store path from its hash part";

    protected override int Run(CommandContext context, IStore store)
    {
        StorePath path = store.Require<IHashPartIndex>("Finding paths by their hash part").FindByHashPart(_hashPart)
            ?? throw new CliException($"there is no store path corresponding to '{_hashPart}'");
        context.WriteLine(store.StoreDir.Print(path));
        return 0;
    }
}

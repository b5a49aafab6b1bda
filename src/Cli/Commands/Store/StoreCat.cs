using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Formats.Nar;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Objects;

namespace Firn.Cli.Commands;

/// <summary><c>nix store cat</c>: the contents of a file in a store path.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-store-cat</remarks>
internal sealed class StoreCat : StoreCommand
{
    private string _path = "";

    public StoreCat() => Expect("path", p => _path = p, completer: Completions.Files);

    public override string Description => "print the contents of a file in the Nix store on stdout";

    protected override int Run(CommandContext context, IStore store)
    {
        (StorePath path, byte[] file) = StorePathArgument.Split(store, _path);
        using IObjectFiles files = ObjectFiles.Open(store, path);
        if (files.Get(file).Kind != NarKind.Regular)
        {
            throw new StoreException($"path '/{System.Text.Encoding.UTF8.GetString(file)}' is not a regular file");
        }

        files.Read(file, new OutputSink(context));
        return 0;
    }
}

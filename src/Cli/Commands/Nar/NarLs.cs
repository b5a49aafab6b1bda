using System.IO;
using Firn.Cli.Arguments;
using Firn.Formats.Nar;
using Firn.Store.Objects;

namespace Firn.Cli.Commands;

/// <summary><c>nix nar ls</c>: what lies in a NAR.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-nar-ls</remarks>
internal sealed class NarLs : NixCommand
{
    private readonly ListingFlags _listing = new();
    private string _nar = "", _path = "";

    public NarLs()
    {
        _listing.Declare(Flags);
        Expect("nar", n => _nar = n, completer: Completions.Files);
        Expect("path", p => _path = p);
    }

    public override string Description => "show information about a path inside a NAR file";

    public override int Run(CommandContext context)
    {
        using Stream nar = NarFile.Open(_nar);
        using NarFiles files = new(NarIndexer.Read(nar), null, "«unknown»");
        _listing.List(context, files, ObjectFiles.Canonical(_path));
        return 0;
    }
}

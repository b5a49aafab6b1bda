using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Store;

namespace Firn.Cli.Commands.Formatting;

/// <summary><c>nix formatter build</c>: builds the formatter of a flake, and says where it is.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-formatter-build</remarks>
internal sealed class FormatterBuild : FormatterCommand
{
    private readonly OutLinkFlags _link = new();

    public FormatterBuild() => _link.Declare(Flags);

    public override string Description => "build the current flake's formatter";

    protected override int Run(CommandContext context, IStore store, ValueInstallable formatter, App app, string program)
    {
        if (store is IRoots roots)
        {
            _link.Link(roots, app.Built);
        }

        context.WriteLine(program);
        return 0;
    }
}

using System.IO;
using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Store;

namespace Firn.Cli.Commands.Flakes;

/// <summary><c>nix flake new</c>: copies a template to a directory.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-flake-new</remarks>
internal sealed class FlakeNew : TemplateCommand
{
    private string _destination = "";

    public FlakeNew() => Expect("dest-dir", d => _destination = d, completer: Completions.Files);

    public override string Description => "create a flake in the specified directory from a template";

    protected override int Run(CommandContext context, EvaluationSession session, IStore store) =>
        Create(context, session, Path.GetFullPath(_destination, context.BaseDirectory));
}

using Firn.Cli.Wiring;
using Firn.Store;

namespace Firn.Cli.Commands.Flakes;

/// <summary><c>nix flake init</c>: copies a template to the working directory.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-flake-init</remarks>
internal sealed class FlakeInit : TemplateCommand
{
    public override string Description => "create a flake in the current directory from a template";

    protected override int Run(CommandContext context, EvaluationSession session, IStore store) => Create(context, session, context.BaseDirectory);
}

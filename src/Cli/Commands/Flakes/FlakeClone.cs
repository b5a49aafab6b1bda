using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Fetchers.Fetching;
using Firn.Store;

namespace Firn.Cli.Commands.Flakes;

/// <summary><c>nix flake clone</c>: makes a working copy of the repository of a flake.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-flake-clone</remarks>
internal sealed class FlakeClone : FlakeCommand
{
    private string? _destination;

    public FlakeClone() => Flags.Add("dest", 'f', "Clone the flake to path *dest*.", "path", d => _destination = d, Completions.Files);

    public override string Description => "clone flake repository";

    protected override int Run(CommandContext context, EvaluationSession session, IStore store)
    {
        string destination = _destination ?? throw new CliException("missing flag '--dest'");
        InputFetcher fetcher = session.Store.Fetcher;
        fetcher.Clone(fetcher.Registries.Resolve(Reference(context, session).Input, RegistryUse.All).Input, destination);
        return 0;
    }
}

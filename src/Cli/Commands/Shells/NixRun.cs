using System.Collections.Generic;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Cli.Processes;
using Firn.Shells;
using Firn.Store;

namespace Firn.Cli.Commands.Shells;

/// <summary><c>nix run</c>: runs the program of a package or a flake.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-run</remarks>
internal sealed class NixRun : InstallableCommand
{
    private readonly EnvironmentFlags _changes = new();
    private IReadOnlyList<string> _arguments = [];

    public NixRun()
    {
        _changes.Declare(Flags);
        ExpectMany("args", arguments => _arguments = arguments, Completions.Files);
    }

    public override string Description => "run a Nix application";

    protected override FlakePlaces Places(string system) => FlakePlaces.Apps(system);

    protected override int Run(CommandContext context, IStore store, InstallableReader reader, Installable installable)
    {
        string program = new App(reader.Session, installable.RequireValue()).Build(new InstallableRealiser(context, store), store.StoreDir);
        ShellVariables variables = ProgramReplacement.Environment();
        _changes.Apply(variables);
        ProgramReplacement.Become(context, store, program, [program, .. _arguments], variables, lookUp: false);
        return 0;
    }
}

using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Cli.Processes;
using Firn.Cli.Wiring;
using Firn.Formats.StorePaths;
using Firn.Shells;
using Firn.Store;

namespace Firn.Cli.Commands.Shells;

/// <summary><c>nix env shell</c>, or <c>nix shell</c>: a shell that finds the programs of packages.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-env-shell</remarks>
internal sealed class EnvShell : InstallablesCommand
{
    private readonly EnvironmentFlags _changes = new();
    private string[] _command = [Environment.GetEnvironmentVariable("SHELL") ?? "bash"];

    public EnvShell()
    {
        _changes.Declare(Flags);
        Flags.AddRest("command", 'c', "Command and arguments to be executed, defaulting to `$SHELL`", "command", "args", words =>
            _command = words.Length > 0 ? words : throw CliException.Usage("--command requires at least one argument"));
    }

    public override string Description => "run a shell in which the specified packages are available";

    protected override int Run(CommandContext context, IStore store, InstallableReader reader, IReadOnlyList<string> names)
    {
        IReadOnlyList<StorePath> paths = new InstallableRealiser(context, store).StorePaths(reader.Read(names), RealiseMode.Outputs, derivations: false);
        ShellVariables variables = ProgramReplacement.Environment();
        _changes.Apply(variables);
        PackagePrograms programs = new(store);
        variables.Set("PATH", string.Join(':', [.. programs.Find(paths), .. variables.Get("PATH") is { Length: > 0 } before ? [before] : Array.Empty<string>()]));
        ProgramReplacement.Become(context, store, _command[0], _command, variables, lookUp: true);
        return 0;
    }
}

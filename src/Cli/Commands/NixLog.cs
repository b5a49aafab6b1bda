using System.Collections.Generic;
using Firn.Build;
using Firn.Cli.Installables;
using Firn.Formats.StorePaths;
using Firn.Store.Local;

namespace Firn.Cli.Commands;

/// <summary><c>nix log</c>: the log of the build that made a path.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-log</remarks>
internal sealed class NixLog : InstallableCommand
{
    public override string Description => "show the build log of the specified packages or paths, if available";

    protected override int Run(CommandContext context, LocalStore store, InstallableReader reader, Installable installable)
    {
        context.ReadOnly = true;
        IReadOnlyList<DerivedPath> paths = installable.DerivedPaths();
        if (paths.Count != 1)
        {
            throw new CliException($"argument '{installable.What}' should evaluate to one store path");
        }

        StorePath path = paths[0] is DerivedPath.Built built ? built.Derivation : ((DerivedPath.Opaque)paths[0]).Path;
        context.Write(store.FindLog(path) ?? throw new CliException($"build log of '{installable.What}' is not available"));
        return 0;
    }
}

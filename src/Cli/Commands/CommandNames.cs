using System.Collections.Generic;

namespace Firn.Cli.Commands;

/// <summary><c>nix __command-names</c>: the names that <c>./build</c> links to the binary, a line each.</summary>
internal sealed class CommandNames : ICommand
{
    public int Run(CommandContext context, IReadOnlyList<string> arguments)
    {
        foreach (string name in CommandTable.Names)
        {
            context.WriteLine(name);
        }

        return 0;
    }
}

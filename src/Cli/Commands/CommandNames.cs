namespace Firn.Cli.Commands;

/// <summary><c>nix __command-names</c>: the names that <c>./build</c> links to the binary, a line each.</summary>
internal sealed class CommandNames : NixCommand
{
    public override string Description => "list the other names of this program";

    public override string? Feature => null;

    public override int Run(CommandContext context)
    {
        foreach (string name in CommandTable.Names)
        {
            context.WriteLine(name);
        }

        return 0;
    }
}

using System.Collections.Generic;
using Firn.Cli.Arguments;
using Firn.Cli.Rendering;

namespace Firn.Cli.Commands.Help;

/// <summary><c>nix help</c>: help about a subcommand.</summary>
internal sealed class NixHelp : NixCommand
{
    private IReadOnlyList<string> _words = [];

    public NixHelp() => ExpectMany("subcommand", words => _words = words);

    public override string Description => "show help about `nix` or a particular subcommand";

    public override int Run(CommandContext context)
    {
        IReadOnlyList<string> words = _words is [string alias] && CommandAliases.Find(alias) is { } meant ? meant.Words : _words;
        NixCommand command = CommandTable.Root();
        foreach (string word in words)
        {
            command = (command as CommandGroup)?.Find(word)?.Make() ?? throw CliException.Usage($"Nix has no subcommand '{string.Concat(words)}'");
        }

        HelpPrinter.Print(context, new GlobalFlags(context), words, command);
        return 0;
    }
}

using System.Collections.Generic;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Cli.Processes;
using Firn.Shells;
using Firn.Store;

namespace Firn.Cli.Commands.Formatting;

/// <summary><c>nix formatter run</c>, or <c>nix fmt</c>: runs the formatter of a flake on files.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-formatter-run</remarks>
internal sealed class FormatterRun : FormatterCommand
{
    private IReadOnlyList<string> _arguments = [];

    public FormatterRun()
    {
        new JsonFlags().Declare(Flags);
        ExpectMany("args", arguments => _arguments = arguments, Completions.Files);
    }

    public override string Description => "reformat your code in the standard style";

    protected override int Run(CommandContext context, IStore store, ValueInstallable formatter, App app, string program)
    {
        ShellVariables variables = ProgramReplacement.Environment();
        if (formatter is FlakeInstallable { Reference.Input.SourcePath: { } folder })
        {
            // Formatters can format all of the flake, wherever in it they were called.
            variables.Set("PRJ_ROOT", folder);
        }

        ProgramReplacement.Become(context, store, program, [program, .. _arguments], variables, lookUp: false);
        return 0;
    }
}

using System.Collections.Generic;
using Firn.Cli.Processes;

namespace Firn.Cli.Rendering;

/// <summary>Help of the classic commands: the page of the manual where one is installed, else how the command is called.</summary>
internal static class ClassicHelp
{
    public static void Show(CommandContext context)
    {
        context.Out.Flush();
        ProgramRunner runner = new();
        if (!runner.Exists("man"))
        {
            throw new CliException(
                $"The 'man' command was not found, but it is needed for '{context.ProgramName}' and some other 'nix-*' commands' help text. Perhaps you could install the 'man' command?");
        }

        if (runner.Capture(["man", "-w", context.ProgramName], out _) == 0)
        {
            runner.Run(["man", context.ProgramName], new Dictionary<string, string>());
            return;
        }

        context.WriteLine($"Usage: {Usage(context.ProgramName)}\n\nThe Nix manual describes it in command-ref/{context.ProgramName}.");
    }

    private static string Usage(string name) => name switch
    {
        "nix-build" => "nix-build [-A ATTR] [-o LINK | --no-out-link] [--dry-run] [--check] [-E] [FILE | EXPRESSION]...",
        "nix-instantiate" => "nix-instantiate [--parse | --eval [--strict] [--raw | --json | --xml] | --find-file] [-A ATTR] [--add-root LINK] [-E] [FILE | EXPRESSION]...",
        "nix-store" => "nix-store OPERATION [OPTION]... [PATH]...",
        "nix-env" => "nix-env OPERATION [-p PROFILE] [OPTION]... [ARGUMENT]...",
        "nix-hash" => "nix-hash [--flat] [--type ALGORITHM] [--base16 | --base32 | --base64 | --sri] [--truncate] PATH...\n       nix-hash --to-base16 | --to-base32 | --to-base64 | --to-sri [--type ALGORITHM] HASH...",
        "nix-prefetch-url" => "nix-prefetch-url [--type ALGORITHM] [--print-path] [--unpack] [--executable] [--name NAME] URL [HASH]\n       nix-prefetch-url -A ATTR [FILE]",
        "nix-collect-garbage" => "nix-collect-garbage [-d | --delete-older-than PERIOD] [--max-freed BYTES] [--dry-run]",
        "nix-channel" => "nix-channel --add URL [NAME] | --remove NAME | --list | --update [NAME]... | --list-generations | --rollback [GENERATION]",
        "nix-shell" => "nix-shell [-A ATTR] [--run COMMAND | --command COMMAND] [--pure] [-p PACKAGE... | -E EXPRESSION | FILE]",
        _ => name + " [OPTION]... [ARGUMENT]...",
    };
}

using System;
using System.Collections.Generic;
using System.IO;
using Firn.Cli.Arguments;
using Firn.Cli.Rendering;
using Firn.Cli.Settings;
using Firn.Shells.Shebang;

namespace Firn.Cli.Commands;

/// <summary>The program <c>nix</c>: finds the subcommand, reads its arguments and runs it.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix</remarks>
internal static class NixMain
{
    // A number of seconds that nothing is older than.
    private const string Forever = "4294967295";

    public static int Run(CommandContext context, IReadOnlyList<string> arguments)
    {
        NixSettings settings = context.Settings;
        settings.Impose("pure-eval", "true");
        context.PrefersTree = true;
        context.ShowBuildOutput = false;
        // On a terminal a bar shows what happens; elsewhere lines do.
        context.Verbosity = Terminal.Colours ? LogLevel.Notice : LogLevel.Info;
        GlobalFlags global = new(context);
        CommandLine line = new(context, global, CommandTable.Root(), Words(context, arguments));
        try
        {
            line.Read();
        }
        catch (CliException e) when (e.IsUsage && (global.HelpRequested || line.Completions is not null))
        {
            // Help is wanted for what was understood of the line; a line that is being completed is never right.
        }

        if (global.HelpRequested)
        {
            HelpPrinter.Print(context, global, line.Names, line.Command);
            return 0;
        }

        if (line.Completions is Completions completions)
        {
            completions.Write(Console.Out);
            return 0;
        }

        if (global.VersionRequested)
        {
            VersionPrinter.Print(context, "nix");
            return 0;
        }

        if (line.Names.Count == 0)
        {
            throw CliException.Usage("no subcommand specified");
        }

        if (line.First.Feature is string feature)
        {
            settings.RequireFeature(feature);
        }

        ApplyNetworkUse(settings, global);
        if (line.Command.IsImpure && !settings.IsSet("pure-eval"))
        {
            settings.Assign("pure-eval", "false");
        }

        return line.Command.Run(context);
    }

    /// <summary>The arguments, or, where the first is a script, those in it, the script and what it is called with.</summary>
    private static IReadOnlyList<string> Words(CommandContext context, IReadOnlyList<string> arguments)
    {
        if (arguments.Count == 0 || ScriptFile.Read(arguments[0]) is not { } text || CommandWords.OfScript(text) is not { } words)
        {
            return arguments;
        }

        context.BaseDirectory = Path.GetDirectoryName(Path.GetFullPath(arguments[0]))!;
        return [.. words, .. arguments];
    }

    private static void ApplyNetworkUse(NixSettings settings, GlobalFlags global)
    {
        if (global.Offline)
        {
            foreach ((string name, string value) in (ReadOnlySpan<(string, string)>)
                [("substitute", "false"), ("tarball-ttl", Forever), ("download-attempts", "0"), ("connect-timeout", "1"), ("narinfo-cache-meta-ttl", Forever)])
            {
                if (!settings.IsSet(name))
                {
                    settings.Assign(name, value);
                }
            }
        }

        if (global.Refresh)
        {
            foreach (string name in (ReadOnlySpan<string>)["tarball-ttl", "narinfo-cache-negative-ttl", "narinfo-cache-positive-ttl", "narinfo-cache-meta-ttl"])
            {
                settings.Assign(name, "0");
            }
        }
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using Firn.Cli.Arguments;
using Firn.Cli.Commands;

namespace Firn.Cli;

internal static partial class Program
{
    /// <summary>The version of Nix whose behaviour this is.</summary>
    public const string NixVersion = "2.34.8";

    private static int Main(string[] arguments)
    {
        string name = Path.GetFileName(Environment.GetCommandLineArgs()[0]);
        if (arguments is ["--version"])
        {
            // Needs neither settings nor a store, and is what scripts call first.
            Console.Out.Write($"{(CommandTable.Classic(name) is null ? "nix" : name)} (Nix) {NixVersion}\n");
            return 0;
        }

        // Stores, logs and build directories are for others to enter, whatever the caller's own files are for.
        _ = umask(0x12); // 022
        CommandContext context = new(name);
        try
        {
            int status = Run(context, arguments);
            context.Out.Flush();
            return status;
        }
        catch (Exception e)
        {
            return Rendering.ErrorRenderer.Report(context, e);
        }
    }

    private static int Run(CommandContext context, string[] arguments)
    {
        if (CommandTable.Classic(context.ProgramName) is ICommand classic)
        {
            return classic.Run(context, arguments);
        }

        // The new commands are quieter by default.
        context.Verbosity = 1;
        ArgumentReader reader = new(arguments);
        List<string> rest = [];
        string? first = null;
        // Flags of every command may stand before the subcommand; what else does is left to the subcommand's own reader.
        while (first is null && reader.MoveNext())
        {
            if (!reader.IsFlag)
            {
                first = reader.Current;
            }
            else if (!CommonFlags.Handle(context, reader))
            {
                rest.Add(reader.Current);
            }
        }

        if (first is null)
        {
            throw new CliException("no subcommand specified", hint: "Try 'nix --help' for more information.");
        }

        int at = rest.Count;
        rest.Add(first);
        rest.AddRange(reader.Rest());
        string? second = at + 1 < rest.Count && !rest[at + 1].StartsWith('-') ? rest[at + 1] : null;
        if (second is not null && CommandTable.Subcommand(first, second) is ICommand two)
        {
            rest.RemoveRange(at, 2);
            return two.Run(context, rest);
        }

        if (CommandTable.Subcommand(first, null) is ICommand one)
        {
            rest.RemoveAt(at);
            return one.Run(context, rest);
        }

        throw new CliException($"'{first}' is not a recognised command", hint: "Try 'nix --help' for more information.");
    }

    [LibraryImport("libc.so.6")]
    private static partial uint umask(uint mask);
}

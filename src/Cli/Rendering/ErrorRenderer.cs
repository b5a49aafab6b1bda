using System;
using Firn.Nixos;

namespace Firn.Cli.Rendering;

/// <summary>Turns whatever ended a command into one clear message and an exit status. A stack trace is never shown.</summary>
internal static class ErrorRenderer
{
    /// <summary>Writes the error to the standard error and gives the exit status.</summary>
    public static int Report(CommandContext context, Exception error)
    {
        context.Out.Flush();
        switch (error)
        {
            case CliException cli:
                context.Error(cli.Message);
                if (cli.Hint is not null)
                {
                    Console.Error.WriteLine(cli.Hint);
                }

                return cli.ExitCode;
            case NixosException nixos:
                context.Error(nixos.Message);
                return nixos.ExitCode;
            case OutOfMemoryException:
                context.Error("out of memory");
                return 1;
            default:
                // A fault of ours: say so in one line, with the kind, so that it can be reported.
                context.Error($"internal error: {error.GetType().Name}: {error.Message}");
                if (Environment.GetEnvironmentVariable("FIRN_DEBUG") is { Length: > 0 })
                {
                    Console.Error.WriteLine(error);
                }

                return 1;
        }
    }
}

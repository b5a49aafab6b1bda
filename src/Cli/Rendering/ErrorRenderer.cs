using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.IO;
using Firn.Build;
using Firn.Build.Profiles;
using Firn.Eval.Errors;
using Firn.Eval.Values;
using Firn.Fetchers;
using Firn.Formats;
using Firn.Formats.Logging;
using Firn.Nixos;
using Firn.Sandbox;
using Firn.Shells;
using Firn.Store;

namespace Firn.Cli.Rendering;

/// <summary>Turns whatever ended a command into one clear message and an exit status. A stack trace is never shown.</summary>
internal static class ErrorRenderer
{
    /// <summary>Writes the error to the standard error and gives the exit status.</summary>
    public static int Report(CommandContext context, Exception error)
    {
        context.UsedLog?.Finish();
        if (!FlushOutput(context) && error is IOException)
        {
            return 1;
        }

        switch (error)
        {
            case CliException cli:
                context.Error(cli.Message);
                if (cli.Suggestions.Count > 0)
                {
                    context.Say(LogLevel.Error, $"       Did you mean {Suggestions.Describe(cli.Suggestions)}?");
                }

                if (cli.IsUsage)
                {
                    context.Say(LogLevel.Error, $"Try '{context.ProgramPath} --help' for more information.");
                }

                if (cli.Hint is not null)
                {
                    context.Say(LogLevel.Error, cli.Hint);
                }

                return cli.ExitCode;
            case NixosException nixos:
                context.Error(nixos.Message);
                return nixos.ExitCode;
            case EvalError eval:
                context.Log.Error(Text(eval, context.ErrorPositions ?? new PositionTable(), context.Settings.Bool("show-trace")));

                if (eval.InnerException is UnknownWordException)
                {
                    context.Say(LogLevel.Error, $"Try '{context.ProgramPath} --help' for more information.");
                }

                return eval.ExitStatus;
            case BuildException build:
                context.Error(build.Message);
                return build.ExitCode;
            case StoreAbilityException:
                context.Error(error.Message);
                context.Say(LogLevel.Error, $"Try '{context.ProgramPath} --help' for more information.");
                return 1;
            case UnknownWordException word:
                return Report(context, CliException.Usage(word.Message));
            case StoreException { Trace: string trace }:
                context.Error(Logs.ErrorText.Traced(trace, error.Message));
                return 1;
            case SandboxException or StoreException or FormatsException or FetchException or ShellException or LinkTreeException:
                context.Error(error.Message);
                return 1;
            case TypeInitializationException { InnerException: Exception inner }:
                return Report(context, inner);
            case AggregateException { InnerExceptions: [Exception only] }:
                return Report(context, only);
            case IOException or UnauthorizedAccessException or OutOfMemoryException or Win32Exception:
                context.Error(SystemFailure.Describe(error));
                return 1;
            default:
                // A fault of ours: say so in one line, with the kind, so that it can be reported.
                context.Error(SystemFailure.Describe(error));
                if (Environment.GetEnvironmentVariable("FIRN_DEBUG") is { Length: > 0 })
                {
                    Console.Error.WriteLine(error);
                }

                return 1;
        }
    }

    /// <summary>An error of the evaluation in the forms that a log takes.</summary>
    public static LogErrorText Text(EvalError error, PositionTable positions, bool showTrace)
    {
        (string? file, int? line, int? column) = Place(positions, error.Pos);
        List<LogTraceFrame>? trace = null;
        if (showTrace && error.Frames.Count > 0)
        {
            trace = [];
            foreach (TraceFrame frame in error.Frames)
            {
                (string? its, int? inLine, int? inColumn) = Place(positions, frame.Pos);
                trace.Add(new LogTraceFrame(frame.Hint, its, inLine, inColumn));
            }
        }

        return new LogErrorText(Verbosity.Error, new Eval.Errors.ErrorRenderer(positions, showTrace).Render(error), error.Hint, file, line, column, trace);
    }

    // What the log calls a file has the line and the column in it too, as its readers know it.
    private static (string? File, int? Line, int? Column) Place(PositionTable positions, PosIdx pos) => positions.Find(pos) is not { } at
        ? (null, null, null)
        : (at.Source.Describe(at.Offset), at.LineColumn.Line, at.LineColumn.Column);

    /// <returns>False where that fails, which has been said then.</returns>
    private static bool FlushOutput(CommandContext context)
    {
        try
        {
            context.Out.Flush();
            return true;
        }
        catch (IOException e)
        {
            context.Error($"writing to the standard output: {SystemFailure.Describe(e)}");
            return false;
        }
    }
}

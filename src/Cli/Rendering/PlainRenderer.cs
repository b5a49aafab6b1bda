using System;
using System.IO;
using System.Text;
using Firn.Build.Events;
using Firn.Formats.StorePaths;

namespace Firn.Cli.Rendering;

/// <summary>A line for each thing that happens: for logs, pipes and the classic commands.</summary>
/// <param name="context">Streams and verbosity.</param>
/// <param name="dir">Prints store paths.</param>
/// <param name="showLogs">Whether what builders write is shown.</param>
/// <param name="names">Whether each of those lines begins with the name of what is built.</param>
internal sealed class PlainRenderer(CommandContext context, StoreDir dir, bool showLogs, bool names) : BuildRenderer
{
    private readonly Stream _error = Console.OpenStandardError();

    /// <inheritdoc />
    public override void Post(BuildEvent happened)
    {
        switch (happened)
        {
            case BuildEvent.Started started when context.Verbosity >= LogLevel.Info:
                Console.Error.WriteLine(Describe(started, dir));
                break;
            case BuildEvent.Resolved resolved when context.Verbosity >= LogLevel.Info:
                Console.Error.WriteLine(Describe(resolved, dir) + "...");
                break;
            case BuildEvent.SubstitutionStarted copy when context.Verbosity >= LogLevel.Info:
                Console.Error.WriteLine(Describe(copy, dir));
                break;
            case BuildEvent.LogLine line when showLogs && context.Verbosity >= LogLevel.Info:
                // As bytes: a log may hold anything.
                _error.Write([.. names ? Encoding.UTF8.GetBytes(line.Name + "> ") : [], .. line.Line.Span, (byte)'\n']);
                break;
            case BuildEvent.Waiting waiting:
                Console.Error.WriteLine(waiting.Message);
                break;
            case BuildEvent.Note note:
                Console.Error.WriteLine(note.Message);
                break;
            case BuildEvent.Error error:
                context.Error(error.Message);
                break;
            case BuildEvent.Warning warning:
                context.Warn(warning.Message);
                break;
            default:
                break;
        }
    }

    /// <inheritdoc />
    public override void Finish()
    {
    }
}

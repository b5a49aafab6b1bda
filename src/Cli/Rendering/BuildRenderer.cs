using System;
using System.Collections.Generic;
using System.Text;
using Firn.Build.Events;
using Firn.Formats.StorePaths;

namespace Firn.Cli.Rendering;

/// <summary>Shows what happens while building, on the standard error.</summary>
internal abstract class BuildRenderer : IBuildEvents
{
    /// <summary>The renderer that suits <c>--log-format</c> and the terminal.</summary>
    public static BuildRenderer Create(CommandContext context, StoreDir dir) => new PlainRenderer(context, dir);

    /// <inheritdoc />
    public abstract void Post(BuildEvent happened);

    /// <summary>Called when nothing builds any more: takes away what is not to stay on the screen.</summary>
    public abstract void Finish();
}

/// <summary>A line for each thing that happens: for logs, pipes and the classic commands.</summary>
internal sealed class PlainRenderer(CommandContext context, StoreDir dir) : BuildRenderer
{
    /// <inheritdoc />
    public override void Post(BuildEvent happened)
    {
        switch (happened)
        {
            case BuildEvent.Started started when context.Verbosity >= 2:
                Console.Error.WriteLine($"building '{dir.Print(started.Derivation)}'...");
                break;
            case BuildEvent.LogLine line when context.ShowBuildOutput && context.Verbosity >= 2:
                Console.Error.WriteLine(Encoding.UTF8.GetString(line.Line.Span));
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

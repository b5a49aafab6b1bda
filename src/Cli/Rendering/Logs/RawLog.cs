using System;
using Firn.Formats.Logging;

namespace Firn.Cli.Rendering.Logs;

/// <summary>A line for each message and each activity that begins (<c>raw</c>, and with logs the classic commands).</summary>
/// <param name="verbosity">How much is shown now.</param>
/// <param name="showLogs">Whether what builders write is shown.</param>
internal sealed class RawLog(ErrorStream error, Func<Verbosity> verbosity, bool showLogs, bool colours, bool systemd) : LogRenderer
{
    public override bool ShowsBuildLogs => showLogs;

    public override void Message(Verbosity level, string text) =>
        error.Write([.. ErrorStream.Utf8(systemd ? Priority(level) : ""), .. TerminalText.Filter(ErrorStream.Encode(text), colours), (byte)'\n']);

    public override void Raw(ReadOnlySpan<byte> text) => error.Write(text);

    public override void Start(ulong activity, Verbosity level, ActivityType type, string text, ReadOnlySpan<LogField> fields, ulong parent)
    {
        if (level <= verbosity() && text.Length > 0)
        {
            Message(level, text + "...");
        }
    }

    public override void Stop(ulong activity)
    {
    }

    public override void Result(ulong activity, ResultType type, ReadOnlySpan<LogField> fields)
    {
        if (showLogs && type is (ResultType.BuildLogLine or ResultType.PostBuildLogLine) && fields.Length > 0)
        {
            byte[] label = ErrorStream.Utf8((systemd ? Priority(Verbosity.Error) : "") + (type == ResultType.PostBuildLogLine ? "post-build-hook: " : ""));
            // As bytes: a log may hold anything.
            error.Write([.. label, .. TerminalText.Filter(fields[0].Bytes, colours), (byte)'\n']);
        }
    }

    // What the journal takes a line's urgency from.
    private static string Priority(Verbosity level) => level switch
    {
        Verbosity.Error => "<3>",
        Verbosity.Warning => "<4>",
        Verbosity.Notice or Verbosity.Info => "<5>",
        Verbosity.Talkative or Verbosity.Chatty => "<6>",
        _ => "<7>",
    };
}

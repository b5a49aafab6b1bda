using System;
using System.Collections.Generic;
using Firn.Formats.Logging;

namespace Firn.Cli.Rendering.Logs;

/// <summary>What the bar and the tree are where there is no terminal: lines for what begins, and with logs their lines behind a name.</summary>
internal sealed class PlainBarLog(ErrorStream error, Func<Verbosity> verbosity, bool showLogs) : LogRenderer
{
    private readonly Dictionary<ulong, string> _subjects = [];

    public override bool ShowsBuildLogs => showLogs;

    public override void Message(Verbosity level, string text) => error.Write([.. TerminalText.Filter(ErrorStream.Encode(text), colours: false), (byte)'\n']);

    public override void Raw(ReadOnlySpan<byte> text) => error.Write(text);

    public override void Start(ulong activity, Verbosity level, ActivityType type, string text, ReadOnlySpan<LogField> fields, ulong parent)
    {
        if (level <= verbosity() && text.Length > 0 && type != ActivityType.BuildWaiting)
        {
            Message(level, text + "...");
        }

        if (type is ActivityType.Build or ActivityType.PostBuildHook && fields.Length > 0)
        {
            _subjects[activity] = fields[0].Text;
        }
    }

    public override void Stop(ulong activity) => _subjects.Remove(activity);

    public override void Result(ulong activity, ResultType type, ReadOnlySpan<LogField> fields)
    {
        if (showLogs && type is (ResultType.BuildLogLine or ResultType.PostBuildLogLine) && fields.Length > 0)
        {
            error.Write([.. ErrorStream.Utf8(LogLabel.Of(_subjects.GetValueOrDefault(activity, ""), type)), .. TerminalText.Filter(fields[0].Bytes, colours: false), (byte)'\n']);
        }
    }
}

using System;
using System.Buffers;
using System.Text;
using Firn.Formats.Logging;

namespace Firn.Cli.Rendering.Logs;

/// <summary>An object for each thing that happens, for other programs (<c>internal-json</c>, <c>json-log-path</c>).</summary>
/// <param name="prefix">Whether each line begins with <c>@nix </c>.</param>
internal sealed class JsonLogRenderer(ErrorStream to, bool prefix) : LogRenderer
{
    private readonly ArrayBufferWriter<byte> _line = new();

    public override bool ShowsBuildLogs => true;

    public override void Message(Verbosity level, string text)
    {
        Begin();
        JsonLog.Message(_line, level, Encoding.UTF8.GetString(ErrorStream.Encode(text)));
        Write();
    }

    public override void Error(LogErrorText error)
    {
        Begin();
        JsonLog.Message(_line, error with
        {
            Shown = Encoding.UTF8.GetString(ErrorStream.Encode(error.Shown)),
            Raw = Encoding.UTF8.GetString(ErrorStream.Encode(error.Raw)),
        });
        Write();
    }

    public override void Raw(ReadOnlySpan<byte> text) => Message(Verbosity.Info, Encoding.UTF8.GetString(text).TrimEnd('\n'));

    public override void Start(ulong activity, Verbosity level, ActivityType type, string text, ReadOnlySpan<LogField> fields, ulong parent)
    {
        Begin();
        JsonLog.Start(_line, activity, level, type, text, fields, parent);
        Write();
    }

    public override void Stop(ulong activity)
    {
        Begin();
        JsonLog.Stop(_line, activity);
        Write();
    }

    public override void Result(ulong activity, ResultType type, ReadOnlySpan<LogField> fields)
    {
        Begin();
        JsonLog.Result(_line, activity, type, fields);
        Write();
    }

    private void Begin()
    {
        _line.ResetWrittenCount();
        if (prefix)
        {
            _line.Write(JsonLog.Prefix);
        }
    }

    private void Write()
    {
        _line.Write("\n"u8);
        to.Write(_line.WrittenSpan);
    }
}

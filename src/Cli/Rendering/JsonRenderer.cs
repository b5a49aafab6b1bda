using System;
using System.Buffers;
using System.IO;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Firn.Build.Events;
using Firn.Formats.StorePaths;

namespace Firn.Cli.Rendering;

/// <summary>
/// Lines <c>@nix {…}</c> for other programs. The numbers of activities and results are the field's own.
/// </summary>
internal sealed class JsonRenderer : BuildRenderer
{
    private const int CopyActivity = 100;
    private const int BuildsActivity = 104;
    private const int BuildActivity = 105;
    private const int LogLineResult = 101;
    private const int PhaseResult = 104;
    private const int ProgressResult = 105;
    private const int ErrorLevel = 0;
    private const int WarningLevel = 1;
    private const int InfoLevel = 3;

    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly StoreDir _dir;
    private readonly Stream _error = Console.OpenStandardError();

    // Numbers are unique on the machine, as far as matters: the process, then a count.
    private readonly long _base = (long)Environment.ProcessId << 32;

    public JsonRenderer(StoreDir dir)
    {
        _dir = dir;
        Write(w =>
        {
            w.WriteString("action", "start");
            w.WriteNumber("id", _base);
            w.WriteNumber("level", InfoLevel);
            w.WriteNumber("parent", 0);
            w.WriteString("text", "");
            w.WriteNumber("type", BuildsActivity);
        });
    }

    /// <inheritdoc />
    public override void Post(BuildEvent happened)
    {
        switch (happened)
        {
            case BuildEvent.Started started:
                Write(w =>
                {
                    w.WriteString("action", "start");
                    w.WriteStartArray("fields");
                    w.WriteStringValue(_dir.Print(started.Derivation));
                    w.WriteStringValue("");
                    w.WriteNumberValue(1);
                    w.WriteNumberValue(1);
                    w.WriteEndArray();
                    w.WriteNumber("id", _base + started.Build);
                    w.WriteNumber("level", InfoLevel);
                    w.WriteNumber("parent", 0);
                    w.WriteString("text", Describe(started, _dir).TrimEnd('.'));
                    w.WriteNumber("type", BuildActivity);
                });
                break;
            case BuildEvent.SubstitutionStarted copy:
                Write(w =>
                {
                    w.WriteString("action", "start");
                    w.WriteStartArray("fields");
                    w.WriteStringValue(_dir.Print(copy.Path));
                    w.WriteStringValue(copy.Url);
                    w.WriteStringValue("local");
                    w.WriteEndArray();
                    w.WriteNumber("id", _base + copy.Number);
                    w.WriteNumber("level", InfoLevel);
                    w.WriteNumber("parent", 0);
                    w.WriteString("text", Describe(copy, _dir).TrimEnd('.'));
                    w.WriteNumber("type", CopyActivity);
                });
                break;
            case BuildEvent.SubstitutionFinished copied:
                Stop(_base + copied.Number);
                break;
            case BuildEvent.SubstitutionProgress:
                break;
            case BuildEvent.LogLine line:
                Result(line.Build, LogLineResult, w => w.WriteStringValue(Encoding.UTF8.GetString(line.Line.Span)));
                break;
            case BuildEvent.Phase phase:
                Result(phase.Build, PhaseResult, w => w.WriteStringValue(phase.PhaseName));
                break;
            case BuildEvent.Downloaded downloaded:
                Result(downloaded.Build, ProgressResult, w => Numbers(w, downloaded.Received, downloaded.Total ?? 0, 0, 0));
                break;
            case BuildEvent.Finished finished:
                Stop(_base + finished.Build);
                break;
            case BuildEvent.Progress progress:
                Result(0, ProgressResult, w => Numbers(w, progress.Done, progress.Expected, progress.Running, progress.Failed));
                break;
            case BuildEvent.Waiting waiting:
                Message(WarningLevel, waiting.Message);
                break;
            case BuildEvent.Note note:
                Message(InfoLevel, note.Message);
                break;
            case BuildEvent.Error error:
                Message(ErrorLevel, "error: " + error.Message);
                break;
            case BuildEvent.Warning warning:
                Message(WarningLevel, "warning: " + warning.Message);
                break;
            case BuildEvent.Resolved:
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <inheritdoc />
    public override void Finish() => Stop(_base);

    private static void Numbers(Utf8JsonWriter w, params ReadOnlySpan<long> numbers)
    {
        foreach (long n in numbers)
        {
            w.WriteNumberValue(n);
        }
    }

    private void Message(int level, string text) => Write(w =>
    {
        w.WriteString("action", "msg");
        w.WriteNumber("level", level);
        w.WriteString("msg", text);
    });

    private void Result(int build, int type, Action<Utf8JsonWriter> fields) => Write(w =>
    {
        w.WriteString("action", "result");
        w.WriteStartArray("fields");
        fields(w);
        w.WriteEndArray();
        w.WriteNumber("id", _base + build);
        w.WriteNumber("type", type);
    });

    private void Stop(long id) => Write(w =>
    {
        w.WriteString("action", "stop");
        w.WriteNumber("id", id);
    });

    private void Write(Action<Utf8JsonWriter> members)
    {
        ArrayBufferWriter<byte> line = new();
        line.Write("@nix "u8);
        using (Utf8JsonWriter w = new(line, s_options))
        {
            w.WriteStartObject();
            members(w);
            w.WriteEndObject();
        }

        line.Write("\n"u8);
        _error.Write(line.WrittenSpan);
    }
}

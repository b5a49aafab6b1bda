using System;
using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Firn.Formats.Logging;

/// <summary>Lines of the JSON log, one for each thing that happens, with sorted keys and their end.</summary>
/// <remarks>docs/formats/log.md</remarks>
public static class JsonLog
{
    /// <summary>What stands before each object where it is mixed with other text.</summary>
    public static ReadOnlySpan<byte> Prefix => "@nix "u8;

    // Names of files and logs are shown as they are, as readers of the format expect.
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Message(IBufferWriter<byte> to, Verbosity level, string text)
    {
        using Utf8JsonWriter w = Begin(to);
        w.WriteString("action", "msg");
        w.WriteNumber("level", (int)level);
        w.WriteString("msg", text);
        w.WriteEndObject();
    }

    public static void Message(IBufferWriter<byte> to, LogErrorText error)
    {
        using Utf8JsonWriter w = Begin(to);
        w.WriteString("action", "msg");
        Number(w, "column", error.Column);
        w.WriteString("file", error.File);
        w.WriteNumber("level", (int)error.Level);
        Number(w, "line", error.Line);
        w.WriteString("msg", error.Shown);
        w.WriteString("raw_msg", error.Raw);
        if (error.Trace is { } trace)
        {
            w.WriteStartArray("trace");
            foreach (LogTraceFrame frame in trace)
            {
                w.WriteStartObject();
                Number(w, "column", frame.Column);
                w.WriteString("file", frame.File);
                Number(w, "line", frame.Line);
                w.WriteString("raw_msg", frame.Raw);
                w.WriteEndObject();
            }

            w.WriteEndArray();
        }

        w.WriteEndObject();
    }

    public static void Start(IBufferWriter<byte> to, ulong activity, Verbosity level, ActivityType type, string text, ReadOnlySpan<LogField> fields, ulong parent)
    {
        using Utf8JsonWriter w = Begin(to);
        w.WriteString("action", "start");
        Fields(w, fields);
        w.WriteNumber("id", activity);
        w.WriteNumber("level", (int)level);
        w.WriteNumber("parent", parent);
        w.WriteString("text", text);
        w.WriteNumber("type", (int)type);
        w.WriteEndObject();
    }

    public static void Stop(IBufferWriter<byte> to, ulong activity)
    {
        using Utf8JsonWriter w = Begin(to);
        w.WriteString("action", "stop");
        w.WriteNumber("id", activity);
        w.WriteEndObject();
    }

    public static void Result(IBufferWriter<byte> to, ulong activity, ResultType type, ReadOnlySpan<LogField> fields)
    {
        using Utf8JsonWriter w = Begin(to);
        w.WriteString("action", "result");
        Fields(w, fields);
        w.WriteNumber("id", activity);
        w.WriteNumber("type", (int)type);
        w.WriteEndObject();
    }

    private static Utf8JsonWriter Begin(IBufferWriter<byte> to)
    {
        Utf8JsonWriter w = new(to, s_options);
        w.WriteStartObject();
        return w;
    }

    private static void Number(Utf8JsonWriter w, string name, int? number)
    {
        if (number is { } known)
        {
            w.WriteNumber(name, known);
        }
        else
        {
            w.WriteNull(name);
        }
    }

    private static void Fields(Utf8JsonWriter w, ReadOnlySpan<LogField> fields)
    {
        if (fields.IsEmpty)
        {
            return;
        }

        w.WriteStartArray("fields");
        foreach (LogField field in fields)
        {
            if (field.IsText)
            {
                // Through a string: what is no UTF-8 is replaced.
                w.WriteStringValue(field.Text);
            }
            else
            {
                w.WriteNumberValue(field.Number);
            }
        }

        w.WriteEndArray();
    }
}

using System;
using System.Collections.Generic;
using System.Text.Json;

namespace Firn.Formats.Logging;

/// <summary>One line of the JSON log, as another program reads it. One of the nested records.</summary>
/// <remarks>docs/formats/log.md</remarks>
public abstract record LogMessage
{
    private LogMessage()
    {
    }

    /// <summary>A message for the user.</summary>
    public sealed record Text(Verbosity Level, string Message) : LogMessage;

    /// <summary>An activity began.</summary>
    /// <param name="Id">Its number in that program.</param>
    /// <param name="Description">A line that says what it is; may be empty.</param>
    public sealed record Start(ulong Id, Verbosity Level, ActivityType Type, string Description, IReadOnlyList<LogField> Fields) : LogMessage;

    /// <summary>An activity ended.</summary>
    public sealed record Stop(ulong Id) : LogMessage;

    /// <summary>An activity tells of itself.</summary>
    public sealed record Result(ulong Id, ResultType Type, IReadOnlyList<LogField> Fields) : LogMessage;

    /// <summary>A build is in another phase.</summary>
    public sealed record Phase(string Name) : LogMessage;

    /// <summary>A message of a kind that means nothing here.</summary>
    public sealed record Other : LogMessage;

    /// <summary>Reads the object of a line.</summary>
    /// <param name="json">Without <see cref="JsonLog.Prefix"/> and without the line's end.</param>
    /// <exception cref="FormatsException">It is no such object.</exception>
    public static LogMessage Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return Read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new FormatsException($"bad JSON log message: {e.Message}");
        }
    }

    private static LogMessage Read(JsonElement root)
    {
        switch (root.GetProperty("action").GetString())
        {
            case "msg":
                return new Text(ReadLevel(root), root.GetProperty("msg").GetString() ?? "");
            case "start":
                return new Start(ReadId(root), ReadLevel(root), (ActivityType)root.GetProperty("type").GetInt32(), root.GetProperty("text").GetString() ?? "", ReadFields(root));
            case "stop":
                return new Stop(ReadId(root));
            case "result":
                return new Result(ReadId(root), (ResultType)root.GetProperty("type").GetInt32(), ReadFields(root));
            case "setPhase":
                return new Phase(root.GetProperty("phase").GetString() ?? "");
            default:
                return new Other();
        }
    }

    private static ulong ReadId(JsonElement root) => root.GetProperty("id").GetUInt64();

    private static Verbosity ReadLevel(JsonElement root) => (Verbosity)Math.Clamp(root.GetProperty("level").GetInt32(), (int)Verbosity.Error, (int)Verbosity.Vomit);

    private static List<LogField> ReadFields(JsonElement root)
    {
        List<LogField> fields = [];
        if (root.TryGetProperty("fields", out JsonElement list) && list.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement field in list.EnumerateArray())
            {
                fields.Add(field.ValueKind == JsonValueKind.Number ? LogField.Of(field.GetUInt64()) : LogField.Of(field.GetString() ?? ""));
            }
        }

        return fields;
    }
}

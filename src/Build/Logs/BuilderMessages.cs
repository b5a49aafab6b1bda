using System;
using System.Collections.Generic;
using System.Text.Json;
using Firn.Build.Events;
using Firn.Formats.Logging;

namespace Firn.Build.Logs;

/// <summary>
/// Reads the structured messages that a builder writes among the lines of its log: phases, remarks, and downloads that it
/// makes itself. Nothing else is believed of it: activities of other kinds are dropped.
/// </summary>
/// <remarks>docs/formats/log.md</remarks>
internal sealed class BuilderMessages(IBuildEvents events, int build, string name)
{
    private const string Source = "the derivation builder";

    /// <summary>The activities that it has begun, by the numbers that it gave them, with those that the events have.</summary>
    private readonly Dictionary<ulong, int> _activities = [];
    private int _count;

    /// <summary>Takes what stands behind <c>@nix </c> on a line.</summary>
    /// <returns>Whether it is a message; else it is a line like any other.</returns>
    public bool Take(byte[] json)
    {
        JsonDocument message;
        try
        {
            message = JsonDocument.Parse(json);
        }
        catch (JsonException e)
        {
            events.Post(new BuildEvent.Note($"bad JSON log message from {Source}: syntax error at byte {e.BytePositionInLine + 1}"));
            return false;
        }

        using (message)
        {
            try
            {
                Take(message.RootElement);
                return true;
            }
            catch (WrongMessageException e)
            {
                events.Post(new BuildEvent.Warning($"Unable to handle a JSON message from {Source}: {e.Message}"));
                return false;
            }
        }
    }

    /// <summary>Ends what the builder has begun and not ended.</summary>
    public void End()
    {
        foreach (int activity in _activities.Values)
        {
            events.Post(new BuildEvent.DownloadEnded(build, activity));
        }

        _activities.Clear();
    }

    private void Take(JsonElement message)
    {
        if (message.ValueKind != JsonValueKind.Object)
        {
            throw new WrongMessageException("it is not an object");
        }

        switch (Text(message, "action"))
        {
            case "setPhase":
                events.Post(new BuildEvent.Phase(build, name, Text(message, "phase")));
                break;
            case "msg":
                events.Post(new BuildEvent.Note(Text(message, "msg")) { Level = Level(message) });
                break;
            case "start" when Number(message, "type") == (ulong)ActivityType.FileTransfer:
                ulong begun = Number(message, "id");
                BuildEvent.DownloadStarted started = new(build, _count + 1, Level(message), Text(message, "text"), Fields(message));
                if (_activities.TryAdd(begun, started.Activity))
                {
                    _count++;
                    events.Post(started);
                }

                break;
            case "result" when _activities.TryGetValue(Number(message, "id"), out int activity):
                events.Post(new BuildEvent.DownloadResult(build, activity, (ResultType)(int)Math.Min(Number(message, "type"), int.MaxValue), Fields(message)));
                break;
            case "stop" when _activities.Remove(Number(message, "id"), out int activity):
                events.Post(new BuildEvent.DownloadEnded(build, activity));
                break;
            default:
                // Of a kind that came later, or of what this knows nothing of.
                break;
        }
    }

    private static Verbosity Level(JsonElement message) =>
        (Verbosity)(int)Math.Min(Number(message, "level"), (ulong)Verbosity.Vomit);

    private static string Text(JsonElement message, string member) =>
        message.TryGetProperty(member, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()!
        : throw new WrongMessageException($"'{member}' is not a string");

    private static ulong Number(JsonElement message, string member) =>
        message.TryGetProperty(member, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out ulong number) ? number
        : throw new WrongMessageException($"'{member}' is not a number");

    private static List<LogField> Fields(JsonElement message)
    {
        List<LogField> fields = [];
        if (!message.TryGetProperty("fields", out JsonElement all) || all.ValueKind == JsonValueKind.Null)
        {
            return fields;
        }

        if (all.ValueKind != JsonValueKind.Array)
        {
            throw new WrongMessageException("'fields' is not a list");
        }

        foreach (JsonElement field in all.EnumerateArray())
        {
            fields.Add(field.ValueKind == JsonValueKind.String ? field.GetString()!
                : field.ValueKind == JsonValueKind.Number && field.TryGetUInt64(out ulong number) ? number
                : throw new WrongMessageException("one of its 'fields' is neither a string nor a number"));
        }

        return fields;
    }

    private sealed class WrongMessageException(string message) : Exception(message);
}

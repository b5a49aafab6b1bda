using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text.Encodings.Web;
using System.Text.Json;
using Firn.Build.Events;
using Firn.Formats.Logging;
using Firn.Sandbox;

namespace Firn.Build.Hooks;

/// <summary>Tells as events what a hook says, and hands on the log of the build that it took. Disposing ends activities that are left.</summary>
/// <param name="numbers">Makes numbers that no build and no copy has.</param>
internal sealed class HookRelay(IBuildEvents events, Func<int> numbers) : IHookOutput, IDisposable
{
    // Texts stand in the log as a builder here would write them.
    private static readonly JsonWriterOptions s_plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Dictionary<ulong, int> _running = [];
    private LogSink? _log, _kept;
    private string _name = "";
    private int _build;

    /// <summary>From now on what comes belongs to a build.</summary>
    /// <param name="log">Takes what its builder writes.</param>
    /// <param name="kept">Takes what the place tells of its builder's writing, which was told as events already.</param>
    public void Attach(int build, string name, LogSink log, LogSink kept) => (_build, _name, _log, _kept) = (build, name, log, kept);

    public void Log(ReadOnlySpan<byte> bytes) => _log?.Invoke(bytes);

    public void Message(LogMessage message)
    {
        switch (message)
        {
            case LogMessage.Text text:
                events.Post(new BuildEvent.Note(text.Message) { Level = text.Level });
                break;
            case LogMessage.Start start:
                int number = numbers();
                _running[start.Id] = number;
                events.Post(new BuildEvent.ActivityStarted(number, start.Level, start.Type, start.Description, start.Fields));
                break;
            case LogMessage.Stop stop when _running.Remove(stop.Id, out int ended):
                events.Post(new BuildEvent.ActivityStopped(ended));
                break;
            case LogMessage.Result result when _running.TryGetValue(result.Id, out int activity):
                events.Post(new BuildEvent.ActivityResult(activity, result.Type, result.Fields));
                Keep(result);
                break;
            case LogMessage.Phase phase when _build != 0:
                events.Post(new BuildEvent.Phase(_build, _name, phase.Name));
                break;
            default:
                // Of nothing that is known here, or of a kind that means nothing.
                break;
        }
    }

    // A program in between, while there is no build yet, speaks to the user: one that asks for a key, for example.
    public void Line(string text) => events.Post(new BuildEvent.Note(text) { Level = _log is null ? Verbosity.Error : Verbosity.Talkative });

    private void Keep(LogMessage.Result result)
    {
        if (_kept is null || result.Fields.Count == 0 || !result.Fields[0].IsText)
        {
            return;
        }

        ArrayBufferWriter<byte> line = new();
        switch (result.Type)
        {
            case ResultType.BuildLogLine:
                line.Write(result.Fields[0].Bytes);
                break;
            case ResultType.SetPhase:
                line.Write(JsonLog.Prefix);
                using (Utf8JsonWriter json = new(line, s_plain))
                {
                    json.WriteStartObject();
                    json.WriteString("action", "setPhase");
                    json.WriteString("phase", result.Fields[0].Text);
                    json.WriteEndObject();
                }

                break;
            default:
                return;
        }

        line.Write("\n"u8);
        _kept(line.WrittenSpan);
    }

    public void Dispose()
    {
        foreach (int activity in _running.Values)
        {
            events.Post(new BuildEvent.ActivityStopped(activity));
        }
    }
}

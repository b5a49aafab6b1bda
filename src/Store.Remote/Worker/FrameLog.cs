using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading;
using Firn.Build;
using Firn.Build.Events;
using Firn.Formats.Logging;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store.Remote.Wire;

namespace Firn.Store.Remote.Worker;

/// <summary>
/// Sends messages and activities to a client while it waits for an answer, and keeps those that come at other times
/// until it waits again. Whoever opens the store and the builder of a connection gives them this. Used from several threads.
/// </summary>
public sealed class FrameLog : IStoreLog, IBuildEvents
{
    private readonly Lock _lock = new();
    private readonly ByteBuffer _pending = new();
    private readonly SortedSet<ulong> _running = [];
    private readonly ConcurrentDictionary<(int Build, int Activity), int> _own = new();
    private int _ownCount;
    private readonly StoreDir _dir;

    // Unique on the machine, as far as matters: the process, then a count.
    private readonly ulong _base = (ulong)Environment.ProcessId << 32;
    private WireWriter? _to;
    private bool _open, _gone;

    /// <summary>Called once where the client turns out to be gone.</summary>
    internal Action? Gone { get; set; }

    public FrameLog(StoreDir dir) => _dir = dir;

    /// <summary>What is less urgent is not sent.</summary>
    public int Verbosity { get; set; } = (int)StoreLogLevel.Info;

    /// <summary>Whether the client waits for an answer, so that an error can be one.</summary>
    internal bool IsOpen
    {
        get { lock (_lock) return _open; }
    }

    internal void Attach(WireWriter to) => _to = to;

    internal void Start()
    {
        lock (_lock)
        {
            _open = true;
            _to!.Write(_pending.Span);
            _pending.Clear();
            _to.Flush();
        }
    }

    /// <summary>The answer follows.</summary>
    internal void Stop()
    {
        lock (_lock)
        {
            EndActivities();
            _open = false;
            _to!.Number((ulong)LogFrame.Last);
        }
    }

    /// <summary>There is no answer but this.</summary>
    internal void Fail(ProtocolVersion version, string message, int exitCode)
    {
        lock (_lock)
        {
            EndActivities();
            _open = false;
            _to!.Number((ulong)LogFrame.Error);
            if (version >= WorkerProtocol.StructuredErrors)
            {
                _to.Text("Error");
                _to.Number((ulong)StoreLogLevel.Error);
                _to.Text("Error");
                _to.Text(message);
                // No position, no trace.
                _to.Number(0);
                _to.Number(0);
            }
            else
            {
                _to.Text(message);
                _to.Number((ulong)exitCode);
            }
        }
    }

    private void EndActivities()
    {
        foreach (ulong activity in _running)
        {
            _to!.Number((ulong)LogFrame.StopActivity);
            _to.Number(activity);
        }
        _running.Clear();
    }

    private void Send(Action<WireWriter> write)
    {
        lock (_lock)
        {
            if (_gone) return;
            if (_open)
            {
                try
                {
                    write(_to!);
                    _to!.Flush();
                }
                catch (System.IO.IOException)
                {
                    // Nobody listens. What runs need not end in the middle because of its log, but it need not go on either.
                    _gone = true;
                    Gone?.Invoke();
                }
                return;
            }
            var whole = new System.IO.MemoryStream();
            var writer = new WireWriter(whole);
            write(writer);
            writer.Flush();
            _pending.Write(whole.GetBuffer().AsSpan(0, (int)whole.Length));
        }
    }

    /// <inheritdoc/>
    public void Write(StoreLogLevel level, string message)
    {
        if ((int)level <= Verbosity) Line(level == StoreLogLevel.Warning ? "warning: " + message : message);
    }

    private void Line(string text) => Send(to =>
    {
        to.Number((ulong)LogFrame.Next);
        to.Text(text + "\n");
    });

    /// <inheritdoc/>
    public void Post(BuildEvent happened)
    {
        switch (happened)
        {
            case BuildEvent.Started started:
                string doing = started.Mode switch
                {
                    BuildMode.Check => "checking outputs of",
                    BuildMode.Repair => "repairing outputs of",
                    _ => "building",
                };
                string derivation = _dir.Print(started.Derivation);
                string on = started.Machine.Length > 0 ? $" on '{started.Machine}'" : "";
                Activity(started.Build, ActivityType.Build, $"{doing} '{derivation}'{on}", derivation, started.Machine, 1UL, 1UL);
                break;
            case BuildEvent.LogLine line:
                Result(line.Build, ResultType.BuildLogLine, line.Line);
                break;
            case BuildEvent.Phase phase:
                Result(phase.Build, ResultType.SetPhase, phase.PhaseName);
                break;
            case BuildEvent.Downloaded downloaded:
                Result(downloaded.Build, ResultType.Progress, (ulong)downloaded.Received, (ulong)(downloaded.Total ?? 0), 0UL, 0UL);
                break;
            case BuildEvent.DownloadStarted own:
                Activity(Own(own.Build, own.Activity), (StoreLogLevel)(int)own.Level, ActivityType.FileTransfer, _base + (uint)own.Build, own.Text, Objects(own.Fields));
                break;
            case BuildEvent.DownloadResult own:
                Result(Own(own.Build, own.Activity), own.Type, Objects(own.Fields));
                break;
            case BuildEvent.DownloadEnded own:
                StopActivity(Own(own.Build, own.Activity));
                _own.TryRemove((own.Build, own.Activity), out _);
                break;
            case BuildEvent.Copied copied:
                Result(copied.Number, ResultType.Progress, copied.Done, copied.Total, 0UL, 0UL);
                break;
            case BuildEvent.Finished finished:
                StopActivity(finished.Build);
                break;
            case BuildEvent.HookStarted hook:
                Activity(HooksFrom + hook.Build, ActivityType.PostBuildHook, $"running post-build-hook '{hook.Program}'", _dir.Print(hook.Derivation));
                break;
            case BuildEvent.HookLine line:
                Result(HooksFrom + line.Build, ResultType.PostBuildLogLine, line.Line);
                break;
            case BuildEvent.HookFinished hook:
                StopActivity(HooksFrom + hook.Build);
                break;
            case BuildEvent.WaitingEnded:
                break;
            case BuildEvent.ActivityStarted activity:
                Activity(activity.Number, (StoreLogLevel)(int)activity.Level, activity.Type, 0, activity.Text, Objects(activity.Fields));
                break;
            case BuildEvent.ActivityResult told:
                Result(told.Number, told.Type, Objects(told.Fields));
                break;
            case BuildEvent.ActivityStopped stopped:
                StopActivity(stopped.Number);
                break;
            case BuildEvent.SubstitutionStarted copy:
                string path = _dir.Print(copy.Path);
                Activity(copy.Number, ActivityType.CopyPath, $"copying path '{path}' from '{copy.Url}'", path, copy.Url, "local");
                break;
            case BuildEvent.SubstitutionFinished copied:
                StopActivity(copied.Number);
                break;
            case BuildEvent.Progress progress:
                Total(ActivityType.Builds, progress.Done, progress.Expected, progress.Running, progress.Failed);
                break;
            case BuildEvent.SubstitutionProgress progress:
                Total(ActivityType.CopyPaths, progress.Done, progress.Expected, progress.Running, progress.Failed);
                break;
            case BuildEvent.Resolved resolved:
                Write(StoreLogLevel.Info, $"resolved derivation: '{_dir.Print(resolved.Derivation)}' -> '{_dir.Print(resolved.As)}'...");
                break;
            case BuildEvent.Waiting waiting:
                Write(StoreLogLevel.Error, waiting.Message);
                break;
            case BuildEvent.Note note:
                Write((StoreLogLevel)(int)note.Level, note.Message);
                break;
            case BuildEvent.Error error:
                Write(StoreLogLevel.Error, "error: " + error.Message);
                break;
            case BuildEvent.Warning warning:
                Write(StoreLogLevel.Warning, warning.Message);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    // Builds and copies count from 1; the sums that stand above them come far behind.
    private const int TotalsFrom = 0x4000_0000;

    // The program after a build is an activity of its own.
    private const int HooksFrom = 0x2000_0000;

    private void Total(ActivityType kind, params ReadOnlySpan<int> numbers)
    {
        int id = TotalsFrom + (int)kind;
        bool known;
        lock (_lock) known = _running.Contains(_base + (uint)id);
        if (!known) Activity(id, kind, "");
        Result(id, ResultType.Progress, (ulong)numbers[0], (ulong)numbers[1], (ulong)numbers[2], (ulong)numbers[3]);
    }

    // What builders begin counts within each of them.
    private const int OwnFrom = 0x1000_0000;

    private int Own(int build, int activity) => _own.GetOrAdd((build, activity), _ => OwnFrom + Interlocked.Increment(ref _ownCount));

    private static object[] Objects(IReadOnlyList<LogField> fields) => [.. fields.Select(static f => f.IsText ? (object)f.Text : f.Number)];

    private void Activity(int number, ActivityType kind, string text, params object[] fields) =>
        Activity(number, StoreLogLevel.Info, kind, 0, text, fields);

    private void Activity(int number, StoreLogLevel level, ActivityType kind, ulong parent, string text, object[] fields) => Send(to =>
    {
        ulong id = _base + (uint)number;
        if (_open) _running.Add(id);
        to.Number((ulong)LogFrame.StartActivity);
        to.Number(id);
        to.Number((ulong)level);
        to.Number((ulong)kind);
        to.Text(text);
        Fields(to, fields);
        to.Number(parent);
    });

    private void Result(int number, ResultType kind, params object[] fields) => Send(to =>
    {
        to.Number((ulong)LogFrame.Result);
        to.Number(_base + (uint)number);
        to.Number((ulong)kind);
        Fields(to, fields);
    });

    private void StopActivity(int number) => Send(to =>
    {
        _running.Remove(_base + (uint)number);
        to.Number((ulong)LogFrame.StopActivity);
        to.Number(_base + (uint)number);
    });

    private static void Fields(WireWriter to, object[] fields)
    {
        const ulong number = 0, text = 1;
        to.Number((ulong)fields.Length);
        foreach (object field in fields)
        {
            switch (field)
            {
                case ulong value:
                    to.Number(number);
                    to.Number(value);
                    break;
                case ReadOnlyMemory<byte> bytes:
                    to.Number(text);
                    to.Bytes(bytes.Span);
                    break;
                default:
                    to.Number(text);
                    to.Bytes(Encoding.UTF8.GetBytes((string)field));
                    break;
            }
        }
    }
}

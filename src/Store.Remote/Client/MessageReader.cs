using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Firn.Build;
using Firn.Build.Events;
using Firn.Formats.Logging;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store.Remote.Wire;
using Firn.Store.Remote.Worker;

namespace Firn.Store.Remote.Client;

/// <summary>Takes what a server says while it works, for the store's log or for whoever follows a build.</summary>
internal sealed class MessageReader(WireReader from, WireWriter to, StoreDir dir, IStoreLog log)
{
    private readonly Dictionary<ulong, Shown> _shown = [];
    private int _number;

    public ProtocolVersion Version { get; set; }

    /// <summary>A number of an activity or a result; what no member can be is none that is known.</summary>
    private static int Known(ulong number) => number <= int.MaxValue ? (int)number : 0;

    /// <summary>An activity that events tell of.</summary>
    private readonly record struct Shown(ActivityType Kind, int Number, StorePath Path, long Began)
    {
        /// <summary>The build that a download is a part of.</summary>
        public int Build { get; init; }
    }

    private static List<LogField> Told(List<object> fields) => fields.ConvertAll(static f => f is byte[] text ? LogField.Of(text) : LogField.Of((ulong)f));

    /// <summary>Takes one message; false for the one that says that the answer follows.</summary>
    /// <param name="events">Null where nothing is built.</param>
    /// <param name="contents">What the server may ask for piece by piece, as before protocol 1.23.</param>
    /// <exception cref="RemoteException">The operation failed.</exception>
    /// <exception cref="ProtocolException">It is no message.</exception>
    public bool Take(IBuildEvents? events, Stream? contents = null)
    {
        ulong frame = from.Number();
        switch ((LogFrame)frame)
        {
            case LogFrame.Last:
                return false;
            case LogFrame.Next:
                Tell(events, StoreLogLevel.Error, Encoding.UTF8.GetString(from.Bytes(WireReader.MaxMessage)).TrimEnd('\n', '\r', ' '));
                return true;
            case LogFrame.Error:
                throw Error();
            case LogFrame.StartActivity:
                Start(events);
                return true;
            case LogFrame.StopActivity:
                Stop(events, from.Number());
                return true;
            case LogFrame.Result:
                Result(events);
                return true;
            case LogFrame.Read:
                Give(contents ?? throw new ProtocolException("no source"));
                return true;
            case LogFrame.Write:
                // Contents came that way from servers older than any spoken with here.
                throw new ProtocolException("no sink");
            default:
                throw new ProtocolException($"got unknown message type {frame:x} from Nix daemon");
        }
    }

    private void Give(Stream contents)
    {
        ulong wanted = from.Number();
        byte[] piece = new byte[Math.Min(wanted, 64 * 1024)];
        int n = contents.Read(piece);
        to.Bytes(piece.AsSpan(0, n));
        to.Flush();
    }

    private void Tell(IBuildEvents? events, StoreLogLevel level, string text)
    {
        if (events is not null) events.Post(new BuildEvent.Note(text));
        else log.Write(level, text);
    }

    private StoreException Error()
    {
        if (Version < WorkerProtocol.StructuredErrors)
        {
            string text = from.Text(WireReader.MaxMessage);
            return new RemoteException(text.StartsWith("error: ", StringComparison.Ordinal) ? text["error: ".Length..] : text, (int)Math.Clamp(from.Number(), 1, 255));
        }
        if (from.Text() != "Error") throw new ProtocolException("the Nix daemon sent something else where an error belongs");
        from.Number();
        from.Text(WireReader.MaxMessage);
        string message = from.Text(WireReader.MaxMessage);
        NoPosition();
        for (ulong traces = from.Number(); traces > 0; traces--)
        {
            NoPosition();
            from.Text(WireReader.MaxMessage);
        }
        // Errors come as words, of which these have a meaning for who asked.
        if (message.StartsWith("Trying to register a realisation of '", StringComparison.Ordinal)) return new RealisationConflictException(message);
        const string before = "path '", behind = "' is not valid";
        return message.StartsWith(before, StringComparison.Ordinal) && message.EndsWith(behind, StringComparison.Ordinal)
            && dir.TryParse(message[before.Length..^behind.Length], out StorePath path) ? new InvalidPathException(dir, path) : new RemoteException(message);
    }

    private void NoPosition()
    {
        if (from.Number() != 0) throw new ProtocolException("the Nix daemon sent the position of an error");
    }

    private List<object> Fields()
    {
        return from.List<object>(() => from.Number() switch
        {
            0 => from.Number(),
            1 => from.Bytes(WireReader.MaxMessage),
            ulong kind => throw new ProtocolException($"got unsupported field type {kind:x} from Nix daemon"),
        });
    }

    private static string Text(List<object> fields, int index) => index < fields.Count && fields[index] is byte[] text ? Encoding.UTF8.GetString(text) : "";

    private static int Number(List<object> fields, int index) => index < fields.Count && fields[index] is ulong number ? (int)Math.Min(number, int.MaxValue) : 0;

    private void Start(IBuildEvents? events)
    {
        ulong id = from.Number();
        ulong level = from.Number();
        var kind = (ActivityType)Known(from.Number());
        string text = from.Text(WireReader.MaxMessage);
        List<object> fields = Fields();
        ulong parent = from.Number();
        bool ours = false;
        if (events is not null && kind is ActivityType.Build or ActivityType.CopyPath && dir.TryParse(Text(fields, 0), out StorePath path))
        {
            var shown = new Shown(kind, ++_number, path, Environment.TickCount64);
            if (kind == ActivityType.Build && path.IsDerivation)
            {
                BuildMode mode = text.StartsWith("checking", StringComparison.Ordinal) ? BuildMode.Check : text.StartsWith("repairing", StringComparison.Ordinal) ? BuildMode.Repair : BuildMode.Normal;
                events!.Post(new BuildEvent.Started(shown.Number, path, path.DerivationName, mode, Download: false) { Machine = Text(fields, 1) });
                ours = true;
            }
            else if (kind == ActivityType.CopyPath)
            {
                events!.Post(new BuildEvent.SubstitutionStarted(shown.Number, path, Text(fields, 1), 0));
                ours = true;
            }
            if (ours) _shown[id] = shown;
        }
        else if (events is not null && kind is ActivityType.Builds or ActivityType.CopyPaths)
        {
            _shown[id] = new Shown(kind, 0, default, 0);
            ours = true;
        }
        else if (events is not null && kind == ActivityType.FileTransfer && _shown.TryGetValue(parent, out Shown build) && build.Kind == ActivityType.Build)
        {
            // What a builder downloads by itself.
            _shown[id] = new Shown(kind, ++_number, build.Path, Environment.TickCount64) { Build = build.Number };
            events.Post(new BuildEvent.DownloadStarted(build.Number, _number, (Verbosity)(int)Math.Min(level, (ulong)Verbosity.Vomit), text, Told(fields)));
            ours = true;
        }
        if (!ours && text.Length > 0 && level <= (ulong)StoreLogLevel.Debug) log.Write((StoreLogLevel)level, text + "...");
    }

    private void Stop(IBuildEvents? events, ulong id)
    {
        if (!_shown.Remove(id, out Shown shown)) return;
        TimeSpan elapsed = TimeSpan.FromMilliseconds(Environment.TickCount64 - shown.Began);
        // How it ended, the results tell.
        if (shown.Kind == ActivityType.Build) events?.Post(new BuildEvent.Finished(shown.Number, shown.Path, shown.Path.DerivationName, true, elapsed));
        else if (shown.Kind == ActivityType.CopyPath) events?.Post(new BuildEvent.SubstitutionFinished(shown.Number, shown.Path, true));
        else if (shown.Kind == ActivityType.FileTransfer) events?.Post(new BuildEvent.DownloadEnded(shown.Build, shown.Number));
    }

    private void Result(IBuildEvents? events)
    {
        ulong id = from.Number();
        var kind = (ResultType)Known(from.Number());
        List<object> fields = Fields();
        if (!_shown.TryGetValue(id, out Shown shown)) return;
        switch (kind)
        {
            case ResultType.BuildLogLine or ResultType.PostBuildLogLine when shown.Kind == ActivityType.Build && fields is [byte[] line, ..]:
                events?.Post(new BuildEvent.LogLine(shown.Number, shown.Path.DerivationName, line));
                break;
            case var any when shown.Kind == ActivityType.FileTransfer:
                events?.Post(new BuildEvent.DownloadResult(shown.Build, shown.Number, any, Told(fields)));
                break;
            case ResultType.SetPhase when shown.Kind == ActivityType.Build:
                events?.Post(new BuildEvent.Phase(shown.Number, shown.Path.DerivationName, Text(fields, 0)));
                break;
            case ResultType.Progress when shown.Kind == ActivityType.Builds:
                events?.Post(new BuildEvent.Progress(Number(fields, 0), Number(fields, 1), Number(fields, 2), Number(fields, 3)));
                break;
            case ResultType.Progress when shown.Kind == ActivityType.CopyPaths:
                events?.Post(new BuildEvent.SubstitutionProgress(Number(fields, 0), Number(fields, 1), Number(fields, 2), Number(fields, 3)));
                break;
            default:
                // Other programs tell more than is shown here.
                break;
        }
    }
}

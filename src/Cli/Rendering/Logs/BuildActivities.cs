using System;
using System.Collections.Generic;
using Firn.Build;
using Firn.Build.Events;
using Firn.Formats.Logging;
using Firn.Formats.StorePaths;

namespace Firn.Cli.Rendering.Logs;

/// <summary>Tells a process's log what a builder does, as activities of the field's kinds.</summary>
/// <param name="ended">Told of each build that ended.</param>
internal sealed class BuildActivities(ActivityHub log, StoreDir dir, Action<BuildEvent.Finished> ended) : IBuildEvents
{
    private readonly Dictionary<int, ulong> _running = [], _copies = [], _downloads = [], _waiting = [], _hooks = [], _elsewhere = [];
    private readonly Dictionary<int, string> _urls = [];
    private readonly Dictionary<(int Build, int Activity), ulong> _own = [];
    private readonly List<ulong> _resolved = [];
    private Whole? _whole;

    /// <summary>Begins a piece of building; disposing ends it.</summary>
    public IDisposable Begin() => _whole = new Whole(this);

    /// <inheritdoc />
    public IDisposable? Enter(int number) =>
        _copies.TryGetValue(number, out ulong copy) ? log.Enter(copy)
        : _running.TryGetValue(number, out ulong build) ? log.Enter(build)
        : null;

    /// <inheritdoc />
    public void Post(BuildEvent happened)
    {
        switch (happened)
        {
            case BuildEvent.Started started:
                string derivation = dir.Print(started.Derivation);
                string verb = started.Mode switch
                {
                    BuildMode.Check => "checking outputs of",
                    BuildMode.Repair => "repairing outputs of",
                    BuildMode.Normal => "building",
                    _ => throw new System.Diagnostics.UnreachableException(),
                };
                string on = started.Machine.Length > 0 ? $" on '{started.Machine}'" : "";
                _running[started.Build] = log.Start(Verbosity.Info, ActivityType.Build, $"{verb} '{derivation}'{on}", [derivation, started.Machine, 1, 1], 0);
                break;
            case BuildEvent.Resolved resolved:
                (string from, string to) = (dir.Print(resolved.Derivation), dir.Print(resolved.As));
                _resolved.Add(log.Start(Verbosity.Warning, ActivityType.BuildWaiting, $"resolved derivation: '{from}' -> '{to}'", [from, to], 0));
                break;
            case BuildEvent.LogLine line when _running.TryGetValue(line.Build, out ulong build):
                log.Result(build, ResultType.BuildLogLine, [LogField.Of(line.Line)]);
                break;
            case BuildEvent.Phase phase when _running.TryGetValue(phase.Build, out ulong build):
                log.Result(build, ResultType.SetPhase, [phase.PhaseName]);
                break;
            case BuildEvent.Downloaded downloaded when _running.TryGetValue(downloaded.Build, out ulong build):
                // Made by a process of its own, which does not tell of transfers.
                if (!_downloads.TryGetValue(downloaded.Build, out ulong transfer) || _urls[downloaded.Build] != downloaded.Url)
                {
                    Stop(_downloads, downloaded.Build);
                    _urls[downloaded.Build] = downloaded.Url;
                    _downloads[downloaded.Build] = transfer = log.Start(Verbosity.Talkative, ActivityType.FileTransfer, $"downloading '{downloaded.Url}'", [downloaded.Url], build);
                }

                log.Result(transfer, ResultType.Progress, [(ulong)downloaded.Received, (ulong)(downloaded.Total ?? 0), 0, 0]);
                break;
            case BuildEvent.DownloadStarted own when _running.TryGetValue(own.Build, out ulong build):
                _own[(own.Build, own.Activity)] = log.Start(own.Level, ActivityType.FileTransfer, own.Text, [.. own.Fields], build);
                break;
            case BuildEvent.DownloadResult own when _own.TryGetValue((own.Build, own.Activity), out ulong ownTransfer):
                log.Result(ownTransfer, own.Type, [.. own.Fields]);
                break;
            case BuildEvent.DownloadEnded own when _own.Remove((own.Build, own.Activity), out ulong ownTransfer):
                log.Stop(ownTransfer);
                break;
            case BuildEvent.LogLine or BuildEvent.Phase or BuildEvent.Downloaded or BuildEvent.DownloadStarted or BuildEvent.DownloadResult or BuildEvent.DownloadEnded:
                break;
            case BuildEvent.SubstitutionStarted copy:
                string path = dir.Print(copy.Path);
                ulong substitute = log.Start(Verbosity.Error, ActivityType.Substitute, "", [path, copy.Url], 0);
                _running[copy.Number] = substitute;
                _copies[copy.Number] = log.Start(Verbosity.Info, ActivityType.CopyPath, $"copying path '{path}' from '{copy.Url}'", [path, copy.Url, "local"], substitute);
                break;
            case BuildEvent.Copied copied when _copies.TryGetValue(copied.Number, out ulong copy):
                log.Result(copy, ResultType.Progress, [copied.Done, copied.Total, 0, 0]);
                break;
            case BuildEvent.Copied:
                break;
            case BuildEvent.SubstitutionFinished copied:
                if (_copies.Remove(copied.Number, out ulong done))
                {
                    log.Stop(done);
                }

                End(copied.Number, copied.Succeeded);
                break;
            case BuildEvent.SubstitutionProgress copies when _whole is { } whole:
                log.Result(whole.Copies, ResultType.Progress, Numbers(copies.Done, copies.Expected, copies.Running, copies.Failed));
                log.Result(whole.All, ResultType.SetExpected, [(ulong)ActivityType.FileTransfer, copies.DownloadSize]);
                log.Result(whole.All, ResultType.SetExpected, [(ulong)ActivityType.CopyPath, copies.UnpackedSize]);
                break;
            case BuildEvent.Finished finished:
                Stop(_downloads, finished.Build);
                End(finished.Build, finished.Succeeded);
                ended(finished);
                break;
            case BuildEvent.Progress progress when _whole is { } whole:
                log.Result(whole.Builds, ResultType.Progress, Numbers(progress.Done, progress.Expected, progress.Running, progress.Failed));
                break;
            case BuildEvent.SubstitutionProgress or BuildEvent.Progress:
                break;
            case BuildEvent.HookStarted hook:
                _hooks[hook.Build] = log.Start(Verbosity.Talkative, ActivityType.PostBuildHook, $"running post-build-hook '{hook.Program}'", [dir.Print(hook.Derivation)], 0);
                break;
            case BuildEvent.HookLine line when _hooks.TryGetValue(line.Build, out ulong hook):
                log.Result(hook, ResultType.PostBuildLogLine, [line.Line]);
                break;
            case BuildEvent.HookLine:
                break;
            case BuildEvent.HookFinished hook:
                Stop(_hooks, hook.Build);
                break;
            case BuildEvent.ActivityStarted activity:
                _elsewhere[activity.Number] = log.Start(activity.Level, activity.Type, activity.Text, [.. activity.Fields], _whole?.All ?? 0);
                break;
            case BuildEvent.ActivityResult told when _elsewhere.TryGetValue(told.Number, out ulong activity):
                log.Result(activity, told.Type, [.. told.Fields]);
                break;
            case BuildEvent.ActivityResult:
                break;
            case BuildEvent.ActivityStopped stopped:
                Stop(_elsewhere, stopped.Number);
                break;
            case BuildEvent.Waiting waiting:
                ulong wait = log.Start(Verbosity.Warning, ActivityType.BuildWaiting, waiting.Message, [], 0);
                if (waiting.Build == 0)
                {
                    log.Stop(wait);
                }
                else
                {
                    _waiting[waiting.Build] = wait;
                }

                break;
            case BuildEvent.WaitingEnded over:
                Stop(_waiting, over.Build);
                break;
            case BuildEvent.Note note:
                log.Log(note.Level, note.Message);
                break;
            case BuildEvent.Error error:
                log.Error(ErrorText.Error(error.Message));
                break;
            case BuildEvent.Warning warning:
                log.Error(ErrorText.Warning(warning.Message));
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static ReadOnlySpan<LogField> Numbers(int done, int expected, int running, int failed) =>
        new LogField[] { (ulong)done, (ulong)Math.Max(done, expected), (ulong)running, (ulong)failed };

    private void End(int number, bool succeeded)
    {
        if (_running.Remove(number, out ulong activity))
        {
            log.Ended(activity, succeeded);
            log.Stop(activity);
        }
    }

    private void Stop(Dictionary<int, ulong> activities, int number)
    {
        if (activities.Remove(number, out ulong activity))
        {
            log.Stop(activity);
        }
    }

    /// <summary>The activities around everything that a builder does for one request.</summary>
    private sealed class Whole : IDisposable
    {
        private readonly BuildActivities _owner;

        public Whole(BuildActivities owner)
        {
            _owner = owner;
            All = owner.Begin(ActivityType.Realise);
            Builds = owner.Begin(ActivityType.Builds);
            Copies = owner.Begin(ActivityType.CopyPaths);
        }

        public ulong All { get; }

        public ulong Builds { get; }

        public ulong Copies { get; }

        public void Dispose()
        {
            foreach (ulong activity in (ReadOnlySpan<ulong>)[.. _owner._resolved, Copies, Builds, All])
            {
                _owner.Stop(activity);
            }

            _owner._resolved.Clear();
            _owner._whole = null;
        }
    }

    private ulong Begin(ActivityType type) => log.Start(Verbosity.Error, type, "", [], 0);

    private void Stop(ulong activity) => log.Stop(activity);
}

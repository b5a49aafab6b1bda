using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Firn.Build.Events;
using Firn.Build.Execution;
using Firn.Build.Scheduling;
using Firn.Fetchers;
using Firn.Fetchers.Downloads;
using Firn.Formats.Derivations;
using Firn.Formats.StorePaths;
using Firn.Sandbox;
using Firn.Store;

namespace Firn.Build;

/// <summary>
/// Makes store paths valid by building derivations, several at a time. One thread, the caller's, keeps the books;
/// each build runs on its own.
/// </summary>
public sealed class Builder
{
    private readonly BuildContext _context;

    /// <summary>Makes a builder.</summary>
    /// <param name="store">The store that is built in.</param>
    /// <param name="settings">How builds are made.</param>
    /// <param name="downloader">For <c>builtin:fetchurl</c>.</param>
    /// <param name="launcher">Finds the sandbox launcher; asked when the first program is to run.</param>
    /// <param name="environment">The caller's variables, for <c>impureEnvVars</c>.</param>
    /// <param name="events">Takes what happens.</param>
    public Builder(
        BuildStore store, BuildSettings settings, Downloader downloader, Func<string> launcher, Func<string, string?> environment, IBuildEvents events)
    {
        _context = new BuildContext(store, settings, downloader, launcher, environment, new SerialisedEvents(events));
    }

    private StoreDir Dir => _context.Store.Infos.StoreDir;

    /// <summary>What <see cref="Realise"/> would have to do.</summary>
    /// <exception cref="BuildException">A derivation is missing or wrong.</exception>
    public MissingPaths FindMissing(IReadOnlyList<DerivedPath> paths, BuildMode mode = BuildMode.Normal)
    {
        GoalGraph graph = new(_context.Store, protect: false);
        foreach (DerivedPath path in paths)
        {
            Add(graph, path, mode);
        }

        return new MissingPaths(
            [.. graph.Order.Select(g => g.Path)],
            [.. graph.Order.Where(g => DerivationBuild.IsDownload(g.Derivation!)).Select(g => g.Path)],
            [.. graph.Unknown]);
    }

    /// <summary>Makes paths valid, and tells of each what came of it. Failures of what they need are told as events.</summary>
    /// <param name="paths">What is wanted.</param>
    /// <param name="mode">What to do with what is valid already.</param>
    /// <param name="cancel">Ends all builds.</param>
    /// <returns>A result for each path, in their order.</returns>
    /// <exception cref="BuildException">A derivation is missing or wrong, before anything was begun.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up; no process is left.</exception>
    public IReadOnlyList<BuildResult> Realise(IReadOnlyList<DerivedPath> paths, BuildMode mode = BuildMode.Normal, CancellationToken cancel = default)
        => Realise(paths, mode, cancel, out _);

    private BuildResult[] Realise(IReadOnlyList<DerivedPath> paths, BuildMode mode, CancellationToken cancel, out ExitStatus exit)
    {
        exit = default;
        GoalGraph graph = new(_context.Store, protect: true);
        Goal?[] goals = [.. paths.Select(p => Add(graph, p, mode))];
        if (graph.Order.Count > 0)
        {
            exit = new Run(_context, graph, cancel).ToTheEnd();
        }

        return [.. paths.Select((path, i) => Result(path, goals[i]))];
    }

    /// <summary>Makes paths valid or fails as a whole.</summary>
    /// <returns>The outputs of each path, in their order.</returns>
    /// <exception cref="BuildException">Something failed; its exit code is that of the commands of the field.</exception>
    public IReadOnlyList<BuildResult> RealiseAll(IReadOnlyList<DerivedPath> paths, BuildMode mode = BuildMode.Normal, CancellationToken cancel = default)
    {
        BuildResult[] results = Realise(paths, mode, cancel, out ExitStatus exit);
        List<BuildResult> failed = [];
        foreach (BuildResult result in results)
        {
            if (!result.Succeeded && !failed.Exists(f => f.Path == result.Path))
            {
                failed.Add(result);
            }
        }

        if (failed.Count == 0)
        {
            return results;
        }

        if (failed is [{ Error: { } only }])
        {
            throw new BuildException(failed[0].Status, only, exit.Code);
        }

        foreach (BuildResult result in failed)
        {
            if (result.Error is { } text)
            {
                _context.Events.Post(new BuildEvent.Error(text));
            }
        }

        throw new BuildException(failed[0].Status, $"build of {string.Join(", ", failed.Select(f => $"'{f.Path.Print(Dir)}'"))} failed", exit.Code);
    }

    private Goal? Add(GoalGraph graph, DerivedPath path, BuildMode mode)
    {
        switch (path)
        {
            case DerivedPath.Built built:
                return graph.Add(built.Derivation, built.Outputs.IsDefault ? null : built.Outputs, mode);
            case DerivedPath.Opaque opaque:
                if (!_context.Store.Infos.IsValid(opaque.Path))
                {
                    graph.Unknown.Add(opaque.Path);
                }

                return null;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private BuildResult Result(DerivedPath path, Goal? goal)
    {
        SortedDictionary<string, StorePath> outputs = new(StringComparer.Ordinal);
        if (goal is null)
        {
            StorePath opaque = ((DerivedPath.Opaque)path).Path;
            return _context.Store.Infos.IsValid(opaque)
                ? new BuildResult(path, BuildStatus.AlreadyValid, null, outputs, null, TimeSpan.Zero)
                : new BuildResult(path, BuildStatus.NoSubstituters, $"path '{Dir.Print(opaque)}' does not exist and cannot be created", outputs, null, TimeSpan.Zero);
        }

        ImmutableArray<string> wanted = ((DerivedPath.Built)path).Outputs;
        foreach ((string name, StorePath? output) in goal.Derivation!.OutputPaths(Dir))
        {
            if (output is { } known && (wanted.IsDefault || wanted.Contains(name)))
            {
                outputs[name] = known;
            }
        }

        return new BuildResult(path, goal.Status ?? BuildStatus.Cancelled, goal.Error, outputs, goal.Started, goal.Elapsed);
    }

    /// <summary>One pass over a graph.</summary>
    private sealed class Run(BuildContext context, GoalGraph graph, CancellationToken cancel)
    {
        private readonly Channel<Action> _ended = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
        private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        private readonly Queue<Goal> _programs = new();
        private readonly Queue<Goal> _downloads = new();
        private ExitStatus _exit;
        private int _runningPrograms, _runningDownloads, _done, _failed, _number;

        private StoreDir Dir => context.Store.Infos.StoreDir;

        public ExitStatus ToTheEnd()
        {
            foreach (Goal goal in graph.Order)
            {
                if (goal.Missing == 0)
                {
                    Enqueue(goal);
                }
            }

            using Timer? space = WatchSpace();
            while (true)
            {
                context.Store.Space?.KeepSpace(wait: false);
                Start();
                Report();
                if (_runningPrograms + _runningDownloads == 0)
                {
                    break;
                }

                // Builds answer to the cancellation themselves: all of them have ended before this loop does.
                _ended.Reader.ReadAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult()();
            }

            _stop.Dispose();
            cancel.ThrowIfCancellationRequested();
            return _exit;
        }

        // A long build fills the disk without any goal beginning or ending.
        private Timer? WatchSpace() => context.Store.Space is { } space && space.CheckInterval > TimeSpan.Zero
            ? new Timer(_ => space.KeepSpace(wait: false), null, space.CheckInterval, space.CheckInterval)
            : null;

        private void Enqueue(Goal goal)
        {
            foreach (StorePath source in goal.Derivation!.InputSources)
            {
                if (graph.Unknown.Contains(source))
                {
                    End(goal, BuildStatus.MiscFailure,
                        $"dependency '{Dir.Print(source)}' of '{Dir.Print(goal.Path)}' does not exist, and substitution is disabled");
                    return;
                }
            }

            (DerivationBuild.IsDownload(goal.Derivation) ? _downloads : _programs).Enqueue(goal);
        }

        private void Start()
        {
            if (_stop.IsCancellationRequested)
            {
                return;
            }

            while (_runningPrograms < Math.Max(1, context.Settings.MaxJobs) && _programs.TryDequeue(out Goal? goal))
            {
                _runningPrograms++;
                Launch(goal, () => _runningPrograms--);
            }

            while (_runningDownloads < Math.Max(1, context.Settings.MaxDownloads) && _downloads.TryDequeue(out Goal? goal))
            {
                _runningDownloads++;
                Launch(goal, () => _runningDownloads--);
            }
        }

        private void Launch(Goal goal, Action release)
        {
            DerivationBuild build = new(context, ++_number, goal.Path, goal.Derivation!, goal.Inputs, goal.Mode);
            Thread thread = new(() =>
            {
                BuildStatus status;
                string? error = null;
                try
                {
                    status = build.Run(_stop.Token);
                }
                catch (OperationCanceledException)
                {
                    status = BuildStatus.Cancelled;
                }
                catch (BuildException e)
                {
                    (status, error) = (e.Status, e.Message);
                }
                catch (Exception e) when (e is StoreException or SandboxException or FetchException or Firn.Formats.FormatsException
                    or System.IO.IOException or UnauthorizedAccessException)
                {
                    (status, error) = (BuildStatus.MiscFailure, e.Message);
                }

                _ended.Writer.TryWrite(() =>
                {
                    release();
                    goal.Started = build.Started;
                    goal.Elapsed = build.Elapsed;
                    End(goal, status, error);
                });
            })
            {
                IsBackground = true,
                Name = goal.Derivation!.Name,
            };
            thread.Start();
        }

        private void End(Goal goal, BuildStatus status, string? error)
        {
            // Failures make others fail, which must not go as deep as the graph.
            Stack<(Goal, BuildStatus, string?)> ends = new([(goal, status, error)]);
            while (ends.TryPop(out (Goal Goal, BuildStatus Status, string? Error) end))
            {
                Goal one = end.Goal;
                if (one.Status is not null)
                {
                    continue;
                }

                (one.Status, one.Error) = (end.Status, end.Error);
                if (one.Succeeded)
                {
                    _done++;
                }
                else if (one.Status != BuildStatus.Cancelled)
                {
                    _exit.Add(end.Status);
                    _failed += end.Status == BuildStatus.DependencyFailed ? 0 : 1;
                    if (one.Waiters.Count > 0 && one.Error is { } text)
                    {
                        context.Events.Post(new BuildEvent.Error(text));
                    }

                    if (!context.Settings.KeepGoing)
                    {
                        _stop.Cancel();
                    }
                }

                foreach (Goal waiter in one.Waiters)
                {
                    waiter.Missing--;
                    waiter.Failed += one.Succeeded || one.Status == BuildStatus.Cancelled ? 0 : 1;
                    if (waiter.Failed > 0 && (waiter.Missing == 0 || !context.Settings.KeepGoing))
                    {
                        ends.Push((waiter, BuildStatus.DependencyFailed, DependenciesFailed(waiter)));
                    }
                    else if (waiter.Missing == 0 && one.Succeeded)
                    {
                        Enqueue(waiter);
                    }
                }
            }
        }

        private string DependenciesFailed(Goal goal) =>
            $"Cannot build '{Dir.Print(goal.Path)}'.\nReason: {goal.Failed} {(goal.Failed == 1 ? "dependency" : "dependencies")} failed."
            + DerivationBuild.KnownOutputs(goal.Derivation!, Dir);

        private void Report() => context.Events.Post(
            new BuildEvent.Progress(_done, graph.Order.Count, _runningPrograms + _runningDownloads, _failed));
    }
}

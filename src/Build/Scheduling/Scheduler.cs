using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Firn.Build.Events;
using Firn.Build.Execution;
using Firn.Formats.Derivations;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Build.Scheduling;

/// <summary>
/// Goals on their way. A goal is an asynchronous method on one thread and costs no other; what runs a program or moves
/// contents gets a thread while it does.
/// </summary>
internal sealed partial class Scheduler : IDisposable
{
    private readonly BuildContext _context;
    private readonly CancellationToken _cancel;
    private readonly CancellationTokenSource _stop;
    private readonly EventLoop _loop = new();
    private readonly WorkThreads _threads = new();
    private readonly DerivationFiles _derivations;
    private readonly List<Goal> _goals = [];
    private readonly Places _programs, _downloads, _copies;
    private ExitStatus _exit;
    private int _built, _toBuild, _running, _failed, _number;

    public Scheduler(BuildContext context, CancellationToken cancel)
    {
        _context = context;
        _cancel = cancel;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        _derivations = new DerivationFiles(context.Store.Contents, context.Store.Infos.StoreDir, context.Store.Plans);
        _programs = new Places(context.Settings.MaxJobs);
        _downloads = new Places(context.Settings.MaxDownloads);
        _copies = new Places(context.Settings.MaxSubstitutionJobs);
    }

    /// <summary>What the commands of the field would exit with.</summary>
    public ExitStatus Exit => _exit;

    private BuildStore Store => _context.Store;

    private StoreDir Dir => _context.Store.Infos.StoreDir;

    private BuildSettings Settings => _context.Settings;

    public void Dispose()
    {
        _hook?.Dispose();
        _threads.Dispose();
        _stop.Dispose();
    }

    /// <summary>Makes paths valid; a result for each, in their order.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up; no process is left.</exception>
    public BuildResult[] Realise(IReadOnlyList<DerivedPath> paths, BuildMode mode)
    {
        if (Store.Building is not null)
        {
            BuildPlace.Sweep(_context);
        }

        // A long build fills the disk without any goal beginning or ending.
        using Timer? space = Store.Space is { } keeper && keeper.CheckInterval > TimeSpan.Zero
            ? new Timer(_ => keeper.KeepSpace(wait: false), null, keeper.CheckInterval, keeper.CheckInterval)
            : null;
        BuildResult[] results = _loop.Run(() => RealiseAsync(paths, mode), HandOutPlaces, BreakCycle);
        _cancel.ThrowIfCancellationRequested();
        return results;
    }

    private void HandOutPlaces()
    {
        _copies.HandOut();
        _downloads.HandOut();
        _programs.HandOut();
        _offers.HandOut();
    }

    private async Task<BuildResult[]> RealiseAsync(IReadOnlyList<DerivedPath> paths, BuildMode mode)
    {
        Task<BuildResult>[] all = [.. paths.Select(path => TopAsync(path, mode))];
        return await Task.WhenAll(all);
    }

    private async Task<BuildResult> TopAsync(DerivedPath path, BuildMode mode)
    {
        SortedDictionary<string, StorePath> outputs = new(StringComparer.Ordinal);
        List<StorePath> chain = [];
        if (path is DerivedPath.Opaque opaque)
        {
            Goal goal = Substitution(opaque.Path, mode == BuildMode.Repair, null);
            Outcome outcome = await goal.Task;
            return End(outcome, null, TimeSpan.Zero);
        }

        DerivedPath.Built built;
        Derivation? derivation = null;
        try
        {
            built = path as DerivedPath.Built ?? await BuiltAsync((DerivedPath.BuiltOfBuilt)path, chain);
            derivation = await DerivationAsync(built.Derivation);
        }
        catch (OperationCanceledException)
        {
            return End(new Outcome(BuildStatus.Cancelled), null, TimeSpan.Zero);
        }
        catch (BuildException e)
        {
            return End(new Outcome(e.Status, e.Message), null, TimeSpan.Zero);
        }

        foreach (string name in built.Outputs.IsDefault ? [] : built.Outputs)
        {
            if (derivation.Output(name) is null)
            {
                return End(new Outcome(BuildStatus.InputRejected, $"derivation '{Dir.Print(built.Derivation)}' does not have wanted outputs '{name}'"), null, TimeSpan.Zero);
            }
        }

        List<string> wanted = built.Outputs.IsDefault ? [.. derivation.Outputs.Select(o => o.Name)] : [.. built.Outputs];
        foreach (string name in wanted)
        {
            if (derivation.Output(name)!.KnownPath(Dir, derivation.Name, name) is { } known)
            {
                outputs[name] = known;
            }
        }

        Goal[] goals = [.. wanted.Select(name => Output(built.Derivation, name, mode))];
        foreach (Goal goal in goals)
        {
            goal.Wanted = true;
        }

        Outcome[] outcomes = await Task.WhenAll(goals.Select(g => g.Task));
        for (int i = 0; i < wanted.Count; i++)
        {
            if (outcomes[i].Path is { } made)
            {
                outputs[wanted[i]] = made;
            }
        }

        // The worst says what came of the whole.
        Outcome whole = outcomes.FirstOrDefault(o => o.Failed);
        if (!outcomes.Any(o => o.Failed))
        {
            whole = outcomes.FirstOrDefault(o => !o.Succeeded, outcomes.FirstOrDefault(o => o.Status != BuildStatus.AlreadyValid, new Outcome(BuildStatus.AlreadyValid)));
        }

        Goal? done = _builds.GetValueOrDefault(built.Derivation);
        return End(whole, done?.Started, done?.Elapsed ?? TimeSpan.Zero) with { Cpu = done?.Cpu };

        BuildResult End(Outcome outcome, DateTimeOffset? started, TimeSpan elapsed)
        {
            if (outcome.Failed)
            {
                StopUnlessGoingOn();
            }

            return new BuildResult(path, outcome.Status, outcome.Succeeded ? null : outcome.Error, outputs, started, elapsed) { Chain = chain };
        }
    }

    /// <summary>The same with the derivation built.</summary>
    /// <param name="chain">Takes the derivations that were built for it.</param>
    /// <exception cref="BuildException">It could not be.</exception>
    private async Task<DerivedPath.Built> BuiltAsync(DerivedPath.BuiltOfBuilt path, List<StorePath> chain)
    {
        Require("dynamic-derivations");
        for (int length = 1; length <= path.Chain.Length; length++)
        {
            OutputChain part = new(path.Root, path.Chain[..length]);
            Goal goal = ChainOutput(part);
            goal.Needed = true;
            Outcome outcome = await goal.Task;
            chain.Add(outcome.Succeeded ? outcome.Path!.Value
                : outcome.Status == BuildStatus.Cancelled ? throw new OperationCanceledException()
                : throw new BuildException(BuildStatus.DependencyFailed, NoDerivation(part.Then("")).Error!));
        }

        return new DerivedPath.Built(chain[^1], path.Outputs);
    }

    private void StopUnlessGoingOn()
    {
        if (!Settings.KeepGoing)
        {
            _stop.Cancel();
        }
    }

    /// <summary>Begins a goal. Its method runs later, so that long chains of goals do not nest.</summary>
    private Goal Begin(StorePath path, Func<Goal, Task<Outcome>> run)
    {
        Goal goal = new(path);
        _goals.Add(goal);
        goal.Task = RunAsync();
        return goal;

        async Task<Outcome> RunAsync()
        {
            await Task.Yield();
            try
            {
                return _stop.IsCancellationRequested ? new Outcome(BuildStatus.Cancelled) : await run(goal);
            }
            catch (OperationCanceledException)
            {
                return new Outcome(BuildStatus.Cancelled);
            }
            catch (BuildException e)
            {
                return new Outcome(e.Status, e.Message);
            }
            catch (CycleException e)
            {
                return new Outcome(BuildStatus.InputRejected, "dependency cycle detected: " + e.Print(Dir));
            }
            catch (Exception e) when (IsFailure(e))
            {
                return new Outcome(BuildStatus.MiscFailure, e.Message);
            }
        }
    }

    /// <summary>Whether an error is one of the store, of a download or of the machine, and so a failure of its goal alone.</summary>
    private static bool IsFailure(Exception e) => e is StoreException or Sandbox.SandboxException or Fetchers.FetchException
        or Formats.FormatsException or System.IO.IOException or UnauthorizedAccessException;

    /// <summary>Waits for goals that a goal needs.</summary>
    /// <param name="goal">The one that waits.</param>
    /// <param name="others">What it waits for.</param>
    /// <param name="same">They are the goal itself in another guise: whoever needs it needs them.</param>
    private static async Task<Outcome[]> WaitAsync(Goal goal, IReadOnlyList<Goal> others, bool same = false)
    {
        if (others.Count == 0)
        {
            return [];
        }

        foreach (Goal other in others)
        {
            if (same)
            {
                other.Guises.Add(goal);
            }
            else
            {
                other.Needed = true;
            }
        }

        goal.WaitsFor = others;
        goal.Cycle = new TaskCompletionSource<IReadOnlyList<StorePath>>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<Outcome[]> all = Task.WhenAll(others.Select(o => o.Task));
        if (await Task.WhenAny(all, goal.Cycle.Task) != all)
        {
            throw new CycleException(goal.Cycle.Task.Result);
        }

        goal.WaitsFor = [];
        return await all;
    }

    // Every goal left waits for another one: some wait for themselves. One of those is told so.
    private void BreakCycle()
    {
        HashSet<Goal> seen = [];
        Goal? goal = _goals.Find(g => !g.Task.IsCompleted && g.WaitsFor.Count > 0);
        while (goal is not null && seen.Add(goal))
        {
            goal = Next(goal);
        }

        // An output and the build of its derivation are one thing to a reader of the message.
        for (int i = 0; i < seen.Count && goal is not null && Next(goal)?.Path == goal.Path; i++)
        {
            goal = Next(goal);
        }

        if (goal?.Cycle is null)
        {
            throw new InvalidOperationException("goals wait although nothing holds them up");
        }

        List<StorePath> circle = [goal.Path];
        Goal? at = goal;
        do
        {
            at = Next(at) ?? throw new InvalidOperationException("goals wait although nothing holds them up");
            if (circle[^1] != at.Path)
            {
                circle.Add(at.Path);
            }
        }
        while (at != goal);

        goal.Cycle.TrySetResult(circle);

        static Goal? Next(Goal goal) => goal.WaitsFor.FirstOrDefault(g => !g.Task.IsCompleted);
    }

    private void Report() => _context.Events.Post(new BuildEvent.Progress(_built, _toBuild, _running, _failed));

    private void ReportCopies() => _context.Events.Post(new BuildEvent.SubstitutionProgress(_copied, _toCopy, _copying, _copiesFailed)
    {
        DownloadSize = _downloadSize,
        UnpackedSize = _unpackedSize,
    });
}

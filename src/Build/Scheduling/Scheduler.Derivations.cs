using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Firn.Build.Events;
using Firn.Build.Execution;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Build.Scheduling;

// Outputs of derivations: valid already, substituted, or built after what they need.
internal sealed partial class Scheduler
{
    private readonly Dictionary<(StorePath, string), Goal> _outputs = [];
    private readonly Dictionary<StorePath, Goal> _builds = [];

    /// <summary>The goal that makes one output of a derivation valid.</summary>
    private Goal Output(StorePath derivation, string name, BuildMode mode)
    {
        if (!_outputs.TryGetValue((derivation, name), out Goal? goal))
        {
            _outputs[(derivation, name)] = goal = Begin(derivation, g => OutputAsync(g, name, mode));
        }

        return goal;
    }

    private Goal Build(StorePath derivation, BuildMode mode)
    {
        if (!_builds.TryGetValue(derivation, out Goal? goal))
        {
            _toBuild++;
            _builds[derivation] = goal = Begin(derivation, g => BuildAsync(g, mode));
        }

        return goal;
    }

    /// <summary>The derivation in a path, which is made valid where it is not.</summary>
    private async Task<Derivation> DerivationAsync(StorePath path)
    {
        Store.TempRoots.AddTempRoot(path);
        if (!Store.Infos.IsValid(path))
        {
            Outcome outcome = await Substitution(path, repair: false, null).Task;
            if (!outcome.Succeeded)
            {
                throw outcome.Status == BuildStatus.Cancelled ? new OperationCanceledException()
                    : new BuildException(BuildStatus.MiscFailure, $"failed to obtain derivation of '{Dir.Print(path)}'");
            }
        }

        return _derivations.Read(path);
    }

    private async Task<Outcome> OutputAsync(Goal goal, string name, BuildMode mode)
    {
        Derivation derivation = await DerivationAsync(goal.Path);
        DerivationOutput output = derivation.Output(name)
            ?? throw new BuildException(BuildStatus.InputRejected, $"derivation '{Dir.Print(goal.Path)}' does not have wanted outputs '{name}'");
        StorePath path = output.KnownPath(Dir, derivation.Name, name)
            ?? throw new BuildException(BuildStatus.InputRejected,
                $"derivation '{Dir.Print(goal.Path)}' has outputs whose paths follow from their contents, which is not supported");
        Store.TempRoots.AddTempRoot(path);
        bool valid = Store.Infos.IsValid(path);
        if (valid && mode == BuildMode.Normal)
        {
            return new Outcome(BuildStatus.AlreadyValid);
        }

        if (mode == BuildMode.Repair && valid && IsGood(path))
        {
            return await RepairClosureAsync(goal, path, BuildStatus.AlreadyValid);
        }

        if (mode != BuildMode.Check && _derivations.MaySubstitute(derivation, Settings))
        {
            Goal substitution = Substitution(path, mode == BuildMode.Repair, DerivationFiles.FixedAddress(derivation));
            Outcome outcome = (await WaitAsync(goal, [substitution]))[0];
            if (outcome.Succeeded)
            {
                return mode == BuildMode.Repair ? await RepairClosureAsync(goal, path, BuildStatus.Substituted) : new Outcome(BuildStatus.Substituted);
            }

            if (outcome.Status is not (BuildStatus.NoSubstituters or BuildStatus.Cancelled) && !Settings.Fallback)
            {
                return new Outcome(BuildStatus.TransientFailure,
                    $"some substitutes for the outputs of derivation '{Dir.Print(goal.Path)}' failed (usually happens due to networking issues); try '--fallback' to build derivation from source ");
            }
        }

        _stop.Token.ThrowIfCancellationRequested();
        if (mode == BuildMode.Check && !valid)
        {
            return new Outcome(BuildStatus.MiscFailure, $"some outputs of '{Dir.Print(goal.Path)}' are not valid, so checking is not possible"
                + "\nHint: --rebuild and --check error if the derivation was not previously built and cannot be substituted."
                + "\n      Remove it to perform a fresh build, or use --repair to rewrite missing or corrupted builds in the store.");
        }

        return (await WaitAsync(goal, [Build(goal.Path, mode)], same: true))[0];
    }

    private bool IsGood(StorePath path)
    {
        PathInfo info = Store.Infos.Get(path);
        string real = Store.Paths.RealPath(path);
        if (!System.IO.Path.Exists(real))
        {
            return false;
        }

        Hasher hasher = new(HashAlgorithm.Sha256);
        Store.Trees.WriteNar(real, hasher);
        return hasher.Finish() == info.NarHash;
    }

    /// <summary>Repairs what a good output refers to: by its derivation where that is known, else from elsewhere.</summary>
    private async Task<Outcome> RepairClosureAsync(Goal goal, StorePath output, BuildStatus status)
    {
        HashSet<StorePath> own = [.. _derivations.Read(goal.Path).OutputPaths(Dir).Select(o => o.Path).OfType<StorePath>()];
        Dictionary<StorePath, (StorePath Derivation, string Output)> makers = [];
        foreach (StorePath input in Store.Infos.Closure([goal.Path]).Where(p => p.IsDerivation))
        {
            foreach ((string name, StorePath? path) in _derivations.Read(input).OutputPaths(Dir))
            {
                if (path is { } known)
                {
                    makers[known] = (input, name);
                }
            }
        }

        List<Goal> repairs = [];
        foreach (StorePath path in Store.Infos.Closure([output]))
        {
            if (own.Contains(path) || IsGood(path))
            {
                continue;
            }

            _context.Events.Post(new BuildEvent.Note($"found corrupted or missing path '{Dir.Print(path)}' in the output closure of '{Dir.Print(goal.Path)}'"));
            repairs.Add(makers.TryGetValue(path, out (StorePath Derivation, string Output) maker)
                ? Output(maker.Derivation, maker.Output, BuildMode.Repair)
                : Substitution(path, repair: true, null));
        }

        Outcome[] outcomes = await WaitAsync(goal, repairs);
        return outcomes.All(o => o.Succeeded)
            ? new Outcome(status)
            : new Outcome(BuildStatus.DependencyFailed, $"some paths in the output closure of derivation '{Dir.Print(goal.Path)}' could not be repaired");
    }

    private async Task<Outcome> BuildAsync(Goal goal, BuildMode mode)
    {
        Outcome outcome;
        try
        {
            outcome = await BuildAfterInputsAsync(goal, mode);
        }
        catch (CycleException e)
        {
            outcome = new Outcome(BuildStatus.InputRejected, $"dependency cycle detected: '{Dir.Print(e.Other)}' and '{Dir.Print(goal.Path)}' need each other");
        }
        catch (BuildException e)
        {
            outcome = new Outcome(e.Status, e.Message);
        }

        if (outcome.Succeeded)
        {
            _built++;
        }
        else if (outcome.Status != BuildStatus.Cancelled)
        {
            _exit.Add(outcome.Status);
            _failed += outcome.Status == BuildStatus.DependencyFailed ? 0 : 1;
            if (goal.Needed && outcome.Error is { } text)
            {
                _context.Events.Post(new BuildEvent.Error(text));
            }

            StopUnlessGoingOn();
        }

        Report();
        return outcome;
    }

    private async Task<Outcome> BuildAfterInputsAsync(Goal goal, BuildMode mode)
    {
        Derivation derivation = await DerivationAsync(goal.Path);
        Store.TempRoots.AddTempRoots([.. derivation.OutputPaths(Dir).Select(o => o.Path).OfType<StorePath>()]);
        List<Goal> needed = [];
        List<StorePath> inputs = [];
        foreach (InputDerivation input in derivation.InputDerivations)
        {
            if (!input.Outputs.Dynamic.IsEmpty)
            {
                throw new BuildException(BuildStatus.InputRejected,
                    $"derivation '{Dir.Print(goal.Path)}' needs outputs of a derivation that is itself built, which is not supported");
            }

            Derivation of = await DerivationAsync(input.Path);
            foreach (string name in input.Outputs.Names)
            {
                DerivationOutput output = of.Output(name)
                    ?? throw new BuildException(BuildStatus.InputRejected, $"derivation '{Dir.Print(input.Path)}' does not have wanted outputs '{name}'");
                inputs.Add(output.KnownPath(Dir, of.Name, name)
                    ?? throw new BuildException(BuildStatus.InputRejected,
                        $"derivation '{Dir.Print(input.Path)}' has outputs whose paths follow from their contents, which is not supported"));
                needed.Add(Output(input.Path, name, BuildMode.Normal));
            }
        }

        foreach (StorePath source in derivation.InputSources)
        {
            inputs.Add(source);
            Store.TempRoots.AddTempRoot(source);
            if (Store.Infos.IsValid(source))
            {
                continue;
            }

            if (!Settings.Substitute)
            {
                throw new BuildException(BuildStatus.MiscFailure,
                    $"dependency '{Dir.Print(source)}' of '{Dir.Print(goal.Path)}' does not exist, and substitution is disabled");
            }

            needed.Add(Substitution(source, repair: false, null));
        }

        Outcome[] outcomes = await WaitAsync(goal, needed);
        int failed = outcomes.Count(o => !o.Succeeded && o.Status != BuildStatus.Cancelled);
        if (failed > 0)
        {
            foreach (string text in outcomes.Where(o => o.Status == BuildStatus.NoSubstituters).Select(o => o.Error).OfType<string>())
            {
                _context.Events.Post(new BuildEvent.Error(text));
            }

            return new Outcome(BuildStatus.DependencyFailed,
                $"Cannot build '{Dir.Print(goal.Path)}'.\nReason: {failed} {(failed == 1 ? "dependency" : "dependencies")} failed." + DerivationBuild.KnownOutputs(derivation, Dir));
        }

        if (outcomes.Any(o => !o.Succeeded))
        {
            return new Outcome(BuildStatus.Cancelled);
        }

        Places places = DerivationBuild.IsDownload(derivation) ? _downloads : _programs;
        await places.TakeAsync();
        _running++;
        try
        {
            _stop.Token.ThrowIfCancellationRequested();
            Store.Space?.KeepSpace(wait: false);
            Report();
            return await RunAsync(goal, derivation, inputs, mode);
        }
        finally
        {
            _running--;
            places.Release();
        }
    }

    private async Task<Outcome> RunAsync(Goal goal, Derivation derivation, List<StorePath> inputs, BuildMode mode)
    {
        DerivationBuild build = new(_context, ++_number, goal.Path, derivation, inputs, mode);
        TaskCompletionSource<Outcome> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread thread = new(() =>
        {
            try
            {
                ended.SetResult(new Outcome(build.Run(_stop.Token)));
            }
            catch (OperationCanceledException)
            {
                ended.SetResult(new Outcome(BuildStatus.Cancelled));
            }
            catch (BuildException e)
            {
                ended.SetResult(new Outcome(e.Status, e.Message));
            }
            catch (Exception e) when (IsFailure(e))
            {
                ended.SetResult(new Outcome(BuildStatus.MiscFailure, e.Message));
            }
        })
        {
            IsBackground = true,
            Name = derivation.Name,
        };
        thread.Start();
        Outcome outcome = await _loop.OutsideAsync(ended.Task);
        goal.Started = build.Started;
        goal.Elapsed = build.Elapsed;
        return outcome;
    }
}

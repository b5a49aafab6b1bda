using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Firn.Build.Events;
using Firn.Build.Execution;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.Realisations;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Build.Scheduling;

// Outputs of derivations: valid already, substituted, or built after what they need.
internal sealed partial class Scheduler
{
    private readonly Dictionary<(StorePath, string), Goal> _outputs = [];
    private readonly Dictionary<StorePath, Goal> _builds = [];
    private readonly Dictionary<OutputChain, Goal> _chains = [];

    /// <summary>Whether paths that were to be repaired are what they should be.</summary>
    private readonly Dictionary<StorePath, bool> _good = [];

    /// <summary>Texts of resolved derivations that are not in the store: they are put there when they are built.</summary>
    private readonly Dictionary<StorePath, byte[]> _unwritten = [];

    /// <summary>Takes a derivation that need not be in the store.</summary>
    public void Supply(StorePath path, Derivation derivation) => _derivations.Add(path, derivation);

    /// <summary>The goal that makes one output of a derivation valid.</summary>
    private Goal Output(StorePath derivation, string name, BuildMode mode)
    {
        if (!_outputs.TryGetValue((derivation, name), out Goal? goal))
        {
            _outputs[(derivation, name)] = goal = Begin(derivation, g => OutputAsync(g, name, mode));
        }

        return goal;
    }

    /// <summary>The goal for an output of a derivation that may itself have to be built.</summary>
    private Goal ChainOutput(OutputChain chain)
    {
        if (chain.Names.Length == 1)
        {
            return Output(chain.Root, chain.Names[0], BuildMode.Normal);
        }

        if (!_chains.TryGetValue(chain, out Goal? goal))
        {
            _chains[chain] = goal = Begin(chain.Root, async g =>
            {
                Outcome derivation = (await WaitAsync(g, [ChainOutput(new OutputChain(chain.Root, chain.Names[..^1]))]))[0];
                if (!derivation.Succeeded)
                {
                    return derivation.Status == BuildStatus.Cancelled ? derivation : NoDerivation(chain);
                }

                return (await WaitAsync(g, [Output(derivation.Path!.Value, chain.Names[^1], BuildMode.Normal)], same: true))[0];
            });
        }

        return goal;
    }

    private Outcome NoDerivation(OutputChain chain) => new(BuildStatus.DependencyFailed,
        $"failed to obtain derivation of '{Dir.Print(chain.Root)}{string.Concat(chain.Names.SkipLast(1).Select(n => "^" + n))}'");

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
        if (!_derivations.Knows(path) && !Store.Infos.IsValid(path))
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
        if (derivation.Type == DerivationType.Impure)
        {
            // Every build of it makes something else: what was made before does not count.
            Require("impure-derivations");
            return await BuildOutputAsync(goal, name, mode);
        }

        if (output is DerivationOutput.Floating or DerivationOutput.Deferred)
        {
            Require("ca-derivations");
        }

        DerivationOutputId? id = ContentAddressed ? new DerivationOutputId(_derivations.RealisationHash(goal.Path), name) : null;
        if ((output.KnownPath(Dir, derivation.Name, name) ?? Realised(id)) is not { } path)
        {
            _stop.Token.ThrowIfCancellationRequested();
            if (id is { } unknown && _derivations.MaySubstitute(goal.Path, derivation, Settings) && await SubstituteRealisedAsync(goal, unknown) is { } end)
            {
                return end;
            }

            _stop.Token.ThrowIfCancellationRequested();
            return mode == BuildMode.Check ? NotThere(goal.Path) : await BuildOutputAsync(goal, name, mode);
        }

        Store.TempRoots.AddTempRoot(path);
        bool valid = Store.Infos.IsValid(path);
        if (valid)
        {
            Realise(id, path);
        }

        if (valid && mode == BuildMode.Normal)
        {
            return new Outcome(BuildStatus.AlreadyValid, Path: path);
        }

        if (mode == BuildMode.Repair && valid && IsGood(path))
        {
            return await RepairClosureAsync(goal, path, BuildStatus.AlreadyValid);
        }

        if (mode != BuildMode.Check && _derivations.MaySubstitute(goal.Path, derivation, Settings))
        {
            Goal substitution = Substitution(path, mode == BuildMode.Repair, DerivationFiles.FixedAddress(derivation));
            Outcome outcome = (await WaitAsync(goal, [substitution]))[0];
            if (outcome.Succeeded)
            {
                Realise(id, path);
                return mode == BuildMode.Repair ? await RepairClosureAsync(goal, path, BuildStatus.Substituted) : new Outcome(BuildStatus.Substituted, Path: path);
            }

            if (outcome.Status is not (BuildStatus.NoSubstituters or BuildStatus.Cancelled) && !Settings.Fallback)
            {
                return SubstitutesFailed(goal.Path);
            }
        }

        _stop.Token.ThrowIfCancellationRequested();
        return mode == BuildMode.Check && !valid ? NotThere(goal.Path) : await BuildOutputAsync(goal, name, mode);
    }

    /// <summary>Takes an output that another store knows the place of; null where it has to be built.</summary>
    private async Task<Outcome?> SubstituteRealisedAsync(Goal goal, DerivationOutputId id)
    {
        (Realisation? found, bool failed) = await FindSubstituteAsync(id);
        if (found is not null)
        {
            Outcome outcome = (await WaitAsync(goal, [Substitution(found.OutPath, repair: false, null)]))[0];
            if (outcome.Succeeded)
            {
                Store.Realisations?.RegisterRealisation(found);
                return outcome with { Status = BuildStatus.Substituted, Path = found.OutPath };
            }

            failed |= outcome.Status is not (BuildStatus.NoSubstituters or BuildStatus.Cancelled);
        }

        return failed && !Settings.Fallback ? SubstitutesFailed(goal.Path) : null;
    }

    private Outcome SubstitutesFailed(StorePath derivation) => new(BuildStatus.TransientFailure,
        $"some substitutes for the outputs of derivation '{Dir.Print(derivation)}' failed (usually happens due to networking issues); try '--fallback' to build derivation from source ");

    private Outcome NotThere(StorePath derivation) => new(BuildStatus.MiscFailure,
        $"some outputs of '{Dir.Print(derivation)}' are not valid, so checking is not possible"
        + "\nHint: --rebuild and --check error if the derivation was not previously built and cannot be substituted."
        + "\n      Remove it to perform a fresh build, or use --repair to rewrite missing or corrupted builds in the store.");

    /// <summary>Builds a derivation for one of its outputs, or what it becomes once its inputs are known.</summary>
    private async Task<Outcome> BuildOutputAsync(Goal goal, string name, BuildMode mode)
    {
        Goal build = Build(goal.Path, mode);
        Outcome outcome = (await WaitAsync(goal, [build], same: true))[0];
        if (!outcome.Succeeded)
        {
            return outcome;
        }

        if (build.Resolved is not { } resolved)
        {
            return outcome with { Path = build.Made[name] };
        }

        Goal stead = Output(resolved, name, mode);
        Outcome made = (await WaitAsync(goal, [stead]))[0];
        if (!made.Succeeded)
        {
            return made.Status == BuildStatus.Cancelled ? made
                : new Outcome(BuildStatus.DependencyFailed, $"build of resolved derivation '{Dir.Print(resolved)}' failed");
        }

        (build.Started, build.Elapsed, build.Cpu) = _builds.TryGetValue(resolved, out Goal? run) ? (run.Started, run.Elapsed, run.Cpu) : (null, TimeSpan.Zero, null);
        if (ContentAddressed && _derivations.Read(goal.Path).Type != DerivationType.Impure)
        {
            Realise(new DerivationOutputId(_derivations.RealisationHash(goal.Path), name), made.Path!.Value);
        }

        return made.Status == BuildStatus.AlreadyValid ? made with { Status = BuildStatus.ResolvesToAlreadyValid } : made;
    }

    private bool ContentAddressed => Settings.Features.Contains("ca-derivations");

    private void Require(string feature)
    {
        if (!Settings.Features.Contains(feature))
        {
            throw new BuildException(BuildStatus.MiscFailure,
                $"experimental Nix feature '{feature}' is disabled; add '--extra-experimental-features {feature}' to enable it");
        }
    }

    private StorePath? Realised(DerivationOutputId? id) => id is { } known ? Store.Realisations?.FindRealisation(known)?.OutPath : null;

    private void Realise(DerivationOutputId? id, StorePath path)
    {
        if (id is { } known && Store.Realisations is { } realisations && realisations.FindRealisation(known)?.OutPath != path)
        {
            realisations.RegisterRealisation(DerivationBuild.Signed(new Realisation { Id = known, OutPath = path }, Settings));
        }
    }

    private bool IsGood(StorePath path)
    {
        if (!_good.TryGetValue(path, out bool good))
        {
            _context.Events.Post(new BuildEvent.Note($"checking path '{Dir.Print(path)}'..."));
            _good[path] = good = HasItsHash(path);
            if (!good)
            {
                _context.Events.Post(new BuildEvent.Note($"path '{Dir.Print(path)}' is corrupted or missing!"));
            }
        }

        return good;
    }

    private bool HasItsHash(StorePath path)
    {
        string real = Store.Paths.RealPath(path);
        if (!System.IO.Path.Exists(real) && new System.IO.FileInfo(real).LinkTarget is null)
        {
            return false;
        }

        Hasher hasher = new(HashAlgorithm.Sha256);
        Store.Trees.WriteNar(real, hasher);
        return hasher.Finish() == Store.Infos.Get(path).NarHash;
    }

    /// <summary>Repairs what a good output refers to: by its derivation where that is known, else from elsewhere.</summary>
    private async Task<Outcome> RepairClosureAsync(Goal goal, StorePath output, BuildStatus status)
    {
        HashSet<StorePath> own = [.. _derivations.Read(goal.Path).OutputPaths(Dir).Select(o => o.Path).OfType<StorePath>()];
        Dictionary<StorePath, (StorePath Derivation, string Output)> makers = [];
        foreach (StorePath input in Store.Infos.IsValid(goal.Path) ? Store.Infos.Closure([goal.Path]).Where(p => p.IsDerivation) : [])
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
            ? new Outcome(status, Path: output)
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
            outcome = new Outcome(BuildStatus.InputRejected, "dependency cycle detected: " + e.Print(Dir));
        }
        catch (BuildException e)
        {
            outcome = new Outcome(e.Status, e.Message);
        }

        if (goal.Resolved is not null)
        {
            _toBuild--;
        }
        else if (outcome.Succeeded)
        {
            _built++;
        }
        else if (outcome.Status != BuildStatus.Cancelled)
        {
            _exit.Add(outcome.Status);
            _failed += outcome.Status == BuildStatus.DependencyFailed ? 0 : 1;
            if (goal.IsNeeded && outcome.Error is { } text)
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
        Dictionary<OutputChain, Goal> chains = [];
        foreach (InputDerivation input in derivation.InputDerivations)
        {
            if (!input.Outputs.Dynamic.IsEmpty)
            {
                Require("dynamic-derivations");
            }

            if (Settings.Features.Contains("impure-derivations") && derivation.Type is not (DerivationType.Impure or DerivationType.Fixed)
                && (await DerivationAsync(input.Path)).Type == DerivationType.Impure)
            {
                throw new BuildException(BuildStatus.MiscFailure,
                    $"pure derivation '{Dir.Print(goal.Path)}' depends on impure derivation '{Dir.Print(input.Path)}'");
            }

            Need(new OutputChain(input.Path, []), input.Outputs);
        }

        void Need(OutputChain of, OutputSelection selection)
        {
            foreach (string name in selection.Names)
            {
                OutputChain chain = of.Then(name);
                Goal one = ChainOutput(chain);
                chains[chain] = one;
                needed.Add(one);
            }

            foreach ((string name, OutputSelection inner) in selection.Dynamic)
            {
                Need(of.Then(name), inner);
            }
        }

        List<StorePath> brought = [];
        foreach (StorePath source in derivation.InputSources)
        {
            inputs.Add(source);
            Store.TempRoots.AddTempRoot(source);
            if (Store.Infos.IsValid(source))
            {
                continue;
            }

            if (Store.Plans is { } plans && plans.Infos.IsValid(source))
            {
                brought.Add(source);
                continue;
            }

            if (!Settings.Substitute)
            {
                throw new BuildException(BuildStatus.MiscFailure,
                    $"dependency '{Dir.Print(source)}' of '{Dir.Print(goal.Path)}' does not exist, and substitution is disabled");
            }

            needed.Add(Substitution(source, repair: false, null));
        }

        if (brought.Count > 0)
        {
            await _loop.OutsideAsync(Task.Run(() =>
            {
                Store.Plans!.Bring(brought);
                return true;
            }));
        }

        Outcome[] outcomes = await WaitAsync(goal, needed);
        int failed = outcomes.Count(o => o.Failed);
        if (failed > 0)
        {
            if (!Settings.KeepGoing && needed.Where((other, i) => other.Wanted && outcomes[i].Failed).Any())
            {
                // The caller hears of that one; what else was wanted is given up, not failed.
                return new Outcome(BuildStatus.Cancelled);
            }

            foreach (string text in outcomes.Where(o => o.Status == BuildStatus.NoSubstituters).Select(o => o.Error).OfType<string>())
            {
                _context.Events.Post(new BuildEvent.Error(text));
            }

            // The first failure ends the waiting unless the others are wanted too.
            failed = Settings.KeepGoing ? failed : 1;
            return new Outcome(BuildStatus.DependencyFailed,
                $"Cannot build '{Dir.Print(goal.Path)}'.\nReason: {failed} {(failed == 1 ? "dependency" : "dependencies")} failed." + DerivationBuild.KnownOutputs(derivation, Dir));
        }

        if (outcomes.Any(o => !o.Succeeded))
        {
            return new Outcome(BuildStatus.Cancelled);
        }

        if (Resolution.IsNeeded(derivation, ContentAddressed))
        {
            Require("ca-derivations");
            Derivation resolved = Resolution.Resolve(derivation, Dir, chain => chains[chain].Task.Result.Path!.Value, rewrite: true);
            byte[] text = DerivationWriter.ToBytes(resolved, Dir);
            StorePath path = Dir.MakeText(resolved.Name + StorePath.DerivationExtension, Hash.Sha256(text), resolved.References);
            _derivations.Add(path, resolved);
            _unwritten[path] = text;
            goal.Resolved = path;
            _context.Events.Post(new BuildEvent.Resolved(goal.Path, path));
            return new Outcome(BuildStatus.AlreadyValid);
        }

        inputs.AddRange(chains.Values.Select(g => g.Task.Result.Path!.Value));
        if (_unwritten.Remove(goal.Path, out byte[]? unwritten))
        {
            Store.Texts?.AddText(goal.Path.Name, unwritten, derivation.References);
        }

        Hash? realisationHash = ContentAddressed ? _derivations.RealisationHash(goal.Path) : null;
        int number = NextNumber();
        DerivationBuild Make() => new(_context, number, goal.Path, derivation, realisationHash, inputs, mode);
        Places places = DerivationBuild.IsDownload(derivation) ? _downloads : _programs;
        bool placed = false;
        if (MayTravel(goal, mode, Make))
        {
            (Outcome? elsewhere, placed) = await OfferAsync(goal, derivation, number, places, Make);
            if (elsewhere is { } end)
            {
                return end;
            }
        }

        if (Store.Building is null)
        {
            throw BuildStore.CannotBuild();
        }

        if (!placed)
        {
            await places.TakeAsync(derivation.Name);
        }

        try
        {
            _stop.Token.ThrowIfCancellationRequested();
            Store.Space?.KeepSpace(wait: false);
            DerivationBuild build = Make();
            return await FollowAsync(goal, build, _threads.Run(() => build.Run(_stop.Token, _cancel)));
        }
        finally
        {
            places.Release();
            Wake();
        }
    }

    /// <summary>Awaits a build as one of those that run.</summary>
    private async Task<Outcome> FollowAsync(Goal goal, DerivationBuild build, Task<BuildStatus> run)
    {
        _running++;
        Report();
        Outcome outcome;
        try
        {
            outcome = new Outcome(await _loop.OutsideAsync(run));
        }
        catch (OperationCanceledException)
        {
            outcome = new Outcome(BuildStatus.Cancelled);
        }
        catch (BuildException e)
        {
            outcome = new Outcome(e.Status, e.Message);
        }
        catch (Exception e) when (IsFailure(e))
        {
            outcome = new Outcome(BuildStatus.MiscFailure, e.Message);
        }

        _running--;
        if (!outcome.Succeeded && _stop.IsCancellationRequested)
        {
            // Something failed before it: this one was being given up, and that it failed too is nobody's concern.
            outcome = new Outcome(BuildStatus.Cancelled);
        }

        goal.Made = build.Outputs;
        goal.Started = build.Started;
        goal.Elapsed = build.Elapsed;
        goal.Cpu = build.Cpu;
        return outcome;
    }
}

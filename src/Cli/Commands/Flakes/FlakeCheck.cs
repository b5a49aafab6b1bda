using System;
using System.Collections.Generic;
using Firn.Build;
using Firn.Cli.Installables;
using Firn.Cli.Rendering;
using Firn.Cli.Wiring;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;
using Firn.Flakes.Locking;
using Firn.Formats.Logging;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands.Flakes;

/// <summary><c>nix flake check</c>: evaluates the outputs of a flake, and builds its checks.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-flake-check</remarks>
internal sealed class FlakeCheck : FlakeCommand
{
    private bool _build = true, _allSystems, _hasErrors;

    public FlakeCheck()
    {
        Flags.Add("no-build", "Do not build checks.", () => _build = false);
        Flags.Add("all-systems", "Check the outputs for all systems.", () => _allSystems = true);
    }

    public override string Description => "check whether the flake evaluates and run its tests";

    protected override void Prepare(CommandContext context) => context.ReadOnly = !_build;

    protected override int Run(CommandContext context, EvaluationSession session, IStore store)
    {
        LockedFlake flake = session.Flakes.Lock(Reference(context, session), Options(context, session));
        FlakeWiring.Apply(context, flake.Flake);
        OutputChecker checker = new(context, session, e => Report(context, e)) { AllSystems = _allSystems };
        using (context.Log.Begin(Verbosity.Info, ActivityType.Unknown, "evaluating flake"))
        {
            Evaluator evaluator = session.Evaluator;
            VAttrs value = evaluator.ForceAttrs(session.Flakes.Call(flake), "while evaluating a flake to get its outputs");
            checker.Check(evaluator.ForceAttrs(value.Get(WellKnown.Outputs)!, "while evaluating the outputs of a flake"));
        }

        if (_build && checker.Checks.Count > 0)
        {
            Build(context, session, store, checker.Checks);
        }

        if (_hasErrors)
        {
            throw new CliException("some errors were encountered during the evaluation");
        }

        context.Say(LogLevel.Info, Terminal.Shown("\e[32;1mall checks passed!\e[0m"));
        if (checker.OmittedSystems.Count > 0)
        {
            context.Warn($"The check omitted these incompatible systems: {string.Join(", ", checker.OmittedSystems)}\nUse '--all-systems' to check all.");
        }

        return 0;
    }

    // With --keep-going an error is shown and remembered.
    private bool Report(CommandContext context, Exception error)
    {
        if (!context.Settings.Bool("keep-going"))
        {
            return false;
        }

        ErrorRenderer.Report(context, error);
        return _hasErrors = true;
    }

    private void Build(CommandContext context, EvaluationSession session, IStore store, SortedDictionary<StorePath, List<string>> checks)
    {
        session.Bring(checks.Keys);
        List<DerivedPath> wanted = [];
        foreach (StorePath derivation in checks.Keys)
        {
            wanted.Add(new DerivedPath.Built(derivation));
        }

        using BuilderWiring wiring = new(context, store);

        // That others have built it is as good as building it.
        List<DerivedPath> toBuild = [];
        foreach (StorePath derivation in new SortedSet<StorePath>(wiring.FindMissing(wanted).WillBuild))
        {
            toBuild.Add(new DerivedPath.Built(derivation));
        }

        IReadOnlyList<BuildResult> results;
        using (context.Log.Begin(Verbosity.Info, ActivityType.Unknown, $"running {toBuild.Count} flake checks"))
        {
            results = toBuild.Count == 0 ? [] : wiring.TryRealise(toBuild, BuildMode.Normal);
        }

        foreach (BuildResult result in results)
        {
            if (result.Succeeded || result.Status == BuildStatus.Cancelled)
            {
                continue;
            }

            StorePath derivation = ((DerivedPath.Built)result.Path).Derivation;
            string failure = $"build of '{new StoreInstallable(store.StoreDir, result.Path).What}' failed: {result.Error}";
            foreach (string prefix in checks.TryGetValue(derivation, out List<string>? places) ? places.ConvertAll(static p => $"failed to build attribute '{p}', ") : [""])
            {
                CliException error = new(prefix + failure);
                if (!Report(context, error))
                {
                    throw error;
                }
            }
        }
    }
}

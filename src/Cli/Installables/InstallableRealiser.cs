using System;
using System.Collections.Generic;
using System.Linq;
using Firn.Build;
using Firn.Cli.Rendering;
using Firn.Cli.Wiring;
using Firn.Formats.Derivations;
using Firn.Formats.Realisations;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Installables;

/// <summary>Makes store paths of installables.</summary>
internal sealed class InstallableRealiser(CommandContext context, IStore store)
{
    /// <summary>Builds the installables, or says only what their outputs are; one result for each derived path.</summary>
    public IReadOnlyList<BuiltPath> Realise(IReadOnlyList<Installable> installables, RealiseMode mode, BuildMode buildMode = BuildMode.Normal)
    {
        List<DerivedPath> paths = [.. installables.SelectMany(static i => i.DerivedPaths())];
        CheckOutputs(context, store, paths);
        using BuilderWiring wiring = new(context, store);
        switch (mode)
        {
            case RealiseMode.Derivation:
                MissingRenderer.Show(context, store.StoreDir, wiring.FindMissing(paths), LogLevel.Error);
                return paths.ConvertAll(Known);
            case RealiseMode.Known:
                return paths.ConvertAll(Known);
            case RealiseMode.Outputs:
                if (context.Settings.Bool("print-missing"))
                {
                    MissingRenderer.Show(context, store.StoreDir, wiring.FindMissing(paths), LogLevel.Info);
                }

                IReadOnlyList<BuildResult> results = wiring.TryRealise(paths, buildMode);
                ThrowFailures(results);
                List<BuiltPath> built = [];
                for (int i = 0; i < paths.Count; i++)
                {
                    built.Add(Built(results[i]));
                }

                return built;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static BuiltPath Built(BuildResult result)
    {
        if (result.Path is DerivedPath.Opaque opaque)
        {
            return new BuiltPath(null, [("", opaque.Path)]);
        }

        (StorePath derivation, List<(StorePath, string)> via) = result.Path switch
        {
            DerivedPath.BuiltOfBuilt inner => (result.Chain[^1], inner.Chain.Select((name, i) => (i == 0 ? inner.Root : result.Chain[i - 1], name)).ToList()),
            _ => (((DerivedPath.Built)result.Path).Derivation, []),
        };
        return new BuiltPath(derivation, [.. result.Outputs.OrderBy(static o => o.Key, StringComparer.Ordinal).Select(static o => (o.Key, o.Value))])
        {
            Via = via,
            Started = result.Started,
            Cpu = result.Cpu,
            Elapsed = result.Elapsed,
        };
    }

    /// <summary>Reports what failed. What was given up because of it is no failure of its own.</summary>
    private void ThrowFailures(IReadOnlyList<BuildResult> results)
    {
        SortedDictionary<string, string?> failed = new(StringComparer.Ordinal);
        foreach (BuildResult result in results)
        {
            if (!result.Succeeded && result.Status != BuildStatus.Cancelled)
            {
                failed[new StoreInstallable(store.StoreDir, result.Path).What] = result.Error;
            }
        }

        if (failed.Count == 1 && failed.Values.First() is string only)
        {
            throw new CliException(only);
        }

        foreach (string? error in failed.Values)
        {
            if (error is not null)
            {
                context.Error(error);
            }
        }

        if (results.Any(static r => !r.Succeeded))
        {
            throw new CliException($"build of {string.Join(", ", failed.Keys.Select(static f => $"'{f}'"))} failed");
        }
    }

    /// <summary>Makes sure that derivations have the outputs that are wanted of them.</summary>
    /// <exception cref="CliException">One has not.</exception>
    public static void CheckOutputs(CommandContext context, IStore store, IEnumerable<DerivedPath> paths)
    {
        PlanStore? plans = context.EvaluationStore?.PlansFor(store);
        RealisedOutputs known = Outputs(context, store);
        foreach (DerivedPath path in paths)
        {
            if (path is not DerivedPath.Built { Outputs.IsDefault: false } built)
            {
                continue;
            }

            if (plans?.Infos.IsValid(built.Derivation) != true && !store.IsValid(built.Derivation))
            {
                continue;
            }

            Derivation derivation = known.Read(built.Derivation);
            foreach (string output in built.Outputs)
            {
                if (derivation.Output(output) is null)
                {
                    throw new CliException($"derivation '{store.StoreDir.Print(built.Derivation)}' does not have output '{output}'");
                }
            }
        }
    }

    /// <summary>The store paths of the installables, or those of their derivations, in order, each once.</summary>
    public IReadOnlyList<StorePath> StorePaths(IReadOnlyList<Installable> installables, RealiseMode mode, bool derivations)
    {
        HashSet<StorePath> seen = [];
        IEnumerable<StorePath> paths = derivations
            ? Derivations(installables, useDeriver: true)
            : Realise(installables, mode).SelectMany(static b => b.Outputs.Select(static o => o.Path));
        return [.. paths.Where(seen.Add)];
    }

    /// <summary>The derivations of the installables.</summary>
    /// <param name="useDeriver">Whether a path that is no derivation stands for what built it.</param>
    public IReadOnlyList<StorePath> Derivations(IReadOnlyList<Installable> installables, bool useDeriver)
    {
        SortedSet<StorePath> derivations = [];
        foreach (Installable installable in installables)
        {
            foreach (DerivedPath path in installable.DerivedPaths())
            {
                derivations.Add(path switch
                {
                    DerivedPath.Built or DerivedPath.BuiltOfBuilt => Derivation(path),
                    DerivedPath.Opaque { Path.IsDerivation: true } derivation => derivation.Path,
                    DerivedPath.Opaque opaque when useDeriver => Deriver(installable, opaque.Path),
                    _ => throw new CliException($"argument '{installable.What}' did not evaluate to a derivation"),
                });
            }
        }

        return [.. derivations];
    }

    /// <summary>The derivation of outputs.</summary>
    public StorePath Derivation(DerivedPath path) => path is DerivedPath.BuiltOfBuilt inner ? Follow(inner) : ((DerivedPath.Built)path).Derivation;

    private StorePath Deriver(Installable installable, StorePath path)
    {
        IReadOnlyList<StorePath> derivers = (store as IPathGraph)?.ValidDerivers(path) ?? [];
        return derivers.Count > 0 ? derivers[0] : throw new CliException($"'{installable.What}' does not have a known deriver");
    }

    /// <summary>What outputs of derivations have become, in a store and in the one of the evaluation.</summary>
    public static RealisedOutputs Outputs(CommandContext context, IStore store) =>
        new(BuilderWiring.Parts(context, store), context.Settings.HasFeature("ca-derivations"));

    /// <summary>The realisations of built outputs. Those of impure derivations have none.</summary>
    public static IEnumerable<Realisation> Realisations(CommandContext context, IStore store, IEnumerable<BuiltPath> built)
    {
        RealisedOutputs known = Outputs(context, store);
        foreach (BuiltPath path in built)
        {
            if (path.Derivation is not { } derivation)
            {
                continue;
            }

            foreach ((string name, _) in path.Outputs)
            {
                if (known.Find(derivation, name) is { } realisation)
                {
                    yield return realisation;
                }
            }
        }
    }

    private StorePath Follow(DerivedPath.BuiltOfBuilt inner) =>
        Outputs(context, store).Follow(inner.Root, inner.Chain) ?? throw new UnbuiltOutputException(string.Join('^', [store.StoreDir.Print(inner.Root), .. inner.Chain[..^1]]), inner.Chain[^1]);

    /// <summary>What can be told without building.</summary>
    private BuiltPath Known(DerivedPath path)
    {
        RealisedOutputs known = Outputs(context, store);
        (StorePath Derivation, System.Collections.Immutable.ImmutableArray<string> Outputs) wanted;
        switch (path)
        {
            case DerivedPath.Built built:
                wanted = (built.Derivation, built.Outputs);
                break;
            case DerivedPath.BuiltOfBuilt inner:
                wanted = (Follow(inner), inner.Outputs);
                break;
            default:
                return new BuiltPath(null, [("", ((DerivedPath.Opaque)path).Path)]);
        }

        Derivation derivation = known.Read(wanted.Derivation);
        SortedSet<string> names = new(wanted.Outputs.IsDefault ? derivation.Outputs.Select(static o => o.Name) : wanted.Outputs, StringComparer.Ordinal);
        List<(string, StorePath)> outputs = [];
        foreach (string name in names)
        {
            if (derivation.Output(name) is null)
            {
                throw new CliException($"derivation '{store.StoreDir.Print(wanted.Derivation)}' does not have an output named '{name}'");
            }

            outputs.Add((name, known.PathOf(wanted.Derivation, name) ?? throw new UnbuiltOutputException(store.StoreDir.Print(wanted.Derivation), name)));
        }

        return new BuiltPath(wanted.Derivation, outputs);
    }
}

using System;
using System.Collections.Generic;
using System.Linq;
using Firn.Build;
using Firn.Cli.Rendering;
using Firn.Cli.Wiring;
using Firn.Formats.Derivations;
using Firn.Formats.StorePaths;
using Firn.Store.Local;

namespace Firn.Cli.Installables;

/// <summary>Makes store paths of installables.</summary>
internal sealed class InstallableRealiser(CommandContext context, LocalStore store)
{
    /// <summary>Builds the installables, or says only what their outputs are; one result for each derived path.</summary>
    public IReadOnlyList<BuiltPath> Realise(IReadOnlyList<Installable> installables, RealiseMode mode, BuildMode buildMode = BuildMode.Normal)
    {
        List<DerivedPath> paths = [.. installables.SelectMany(static i => i.DerivedPaths())];
        CheckOutputs(store, paths);
        using BuilderWiring wiring = new(context, store);
        switch (mode)
        {
            case RealiseMode.Derivation:
                MissingRenderer.Show(context, store.StoreDir, wiring.Builder.FindMissing(paths, buildMode), LogLevel.Error);
                return paths.ConvertAll(Known);
            case RealiseMode.Outputs:
                if (context.Settings.Bool("print-missing"))
                {
                    MissingRenderer.Show(context, store.StoreDir, wiring.Builder.FindMissing(paths, buildMode), LogLevel.Info);
                }

                IReadOnlyList<BuildResult> results = wiring.TryRealise(paths, buildMode);
                ThrowFailures(results);
                List<BuiltPath> built = [];
                for (int i = 0; i < paths.Count; i++)
                {
                    built.Add(paths[i] is DerivedPath.Built path
                        ? new BuiltPath(path.Derivation, [.. results[i].Outputs.OrderBy(static o => o.Key, StringComparer.Ordinal).Select(static o => (o.Key, o.Value))]) { Started = results[i].Started, Elapsed = results[i].Elapsed }
                        : Known(paths[i]));
                }

                return built;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
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
    public static void CheckOutputs(LocalStore store, IEnumerable<DerivedPath> paths)
    {
        foreach (DerivedPath path in paths)
        {
            if (path is not DerivedPath.Built { Outputs.IsDefault: false } built || !store.IsValid(built.Derivation))
            {
                continue;
            }

            Derivation derivation = DerivationReader.Parse(store.ReadFile(built.Derivation), built.Derivation.DerivationName, store.StoreDir);
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
                    DerivedPath.Built built => built.Derivation,
                    DerivedPath.Opaque { Path.IsDerivation: true } derivation => derivation.Path,
                    DerivedPath.Opaque opaque when useDeriver => Deriver(installable, opaque.Path),
                    _ => throw new CliException($"argument '{installable.What}' did not evaluate to a derivation"),
                });
            }
        }

        return [.. derivations];
    }

    private StorePath Deriver(Installable installable, StorePath path)
    {
        IReadOnlyList<StorePath> derivers = store.ValidDerivers(path);
        return derivers.Count > 0 ? derivers[0] : throw new CliException($"'{installable.What}' does not have a known deriver");
    }

    /// <summary>What can be told without building.</summary>
    private BuiltPath Known(DerivedPath path)
    {
        if (path is not DerivedPath.Built built)
        {
            return new BuiltPath(null, [("", ((DerivedPath.Opaque)path).Path)]);
        }

        Derivation derivation = DerivationReader.Parse(store.ReadFile(built.Derivation), built.Derivation.DerivationName, store.StoreDir);
        SortedSet<string> names = built.Outputs.IsDefault
            ? new(derivation.Outputs.Select(static o => o.Name), StringComparer.Ordinal)
            : new(built.Outputs, StringComparer.Ordinal);
        List<(string, StorePath)> outputs = [];
        foreach (string name in names)
        {
            DerivationOutput output = derivation.Output(name)
                ?? throw new CliException($"derivation '{store.StoreDir.Print(built.Derivation)}' does not have an output named '{name}'");
            outputs.Add((name, output.KnownPath(store.StoreDir, derivation.Name, name)
                ?? Registered(built.Derivation, name)
                ?? throw new UnbuiltOutputException(store.StoreDir.Print(built.Derivation), name)));
        }

        return new BuiltPath(built.Derivation, outputs);
    }

    private StorePath? Registered(StorePath derivation, string name)
    {
        foreach (Firn.Store.DerivationOutputPath output in store.DerivationOutputs(derivation))
        {
            if (output.Output == name)
            {
                return output.Path;
            }
        }

        return null;
    }
}

using System;
using System.Collections.Generic;
using Firn.Build;
using Firn.Build.Scheduling;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.Realisations;
using Firn.Formats.StorePaths;
using Firn.Store.Remote.Wire;

namespace Firn.Store.Remote.Worker;

// Builds, and what came of them.
public sealed partial class WorkerServer
{
    private BuildMode Mode()
    {
        BuildMode mode = _from.Mode();
        // A path that is repaired is gone for a moment.
        return mode != BuildMode.Repair || _services.Trusted ? mode : throw new StoreException("repairing is not allowed because you are not in 'trusted-users'");
    }

    private void BuildPathsWithResults()
    {
        List<DerivedPath> paths = DerivedPaths();
        BuildMode mode = Mode();
        var files = new DerivationFiles(Store, Dir);
        (IReadOnlyList<BuildResult> results, List<IReadOnlyList<Realisation>> made) = Work(() =>
        {
            IReadOnlyList<BuildResult> results = _services.OpenBuilder().Realise(paths, mode, _cancel.Token);
            var made = new List<IReadOnlyList<Realisation>>();
            foreach (BuildResult result in results) made.Add(Realisations(result, files));
            return (results, made);
        });
        _to.Number((ulong)results.Count);
        for (int i = 0; i < results.Count; i++)
        {
            _to.Text(paths[i].Print(Dir, _version));
            IReadOnlyList<Realisation> realisations = made[i];
            _to.Result(results[i], WorkerFormat.ResultParts.OfWorker(_version), _ => realisations);
        }
    }

    private List<Realisation> Realisations(BuildResult result, DerivationFiles files) =>
        result.Path is DerivedPath.Built built && result.Succeeded ? BuiltOutputs.Of(result, Store as IRealisations, () => files.RealisationHash(built.Derivation)) : [];

    private void BuildDerivation()
    {
        StorePath path = Path();
        Derivation derivation = _from.BasicDerivation(Dir, path.DerivationName);
        BuildMode mode = _from.Mode();
        (BuildResult result, List<Realisation> made) = Work(() =>
        {
            bool byContent = derivation.Type is DerivationType.Fixed or DerivationType.Floating or DerivationType.Impure;
            // That a path of another kind may be filled by this needs all derivations that lead to it as evidence.
            if (!byContent && !_services.Trusted) throw new StoreException("you are not privileged to build input-addressed derivations");
            if (mode == BuildMode.Repair && !_services.Trusted) throw new StoreException("repairing is not allowed because you are not in 'trusted-users'");
            StorePath known = path;
            if (!_services.Trusted)
                known = Store.Require<ITextAdder>("Adding texts").AddText(path.Name, DerivationWriter.ToBytes(derivation, Dir), derivation.References);
            BuildResult result = _services.OpenBuilder().BuildDerivation(known, derivation, mode, _cancel.Token);
            var files = new DerivationFiles(Store, Dir);
            files.Add(known, derivation);
            return (result, Realisations(result, files));
        });
        _to.Result(result, WorkerFormat.ResultParts.OfWorker(_version), _ => made);
    }
}

/// <summary>What builds made, in the words of the protocols.</summary>
internal static class BuiltOutputs
{
    /// <summary>The realisation of each output of a build that succeeded.</summary>
    /// <param name="known">Has signatures of those that are kept; null where none are.</param>
    /// <param name="hash">What realisations of the derivation are known by.</param>
    public static List<Realisation> Of(BuildResult result, IRealisations? known, Func<Hash> hash)
    {
        var made = new List<Realisation>();
        if (result.Outputs.Count == 0) return made;
        Hash derivation = hash();
        foreach (var (name, path) in result.Outputs)
        {
            var id = new DerivationOutputId(derivation, name);
            made.Add(known?.FindRealisation(id) is { } kept && kept.OutPath == path ? kept : new Realisation { Id = id, OutPath = path });
        }
        return made;
    }
}

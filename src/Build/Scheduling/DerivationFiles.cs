using System.Collections.Generic;
using Firn.Build.Preparation;
using Firn.Formats;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Build.Scheduling;

/// <summary>Derivations of a store, each read once.</summary>
/// <param name="plans">Asked first.</param>
public sealed class DerivationFiles(IStoreContents contents, StoreDir dir, PlanStore? plans = null)
{
    private readonly Dictionary<StorePath, Derivation> _known = [];
    private readonly Dictionary<StorePath, Hash> _realisationHashes = [];
    private readonly Dictionary<StorePath, DerivationHash> _inputHashes = [];

    /// <summary>The derivation in a valid path.</summary>
    /// <exception cref="BuildException">It is none.</exception>
    public Derivation Read(StorePath path)
    {
        if (_known.TryGetValue(path, out Derivation? known))
        {
            return known;
        }

        try
        {
            IStoreContents from = plans?.Infos.IsValid(path) == true ? plans.Contents : contents;
            return _known[path] = DerivationReader.Parse(from.ReadFile(path), path.DerivationName, dir);
        }
        catch (FormatsException e)
        {
            throw new BuildException(BuildStatus.InputRejected, $"error parsing derivation '{dir.Print(path)}': {e.Message}");
        }
    }

    /// <summary>Whether the derivation can be read, of whatever is in the store itself.</summary>
    public bool Knows(StorePath path) => _known.ContainsKey(path) || plans?.Infos.IsValid(path) == true;

    /// <summary>Remembers a derivation that no file may hold yet.</summary>
    public void Add(StorePath path, Derivation derivation) => _known[path] = derivation;

    /// <summary>What realisations of a derivation's outputs are known by.</summary>
    /// <exception cref="BuildException">A derivation that it needs is missing or wrong.</exception>
    public Hash RealisationHash(StorePath path)
    {
        if (!_realisationHashes.TryGetValue(path, out Hash hash))
        {
            _realisationHashes[path] = hash = Guarded(path, () => DerivationHash.Of(Read(path), dir, maskOutputs: true, InputHash).Hash);
        }

        return hash;
    }

    /// <summary>The hash that other derivations know a derivation by.</summary>
    /// <exception cref="FormatsException">The derivation, or one that it needs, is wrong.</exception>
    public DerivationHash InputHash(StorePath path)
    {
        if (!_inputHashes.TryGetValue(path, out DerivationHash? hash))
        {
            _inputHashes[path] = hash = DerivationHash.Of(Read(path), dir, maskOutputs: false, InputHash);
        }

        return hash;
    }

    private Hash Guarded(StorePath path, System.Func<Hash> compute)
    {
        try
        {
            return compute();
        }
        catch (FormatsException e)
        {
            throw new BuildException(BuildStatus.InputRejected, $"derivation '{dir.Print(path)}': {e.Message}");
        }
    }

    /// <summary>Whether outputs of a derivation may come from elsewhere.</summary>
    public bool MaySubstitute(StorePath path, Derivation derivation, BuildSettings settings) =>
        settings.Substitute && (settings.AlwaysAllowSubstitutes || DerivationOptions.Of(path, derivation, dir).AllowSubstitutes);

    /// <summary>What the path of an output follows from, where its contents are fixed.</summary>
    public static ContentAddress? FixedAddress(Derivation derivation) =>
        derivation.Output("out") is DerivationOutput.Fixed known ? known.Address : null;
}

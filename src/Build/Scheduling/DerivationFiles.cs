using System.Collections.Generic;
using Firn.Build.Preparation;
using Firn.Formats;
using Firn.Formats.Derivations;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Build.Scheduling;

/// <summary>Derivations of a store, each read once.</summary>
internal sealed class DerivationFiles(BuildStore store)
{
    private readonly Dictionary<StorePath, Derivation> _known = [];

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
            return _known[path] = DerivationReader.Parse(store.Contents.ReadFile(path), path.DerivationName, store.Infos.StoreDir);
        }
        catch (FormatsException e)
        {
            throw new BuildException(BuildStatus.InputRejected, $"error parsing derivation '{store.Infos.StoreDir.Print(path)}': {e.Message}");
        }
    }

    /// <summary>Whether outputs of a derivation may come from elsewhere.</summary>
    public bool MaySubstitute(Derivation derivation, BuildSettings settings) =>
        settings.Substitute && (settings.AlwaysAllowSubstitutes || DerivationOptions.Of(derivation, store.Infos.StoreDir).AllowSubstitutes);

    /// <summary>What the path of an output follows from, where its contents are fixed.</summary>
    public static ContentAddress? FixedAddress(Derivation derivation) =>
        derivation.Output("out") is DerivationOutput.Fixed known ? known.Address : null;
}

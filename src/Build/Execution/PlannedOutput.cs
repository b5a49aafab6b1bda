using System;
using System.Collections.Generic;
using System.Text;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Build.Execution;

/// <summary>
/// Where a builder writes an output, and where the output belongs. They differ where the place is taken by something
/// valid, and where it follows from the contents; hash parts are of one length, so contents are corrected afterwards.
/// </summary>
/// <param name="Name">Name of the output.</param>
/// <param name="Scratch">The path that the builder gets.</param>
/// <param name="Known">The path where it belongs; null where that follows from the contents.</param>
internal sealed record PlannedOutput(string Name, StorePath Scratch, StorePath? Known)
{
    /// <summary>Plans the outputs of a derivation.</summary>
    /// <param name="outputs">Names with the paths that are known.</param>
    /// <param name="avoidValid">Whether the builder sees the store's own directory, where valid paths must stay as they are.</param>
    public static List<PlannedOutput> Of(
        IPathInfos store, StorePath path, Derivation derivation, IReadOnlyList<(string Name, StorePath? Path)> outputs, bool avoidValid)
    {
        List<PlannedOutput> planned = [];
        bool impure = derivation.Type == DerivationType.Impure;
        foreach ((string name, StorePath? known) in outputs)
        {
            StorePath scratch = impure ? Random(derivation, name)
                : known is not { } final ? Substitute(store.StoreDir, path, ":name:" + name, StoreDir.OutputName(derivation.Name, name))
                : avoidValid && store.IsValid(final) ? Substitute(store.StoreDir, path, ":" + final.BaseName, final.Name)
                : final;
            planned.Add(new PlannedOutput(name, scratch, known));
        }

        return planned;
    }

    // Of a type that no object of the store has.
    private static StorePath Substitute(StoreDir dir, StorePath derivation, string what, string name) =>
        dir.Make(Encoding.UTF8.GetBytes("rewrite:" + derivation.BaseName + what), new Hash(HashAlgorithm.Sha256, new byte[32]), name);

    // Two builds of one impure derivation may run at once.
    private static StorePath Random(Derivation derivation, string name) =>
        new(System.Security.Cryptography.RandomNumberGenerator.GetBytes(StorePath.HashSize), StoreDir.OutputName(derivation.Name, name));
}

using System.Collections.Generic;
using System.Linq;
using Firn.Build.Scheduling;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.Realisations;
using Firn.Formats.StorePaths;

namespace Firn.Build;

/// <summary>What outputs of derivations have become, with nothing built.</summary>
/// <param name="contentAddressed">Whether realisations count (<c>ca-derivations</c>).</param>
public sealed class RealisedOutputs(BuildStore store, bool contentAddressed)
{
    private readonly DerivationFiles _derivations = new(store.Contents, store.Infos.StoreDir, store.Plans);

    /// <summary>The derivation in a valid path.</summary>
    /// <exception cref="BuildException">It is none.</exception>
    public Derivation Read(StorePath derivation) => _derivations.Read(derivation);

    /// <summary>What the realisation of an output is known by.</summary>
    /// <exception cref="BuildException">The derivation, or one that it needs, is missing or wrong.</exception>
    public DerivationOutputId IdOf(StorePath derivation, string output) => new(_derivations.RealisationHash(derivation), output);

    /// <summary>The realisation of an output; null where there is none.</summary>
    public Realisation? Find(StorePath derivation, string output) => store.Realisations?.FindRealisation(IdOf(derivation, output));

    /// <summary>The path of an output, valid or not; null where it is known only after a build that was not made.</summary>
    public StorePath? PathOf(StorePath derivation, string output) =>
        Read(derivation).Output(output)?.KnownPath(store.Infos.StoreDir, derivation.DerivationName, output)
        ?? (contentAddressed ? Find(derivation, output)?.OutPath : null);

    /// <summary>Follows outputs that are themselves derivations; null where one of them was not built.</summary>
    /// <param name="root">The derivation that is there beforehand.</param>
    /// <param name="chain">The names of the outputs, from the root inwards.</param>
    public StorePath? Follow(StorePath root, IEnumerable<string> chain) =>
        chain.Aggregate((StorePath?)root, (at, name) => at is { } derivation && (_derivations.Knows(derivation) || store.Infos.IsValid(derivation)) ? PathOf(derivation, name) : null);

    /// <summary>
    /// The derivation that is built for another one: the resolved one, where paths of inputs had to be put in and are
    /// known. Logs of builds are kept under its name.
    /// </summary>
    /// <exception cref="BuildException">The derivation is missing or wrong.</exception>
    public StorePath BuiltAs(StorePath derivation)
    {
        if (!contentAddressed)
        {
            return derivation;
        }

        Derivation unresolved = Read(derivation);
        if (!Resolution.IsNeeded(unresolved, contentAddressed))
        {
            return derivation;
        }

        try
        {
            Derivation resolved = Resolution.Resolve(unresolved, store.Infos.StoreDir, Made, rewrite: true);
            return store.Infos.StoreDir.MakeText(
                resolved.Name + StorePath.DerivationExtension, Hash.Sha256(DerivationWriter.ToBytes(resolved, store.Infos.StoreDir)), resolved.References);
        }
        catch (MissingInputException)
        {
            return derivation;
        }

        StorePath Made(OutputChain chain) => Follow(chain.Root, chain.Names) ?? throw new MissingInputException();
    }

    /// <summary>The path that a log is asked for by: of a derivation that is there the one that was built for it, else the path itself.</summary>
    public StorePath LoggedAs(StorePath path) =>
        path.IsDerivation && (_derivations.Knows(path) || store.Infos.IsValid(path)) ? BuiltAs(path) : path;

    /// <summary>An input was not built, so nothing was built of it.</summary>
    private sealed class MissingInputException : System.Exception;
}

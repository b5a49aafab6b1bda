using System.Collections.Generic;
using System.Linq;
using Firn.Build.Preparation;
using Firn.Build.Scheduling;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.Realisations;
using Firn.Formats.StorePaths;
using Firn.Store;

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
        return Resolve(unresolved) is { } resolved && !ReferenceEquals(resolved, unresolved)
            ? store.Infos.StoreDir.MakeText(
                resolved.Name + StorePath.DerivationExtension, Hash.Sha256(DerivationWriter.ToBytes(resolved, store.Infos.StoreDir)), resolved.References)
            : derivation;
    }

    /// <summary>
    /// What a derivation says once the paths of its inputs are known: the derivation itself where they always were,
    /// null where one of them was not built.
    /// </summary>
    public Derivation? Resolve(Derivation derivation)
    {
        if (!Resolution.IsNeeded(derivation, contentAddressed))
        {
            return derivation;
        }

        try
        {
            return Resolution.Resolve(derivation, store.Infos.StoreDir, Made, rewrite: true);
        }
        catch (MissingInputException)
        {
            return null;
        }

        StorePath Made(OutputChain chain) => Follow(chain.Root, chain.Names) ?? throw new MissingInputException();
    }

    /// <summary>The hash that other derivations know a derivation by.</summary>
    /// <exception cref="Formats.FormatsException">The derivation, or one that it needs, is wrong.</exception>
    public DerivationHash HashOf(StorePath derivation) => _derivations.InputHash(derivation);

    /// <summary>
    /// What a builder would find, for those who want to be in its place. The inputs must be built, but for those that
    /// are left out.
    /// </summary>
    /// <exception cref="BuildException">An attribute asks for what cannot be given, or an input was not built.</exception>
    public BuilderInputs InputsOf(StorePath derivation)
    {
        Derivation unresolved = Read(derivation);
        Derivation resolved = Resolve(unresolved)
            ?? throw new BuildException(BuildStatus.InputRejected, $"inputs of derivation '{store.Infos.StoreDir.Print(derivation)}' were not built");
        DerivationOptions options = DerivationOptions.Of(derivation, resolved, store.Infos.StoreDir);
        if (options.StructuredAttributes is not { } attributes)
        {
            return new BuilderInputs(resolved, options.PassAsFile, null);
        }

        List<StorePath> inputs = [.. resolved.InputSources];
        if (options.ExportReferencesGraph.Count > 0)
        {
            foreach (InputDerivation input in unresolved.InputDerivations)
            {
                inputs.AddRange(input.Outputs.Names.Select(name => PathOf(input.Path, name)).OfType<StorePath>().Where(store.Infos.IsValid));
            }
        }

        byte[] json = BuildEnvironment.AttributesJson(
            attributes, options, resolved.Outputs.Select(static o => o.Name), store.Infos.Closure(inputs.Where(store.Infos.IsValid)), store.Infos);
        return new BuilderInputs(resolved, options.PassAsFile, (StructuredAttributes.Shell(json), json));
    }

    /// <summary>The path that a log is asked for by: of a derivation that is there the one that was built for it, else the path itself.</summary>
    public StorePath LoggedAs(StorePath path) =>
        path.IsDerivation && (_derivations.Knows(path) || store.Infos.IsValid(path)) ? BuiltAs(path) : path;

    /// <summary>An input was not built, so nothing was built of it.</summary>
    private sealed class MissingInputException : System.Exception;
}

/// <summary>What a builder would find.</summary>
/// <param name="Derivation">What is built, with the paths of its inputs.</param>
/// <param name="PassAsFile">Names of the variables whose values it gets as files.</param>
/// <param name="Attributes">The contents of <c>.attrs.sh</c> and <c>.attrs.json</c>; null without structured attributes.</param>
public sealed record BuilderInputs(Derivation Derivation, IReadOnlySet<string> PassAsFile, (byte[] Shell, byte[] Json)? Attributes);

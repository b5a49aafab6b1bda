using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;

namespace Firn.Formats.Derivations;

/// <summary>What a derivation says of one of its outputs. One of the nested records.</summary>
public abstract record DerivationOutput
{
    private DerivationOutput()
    {
    }

    /// <summary>The path when it is known before the build, else null.</summary>
    /// <param name="derivation">Name of the derivation.</param>
    /// <param name="output">Name of the output.</param>
    public StorePath? KnownPath(StoreDir dir, string derivation, string output) => this switch
    {
        InputAddressed known => known.Path,
        Fixed known => dir.MakeFromContentAddress(StoreDir.OutputName(derivation, output), known.Address),
        _ => null,
    };

    /// <summary>The path follows from the inputs.</summary>
    public sealed record InputAddressed(StorePath Path) : DerivationOutput;

    /// <summary>The contents, hence the path, are fixed by a hash.</summary>
    public sealed record Fixed(ContentAddress Address) : DerivationOutput;

    /// <summary>The path follows from what the build makes.</summary>
    public sealed record Floating(ContentAddressMethod Method, HashAlgorithm Algorithm) : DerivationOutput;

    /// <summary>The path follows from the inputs, of which some are not known before they are built.</summary>
    public sealed record Deferred : DerivationOutput
    {
        /// <summary>The one value.</summary>
        public static readonly Deferred Instance = new();
    }

    /// <summary>As <see cref="Floating"/>, and every build makes another.</summary>
    public sealed record Impure(ContentAddressMethod Method, HashAlgorithm Algorithm) : DerivationOutput;
}

/// <summary>How the outputs of a derivation get their paths.</summary>
public enum DerivationType
{
    InputAddressed,
    DeferredInputAddressed,
    Fixed,
    Floating,
    Impure,
}

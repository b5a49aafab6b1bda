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
        Fixed known => known.PathIn(dir, derivation, output),
        _ => null,
    };

    /// <summary>The path follows from the inputs.</summary>
    public sealed record InputAddressed(StorePath Path) : DerivationOutput;

    /// <summary>The contents, hence the path, are fixed by a hash.</summary>
    public sealed record Fixed(ContentAddress Address) : DerivationOutput
    {
        private KnownAs? _last;

        // Asked for several times while a derivation is made; each time costs two hashes.
        internal StorePath PathIn(StoreDir dir, string derivation, string output)
        {
            if (_last is { } last && ReferenceEquals(last.Dir, dir) && last.Derivation == derivation && last.Output == output)
            {
                return last.Path;
            }

            StorePath path = dir.MakeFromContentAddress(StoreDir.OutputName(derivation, output), Address);
            _last = new KnownAs(dir, derivation, output, path);
            return path;
        }

        // What was computed is no part of the value.
        public bool Equals(Fixed? other) => other is not null && Address == other.Address;

        public override int GetHashCode() => Address.GetHashCode();

        private sealed class KnownAs(StoreDir dir, string derivation, string output, StorePath path)
        {
            public readonly StoreDir Dir = dir;
            public readonly string Derivation = derivation;
            public readonly string Output = output;
            public readonly StorePath Path = path;
        }
    }

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

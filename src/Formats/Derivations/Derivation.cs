using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;

namespace Firn.Formats.Derivations;

/// <summary>A named output.</summary>
public readonly record struct NamedOutput(string Name, DerivationOutput Output);

/// <summary>Outputs taken of a derivation, and of the derivations that are outputs of it.</summary>
/// <param name="Names">Sorted.</param>
/// <param name="Dynamic">Sorted by name: of that output, itself a derivation, these outputs.</param>
public sealed record OutputSelection(ImmutableArray<string> Names, ImmutableArray<(string Name, OutputSelection Selection)> Dynamic)
{
    /// <summary>The output <c>out</c> and no other, which most inputs are.</summary>
    public static readonly OutputSelection OnlyOut = new(["out"]);

    public OutputSelection(ImmutableArray<string> names)
        : this(names, [])
    {
    }
}

/// <summary>A derivation that has to be built first, and what is wanted of it.</summary>
public readonly record struct InputDerivation(StorePath Path, OutputSelection Outputs);

/// <summary>An environment variable of a builder.</summary>
public readonly record struct EnvironmentVariable(byte[] Name, byte[] Value);

/// <summary>A store derivation. Every list but the arguments is sorted by byte and holds a name once.</summary>
/// <remarks>Nix manual, protocols/derivation-aterm</remarks>
public sealed class Derivation
{
    /// <summary>The variable that holds the JSON of structured attributes.</summary>
    public static ReadOnlySpan<byte> StructuredAttributesVariable => "__json"u8;

    /// <summary>The name, without <c>.drv</c>. Not part of the text: the store path has it.</summary>
    public required string Name { get; init; }

    public required ImmutableArray<NamedOutput> Outputs { get; init; }

    public ImmutableArray<InputDerivation> InputDerivations { get; init; } = [];

    public ImmutableArray<StorePath> InputSources { get; init; } = [];

    /// <summary>The system that builds it, such as <c>x86_64-linux</c>.</summary>
    public required string Platform { get; init; }

    /// <summary>A path, or <c>builtin:NAME</c>.</summary>
    public required byte[] Builder { get; init; }

    /// <summary>Arguments of the builder, without its name.</summary>
    public ImmutableArray<byte[]> Arguments { get; init; } = [];

    public ImmutableArray<EnvironmentVariable> Environment { get; init; } = [];

    /// <summary>The same without input derivations.</summary>
    /// <param name="sources">All that the build is to see, sorted.</param>
    public Derivation WithSources(IEnumerable<StorePath> sources) => new()
    {
        Name = Name,
        Outputs = Outputs,
        InputSources = [.. sources],
        Platform = Platform,
        Builder = Builder,
        Arguments = Arguments,
        Environment = Environment,
    };

    /// <summary>Whether the program itself builds it.</summary>
    public bool IsBuiltin => Builder.AsSpan().StartsWith("builtin:"u8);

    /// <summary>Whether something is wanted of a derivation that another derivation makes.</summary>
    public bool HasDynamicInputs
    {
        get
        {
            foreach (InputDerivation input in InputDerivations)
            {
                if (!input.Outputs.Dynamic.IsEmpty)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>How the outputs get their paths.</summary>
    /// <exception cref="FormatsException">There are none, or they don't go together.</exception>
    public DerivationType Type
    {
        get
        {
            DerivationType? type = null;
            HashAlgorithm? algorithm = null;
            foreach ((string name, DerivationOutput output) in Outputs)
            {
                DerivationType its = output switch
                {
                    DerivationOutput.InputAddressed => DerivationType.InputAddressed,
                    DerivationOutput.Fixed => DerivationType.Fixed,
                    DerivationOutput.Floating => DerivationType.Floating,
                    DerivationOutput.Deferred => DerivationType.DeferredInputAddressed,
                    _ => DerivationType.Impure,
                };
                if (type is DerivationType other && other != its)
                {
                    throw new FormatsException("can't mix derivation output types");
                }

                if (type is DerivationType.Fixed)
                {
                    throw new FormatsException("only one fixed output is allowed for now");
                }

                if (its == DerivationType.Fixed && name != "out")
                {
                    throw new FormatsException("single fixed output must be named \"out\"");
                }

                if (output is DerivationOutput.Floating floating)
                {
                    algorithm ??= floating.Algorithm;
                    if (algorithm != floating.Algorithm)
                    {
                        throw new FormatsException("all floating outputs must use the same hash algorithm");
                    }
                }

                type = its;
            }

            return type ?? throw new FormatsException("must have at least one output");
        }
    }

    /// <summary>What the derivation refers to: its sources and input derivations, sorted.</summary>
    public ImmutableArray<StorePath> References
    {
        get
        {
            if (InputDerivations.IsEmpty)
            {
                return InputSources;
            }

            ImmutableArray<StorePath>.Builder all = ImmutableArray.CreateBuilder<StorePath>(InputSources.Length + InputDerivations.Length);
            int source = 0, derivation = 0;
            while (source < InputSources.Length || derivation < InputDerivations.Length)
            {
                int order = source == InputSources.Length ? 1 : derivation == InputDerivations.Length ? -1 : InputSources[source].CompareTo(InputDerivations[derivation].Path);
                all.Add(order <= 0 ? InputSources[source] : InputDerivations[derivation].Path);
                source += order <= 0 ? 1 : 0;
                derivation += order >= 0 ? 1 : 0;
            }

            return all.DrainToImmutable();
        }
    }

    /// <summary>The value of an environment variable, or null.</summary>
    public byte[]? Variable(ReadOnlySpan<byte> name)
    {
        int low = 0, high = Environment.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            int order = name.SequenceCompareTo(Environment[middle].Name);
            if (order == 0)
            {
                return Environment[middle].Value;
            }

            (low, high) = order < 0 ? (low, middle) : (middle + 1, high);
        }

        return null;
    }

    /// <summary>The output of that name, or null.</summary>
    public DerivationOutput? Output(string name)
    {
        foreach (NamedOutput output in Outputs)
        {
            if (output.Name == name)
            {
                return output.Output;
            }
        }

        return null;
    }

    /// <summary>The path of each output, null where the build decides it.</summary>
    public IEnumerable<(string Name, StorePath? Path)> OutputPaths(StoreDir dir) =>
        Outputs.Select(output => (output.Name, output.Output.KnownPath(dir, Name, output.Name)));

    /// <summary>The same derivation with other outputs and variables.</summary>
    public Derivation With(ImmutableArray<NamedOutput> outputs, ImmutableArray<EnvironmentVariable> environment) => new()
    {
        Name = Name,
        Outputs = outputs,
        InputDerivations = InputDerivations,
        InputSources = InputSources,
        Platform = Platform,
        Builder = Builder,
        Arguments = Arguments,
        Environment = environment,
    };
}

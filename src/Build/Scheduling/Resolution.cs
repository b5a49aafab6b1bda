using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Text;
using Firn.Build.Preparation;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;

namespace Firn.Build.Scheduling;

/// <summary>
/// Puts the paths of inputs into a derivation that was written without knowing them. What comes of it depends on the
/// contents of the inputs alone, so that another way to the same inputs leads to the same build.
/// </summary>
/// <remarks>Nix manual, store/resolution</remarks>
internal static class Resolution
{
    /// <summary>Whether a derivation is to be resolved before it is built.</summary>
    /// <param name="contentAddressed">Fixed outputs are resolved too, to build them less often.</param>
    public static bool IsNeeded(Derivation derivation, bool contentAddressed) =>
        !derivation.InputDerivations.IsEmpty && (derivation.HasDynamicInputs || derivation.Type switch
        {
            DerivationType.InputAddressed => false,
            DerivationType.Fixed => contentAddressed,
            _ => true,
        });

    /// <summary>The resolved derivation: without input derivations, with their outputs as sources.</summary>
    /// <param name="made">The path of an output, by the derivation and the names that lead from it to the output.</param>
    /// <param name="rewrite">Replace placeholders of inputs.</param>
    public static Derivation Resolve(Derivation derivation, StoreDir dir, Func<OutputChain, StorePath> made, bool rewrite)
    {
        SortedSet<StorePath> sources = [.. derivation.InputSources];
        Rewriting rewriting = new();
        foreach (InputDerivation input in derivation.InputDerivations)
        {
            Collect(new OutputChain(input.Path, []), input.Outputs, null);
        }

        SortedDictionary<byte[], byte[]> environment = new(ByBytes.Instance);
        foreach ((byte[] name, byte[] value) in derivation.Environment)
        {
            environment[rewriting.Apply(name)] = rewriting.Apply(value);
        }

        Derivation resolved = Make([.. derivation.Outputs]);
        if (derivation.Type != DerivationType.DeferredInputAddressed)
        {
            return resolved;
        }

        Hash hash = DerivationHash.Of(resolved, dir, maskOutputs: true, static _ => throw new System.Diagnostics.UnreachableException()).Hash;
        List<NamedOutput> outputs = [];
        foreach ((string name, DerivationOutput output) in derivation.Outputs)
        {
            StorePath path = dir.MakeOutput(name, hash, derivation.Name);
            environment[Encoding.UTF8.GetBytes(name)] = Encoding.UTF8.GetBytes(dir.Print(path));
            outputs.Add(new NamedOutput(name, new DerivationOutput.InputAddressed(path)));
        }

        return Make(outputs);

        Derivation Make(List<NamedOutput> named) => new()
        {
            Name = derivation.Name,
            Outputs = [.. named],
            InputSources = [.. sources],
            Platform = derivation.Platform,
            Builder = rewriting.Apply(derivation.Builder),
            Arguments = [.. derivation.Arguments.Select(rewriting.Apply)],
            Environment = [.. environment.Select(e => new EnvironmentVariable(e.Key, e.Value))],
        };

        void Collect(OutputChain of, OutputSelection selection, Hash? placeholder)
        {
            foreach (string name in selection.Names)
            {
                StorePath path = made(of.Then(name));
                sources.Add(path);
                if (rewrite)
                {
                    rewriting.Add(Placeholders.Render(Placeholder(of, placeholder, name)), dir.Print(path));
                }
            }

            foreach ((string name, OutputSelection inner) in selection.Dynamic)
            {
                Collect(of.Then(name), inner, Placeholder(of, placeholder, name));
            }
        }
    }

    private static Hash Placeholder(OutputChain of, Hash? outer, string name) =>
        outer is { } known ? Placeholders.Downstream(known, name) : Placeholders.Downstream(of.Root, name);

    /// <summary>The order of variables: by byte.</summary>
    private sealed class ByBytes : IComparer<byte[]>
    {
        public static readonly ByBytes Instance = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}

/// <summary>An output of a derivation, or of a derivation that is itself an output, and so on.</summary>
/// <param name="Root">The derivation that is there beforehand.</param>
/// <param name="Names">From the root's output inwards; empty for the root itself.</param>
internal sealed record OutputChain(StorePath Root, ImmutableArray<string> Names)
{
    public OutputChain Then(string name) => new(Root, Names.Add(name));

    public bool Equals(OutputChain? other) => other is not null && Root == other.Root && Names.AsSpan().SequenceEqual(other.Names.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Root, Names.Length == 0 ? "" : Names[^1], Names.Length);
}

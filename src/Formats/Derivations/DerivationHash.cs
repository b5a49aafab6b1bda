using System;
using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using Firn.Formats.Hashing;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;

namespace Firn.Formats.Derivations;

/// <summary>
/// The hash of a derivation modulo fixed outputs: a derivation with a fixed output counts as that output, so it may change
/// without changing what depends on it.
/// </summary>
/// <param name="Hash">SHA-256; one for all outputs.</param>
/// <param name="Outputs">Names of the outputs, sorted.</param>
/// <param name="Deferred">Some input's path is known after a build only, so no output path follows from the hash.</param>
public sealed record DerivationHash(Hash Hash, ImmutableArray<string> Outputs, bool Deferred)
{
    private static readonly ImmutableArray<string> s_onlyOut = ["out"];

    /// <summary>Computes it.</summary>
    /// <param name="maskOutputs">Leave the outputs' own paths out: so they are computed. Not so for inputs of others.</param>
    /// <param name="inputs">The hash of an input derivation, computed without <paramref name="maskOutputs"/>.</param>
    /// <param name="scratch">Memory for the text, so that many derivations share it.</param>
    /// <exception cref="FormatsException">The outputs don't go together, or an input lacks an output.</exception>
    public static DerivationHash Of(Derivation derivation, StoreDir dir, bool maskOutputs, Func<StorePath, DerivationHash> inputs, ByteBuffer? scratch = null)
    {
        DerivationType type = derivation.Type;
        ByteBuffer text = scratch ?? new ByteBuffer(4096);
        if (type == DerivationType.Fixed)
        {
            ContentAddress address = ((DerivationOutput.Fixed)derivation.Outputs[0].Output).Address;
            text.Clear();
            text.Write("fixed:out:"u8);
            text.WriteAscii(address.MethodAlgorithm);
            text.Write((byte)':');
            text.WriteBase16(address.Hash);
            text.Write((byte)':');
            dir.Print(derivation.Outputs[0].Output.KnownPath(dir, derivation.Name, "out")!.Value, text);
            return new DerivationHash(Hash.Sha256(text.Span), s_onlyOut, false);
        }

        bool deferred = type is DerivationType.Floating or DerivationType.Impure;
        int count = derivation.InputDerivations.Length;
        HashedInput[] hashed = ArrayPool<HashedInput>.Shared.Rent(count);
        for (int i = 0; i < count; i++)
        {
            (StorePath path, OutputSelection wanted) = derivation.InputDerivations[i];
            DerivationHash input = inputs(path);
            deferred |= input.Deferred;
            foreach (string name in wanted.Names)
            {
                if (!input.Outputs.Contains(name))
                {
                    throw new FormatsException($"no hash for output '{name}' of derivation '{derivation.Name}'");
                }
            }

            hashed[i] = new HashedInput(input.Hash, wanted.Names);
        }

        hashed.AsSpan(0, count).Sort(static (left, right) => left.Hash.CompareTo(right.Hash));
        // Not before: hashing the inputs may have used the buffer.
        text.Clear();
        DerivationWriter.Write(derivation, dir, text, maskOutputs, Merge(hashed.AsSpan(0, count)), true);
        ArrayPool<HashedInput>.Shared.Return(hashed, clearArray: true);
        return new DerivationHash(Hash.Sha256(text.Span), NamesOf(derivation.Outputs), deferred);
    }

    private static ImmutableArray<string> NamesOf(ImmutableArray<NamedOutput> outputs)
    {
        if (outputs is [{ Name: "out" }])
        {
            return s_onlyOut;
        }

        ImmutableArray<string>.Builder names = ImmutableArray.CreateBuilder<string>(outputs.Length);
        foreach (NamedOutput output in outputs)
        {
            names.Add(output.Name);
        }

        return names.MoveToImmutable();
    }

    // Inputs of one hash count as one, of which the outputs of all are wanted; one without outputs does not count.
    private static ReadOnlySpan<HashedInput> Merge(Span<HashedInput> sorted)
    {
        int kept = 0;
        foreach (HashedInput input in sorted)
        {
            if (input.Outputs.IsEmpty)
            {
                continue;
            }

            if (kept > 0 && sorted[kept - 1].Hash == input.Hash)
            {
                ImmutableSortedSet<string> both = ImmutableSortedSet.Create(StringComparer.Ordinal, [.. sorted[kept - 1].Outputs, .. input.Outputs]);
                sorted[kept - 1] = new HashedInput(input.Hash, [.. both]);
            }
            else
            {
                sorted[kept++] = input;
            }
        }

        return sorted[..kept];
    }
}

/// <summary>Fills in and checks the output paths that follow from a derivation's inputs.</summary>
public static class DerivationOutputPaths
{
    /// <summary>
    /// Gives deferred outputs their paths, unless an input is not known yet, and gives the variables named as outputs
    /// their values where they are empty or missing.
    /// </summary>
    /// <param name="inputs">As for <see cref="DerivationHash.Of"/>.</param>
    /// <exception cref="FormatsException">A path that is there already is another.</exception>
    public static Derivation FillIn(Derivation derivation, StoreDir dir, Func<StorePath, DerivationHash> inputs)
    {
        DerivationHash? hash = null;
        ImmutableArray<NamedOutput>.Builder outputs = derivation.Outputs.ToBuilder();
        ImmutableArray<EnvironmentVariable>.Builder environment = derivation.Environment.ToBuilder();
        for (int i = 0; i < outputs.Count; i++)
        {
            (string name, DerivationOutput output) = outputs[i];
            StorePath? path = Expected(derivation, dir, inputs, name, output, ref hash);
            if (path is not StorePath known)
            {
                continue;
            }

            if (output is DerivationOutput.Deferred)
            {
                outputs[i] = new NamedOutput(name, new DerivationOutput.InputAddressed(known));
            }

            SetVariable(environment, name, dir.Print(known));
        }

        return derivation.With(outputs.DrainToImmutable(), environment.DrainToImmutable());
    }

    /// <summary>Checks that paths and variables are those that follow from the inputs.</summary>
    /// <exception cref="FormatsException">One is not.</exception>
    public static void Check(Derivation derivation, StoreDir dir, Func<StorePath, DerivationHash> inputs)
    {
        DerivationHash? hash = null;
        foreach ((string name, DerivationOutput output) in derivation.Outputs)
        {
            if (Expected(derivation, dir, inputs, name, output, ref hash) is StorePath path && output is not DerivationOutput.Deferred)
            {
                CheckVariable(derivation.Variable(Encoding.UTF8.GetBytes(name)), name, dir.Print(path));
            }
        }

        _ = derivation.Type;
    }

    private static StorePath? Expected(Derivation derivation, StoreDir dir, Func<StorePath, DerivationHash> inputs, string name, DerivationOutput output, ref DerivationHash? hash)
    {
        if (output is DerivationOutput.Fixed)
        {
            return output.KnownPath(dir, derivation.Name, name);
        }

        if (output is not (DerivationOutput.InputAddressed or DerivationOutput.Deferred))
        {
            return null;
        }

        hash ??= DerivationHash.Of(derivation, dir, true, inputs);
        StorePath? path = hash.Deferred ? null : dir.MakeOutput(name, hash.Hash, derivation.Name);
        return output is DerivationOutput.InputAddressed there && path != there.Path
            ? throw new FormatsException(path is StorePath right
                ? $"derivation has incorrect output '{dir.Print(there.Path)}', should be '{dir.Print(right)}'"
                : $"derivation has incorrect output '{dir.Print(there.Path)}', should be deferred")
            : path;
    }

    private static void SetVariable(ImmutableArray<EnvironmentVariable>.Builder environment, string name, string value)
    {
        byte[] key = Encoding.UTF8.GetBytes(name);
        int at = 0;
        while (at < environment.Count && environment[at].Name.AsSpan().SequenceCompareTo(key) < 0)
        {
            at++;
        }

        EnvironmentVariable variable = new(key, Encoding.UTF8.GetBytes(value));
        if (at == environment.Count || !environment[at].Name.AsSpan().SequenceEqual(key))
        {
            environment.Insert(at, variable);
        }
        else if (environment[at].Value.Length == 0)
        {
            environment[at] = variable;
        }

        CheckVariable(environment[at].Value, name, value);
    }

    private static void CheckVariable(byte[]? value, string name, string expected)
    {
        if (value is null)
        {
            throw new FormatsException($"derivation has missing environment variable '{name}', should be '{expected}' but is not present");
        }

        string actual = Encoding.UTF8.GetString(value);
        if (actual != expected)
        {
            throw new FormatsException($"derivation has incorrect environment variable '{name}', should be '{expected}' but is actually '{actual}'");
        }
    }
}

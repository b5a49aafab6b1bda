using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Text;
using Firn.Build;
using Firn.Formats;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.Realisations;
using Firn.Formats.StorePaths;
using Firn.Store.Remote.Wire;

namespace Firn.Store.Remote.Worker;

/// <summary>The records of both protocols.</summary>
/// <remarks>docs/store/protocols.md</remarks>
internal static class WorkerFormat
{
    public static ContentAddress? ContentAddressOrNone(this WireReader from) => from.Text() is { Length: > 0 } text ? ContentAddress.Parse(text) : null;

    /// <summary>What is known of a path, without its name.</summary>
    /// <exception cref="FormatsException">A part of it is malformed.</exception>
    public static PathInfo Info(this WireReader from, StoreDir dir, StorePath path)
    {
        StorePath? deriver = from.PathOrNone(dir);
        Hash hash = Hash.Parse(from.Text(), HashAlgorithm.Sha256);
        SortedSet<StorePath> references = from.Paths(dir);
        return new PathInfo
        {
            Path = path,
            Deriver = deriver,
            NarHash = hash,
            References = [.. references],
            RegistrationTime = (long)from.Number(),
            NarSize = from.Number(),
            Ultimate = from.Bool(),
            Signatures = [.. from.Texts()],
            ContentAddress = from.ContentAddressOrNone(),
        };
    }

    public static void Info(this WireWriter to, StoreDir dir, PathInfo info)
    {
        to.PathOrNone(dir, info.Deriver);
        to.Text(info.NarHash.ToString(HashFormat.Base16, false));
        to.Paths(dir, info.References);
        to.Number((ulong)info.RegistrationTime);
        to.Number(info.NarSize);
        to.Bool(info.Ultimate);
        to.Texts(info.Signatures);
        to.Text(info.ContentAddress?.ToString() ?? "");
    }

    /// <summary>A path with outputs, as <c>!</c> joins them.</summary>
    /// <param name="structured">A derivation without outputs means its file; else, as before protocol 1.30, all its outputs.</param>
    /// <exception cref="FormatsException">It is none.</exception>
    public static DerivedPath ParseDerived(string text, StoreDir dir, bool structured)
    {
        string[] parts = text.Split('!');
        StorePath root = dir.Parse(parts[0]);
        if (parts.Length == 1) return !structured && root.IsDerivation ? new DerivedPath.Built(root) : new DerivedPath.Opaque(root);
        ImmutableArray<string> outputs = parts[^1] == "*" ? default : [.. parts[^1].Split(',', StringSplitOptions.RemoveEmptyEntries)];
        if (outputs is { IsDefault: false, IsEmpty: true }) throw new FormatsException("empty list of outputs in '" + text + "'");
        if (!root.IsDerivation) throw new FormatsException("'" + dir.Print(root) + "' is not a derivation");
        return parts.Length == 2 ? new DerivedPath.Built(root, outputs) : new DerivedPath.BuiltOfBuilt(root, [.. parts[1..^1]], outputs);
    }

    /// <summary>As <see cref="ParseDerived"/> reads it.</summary>
    /// <exception cref="StoreException">The protocol has no words for it.</exception>
    public static string Print(this DerivedPath path, StoreDir dir, ProtocolVersion version)
    {
        if (version >= WorkerProtocol.DerivedPaths) return path.Print(dir);
        return path switch
        {
            DerivedPath.Opaque { Path.IsDerivation: true } file => throw new StoreException(
                $"trying to request '{dir.Print(file.Path)}', but daemon protocol {version} is too old (< 1.29) to request a derivation file"),
            DerivedPath.BuiltOfBuilt => throw new StoreException(
                "wanted to build a derivation that is itself a build product, but protocols do not support that. Try upgrading the Nix on the other end of this connection"),
            DerivedPath.Built { Outputs.IsDefault: true } all => dir.Print(all.Derivation),
            _ => path.Print(dir),
        };
    }

    public static BuildMode Mode(this WireReader from) => from.Number() switch
    {
        0 => BuildMode.Normal,
        1 => BuildMode.Repair,
        2 => BuildMode.Check,
        _ => throw new ProtocolException("Invalid build mode"),
    };

    public static ulong Wire(this BuildMode mode) => mode switch
    {
        BuildMode.Normal => 0,
        BuildMode.Repair => 1,
        BuildMode.Check => 2,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>A derivation without input derivations, as a client sends one to be built.</summary>
    /// <exception cref="FormatsException">It is malformed.</exception>
    public static Derivation BasicDerivation(this WireReader from, StoreDir dir, string name)
    {
        var outputs = new SortedDictionary<string, DerivationOutput>(StringComparer.Ordinal);
        for (ulong left = from.Number(); left > 0; left--)
        {
            string output = from.Text();
            byte[] path = from.Bytes(WireReader.MaxName);
            string method = from.Text();
            outputs[output] = DerivationOutputText.Parse(path, method, from.Text(), dir);
        }
        SortedSet<StorePath> sources = from.Paths(dir);
        string platform = from.Text();
        byte[] builder = from.Bytes(WireReader.MaxName);
        List<byte[]> arguments = from.List(() => from.Bytes(WireReader.MaxMessage));
        var variables = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        for (ulong left = from.Number(); left > 0; left--)
        {
            // Latin-1 keeps the order of bytes.
            string variable = Encoding.Latin1.GetString(from.Bytes(WireReader.MaxName));
            variables[variable] = from.Bytes(WireReader.MaxMessage);
        }
        var named = ImmutableArray.CreateBuilder<NamedOutput>(outputs.Count);
        foreach (var (output, value) in outputs) named.Add(new NamedOutput(output, value));
        var environment = ImmutableArray.CreateBuilder<EnvironmentVariable>(variables.Count);
        foreach (var (variable, value) in variables) environment.Add(new EnvironmentVariable(Encoding.Latin1.GetBytes(variable), value));
        return new Derivation
        {
            Name = name,
            Outputs = named.ToImmutable(),
            InputSources = [.. sources],
            Platform = platform,
            Builder = builder,
            Arguments = [.. arguments],
            Environment = environment.ToImmutable(),
        };
    }

    public static void BasicDerivation(this WireWriter to, StoreDir dir, Derivation derivation)
    {
        to.Number((ulong)derivation.Outputs.Length);
        foreach ((string name, DerivationOutput output) in derivation.Outputs)
        {
            to.Text(name);
            (string path, string method, string hash) = output switch
            {
                DerivationOutput.InputAddressed known => (dir.Print(known.Path), "", ""),
                DerivationOutput.Fixed known => (dir.Print(known.KnownPath(dir, derivation.Name, name)!.Value), known.Address.MethodAlgorithm, known.Address.Hash.ToString(HashFormat.Base16, false)),
                DerivationOutput.Floating floating => ("", floating.Method.Prefix() + floating.Algorithm.Name(), ""),
                DerivationOutput.Impure impure => ("", impure.Method.Prefix() + impure.Algorithm.Name(), "impure"),
                _ => ("", "", ""),
            };
            to.Text(path);
            to.Text(method);
            to.Text(hash);
        }
        to.Paths(dir, derivation.InputSources);
        to.Text(derivation.Platform);
        to.Bytes(derivation.Builder);
        to.Number((ulong)derivation.Arguments.Length);
        foreach (byte[] argument in derivation.Arguments) to.Bytes(argument);
        to.Number((ulong)derivation.Environment.Length);
        foreach ((byte[] name, byte[] value) in derivation.Environment)
        {
            to.Bytes(name);
            to.Bytes(value);
        }
    }

    /// <summary>What of a result differs between the versions of a protocol.</summary>
    /// <param name="Times">How often and when it was built.</param>
    /// <param name="CpuTimes">What it cost.</param>
    /// <param name="Outputs">What it made.</param>
    internal readonly record struct ResultParts(bool Times, bool CpuTimes, bool Outputs)
    {
        public static ResultParts OfWorker(ProtocolVersion version) =>
            new(version >= WorkerProtocol.BuildTimes, version >= WorkerProtocol.CpuTimes, version >= WorkerProtocol.BuiltOutputs);
    }

    /// <param name="derivations">Tells by what realisations are known.</param>
    public static void Result(this WireWriter to, BuildResult result, ResultParts parts, Func<BuildResult, IReadOnlyList<Realisation>> realisations)
    {
        to.Number(result.Status switch
        {
            BuildStatus.HashMismatch => (ulong)BuildStatus.OutputRejected,
            BuildStatus.Cancelled => (ulong)BuildStatus.MiscFailure,
            _ => (ulong)result.Status,
        });
        to.Text(result.Error ?? (result.Succeeded ? "" : "cancelled"));
        if (parts.Times)
        {
            to.Number(result.Started is null ? 0UL : 1);
            to.Bool(result.Status == BuildStatus.NotDeterministic);
            to.Number((ulong)(result.Started?.ToUnixTimeSeconds() ?? 0));
            to.Number((ulong)((result.Started + result.Elapsed)?.ToUnixTimeSeconds() ?? 0));
        }
        if (parts.CpuTimes)
        {
            Microseconds(to, result.Cpu?.User);
            Microseconds(to, result.Cpu?.System);
        }
        if (!parts.Outputs) return;
        IReadOnlyList<Realisation> made = result.Succeeded ? realisations(result) : [];
        to.Number((ulong)made.Count);
        foreach (Realisation realisation in made)
        {
            to.Text(realisation.Id.ToString());
            to.Bytes(realisation.ToJson());
        }
    }

    /// <exception cref="FormatsException">It is malformed.</exception>
    public static BuildResult Result(this WireReader from, DerivedPath path, ResultParts parts)
    {
        ulong status = from.Number();
        if (status > (ulong)BuildStatus.NoSubstituters || status == 7) throw new ProtocolException($"Invalid BuildResult status {status} from remote");
        string error = from.Text(WireReader.MaxMessage);
        DateTimeOffset? started = null;
        TimeSpan elapsed = default;
        if (parts.Times)
        {
            from.Number();
            from.Bool();
            ulong start = from.Number(), stop = from.Number();
            if (start is > 0 and < 1UL << 36)
            {
                started = DateTimeOffset.FromUnixTimeSeconds((long)start);
                elapsed = TimeSpan.FromSeconds(stop > start && stop - start < 1UL << 32 ? stop - start : 0);
            }
        }
        TimeSpan? user = parts.CpuTimes ? Microseconds(from) : null, system = parts.CpuTimes ? Microseconds(from) : null;
        var outputs = new SortedDictionary<string, StorePath>(StringComparer.Ordinal);
        var realisations = new List<Realisation>();
        for (ulong left = parts.Outputs ? from.Number() : 0; left > 0; left--)
        {
            string name = DerivationOutputId.Parse(from.Text()).OutputName;
            var realisation = Realisation.Parse(from.Bytes(WireReader.MaxMessage));
            outputs[name] = realisation.OutPath;
            realisations.Add(realisation);
        }
        var result = new BuildResult(path, (BuildStatus)status, null, outputs, started, elapsed)
        {
            Realisations = realisations,
            Cpu = user is { } inProgram && system is { } inKernel ? new CpuTimes(inProgram, inKernel) : null,
        };
        return result.Succeeded ? result : result with { Error = error };
    }

    // A duration that may be missing: a tag, and behind a 1 the microseconds.
    private static void Microseconds(WireWriter to, TimeSpan? time)
    {
        to.Number(time is null ? 0UL : 1);
        if (time is { } known) to.Number((ulong)(long)known.TotalMicroseconds);
    }

    private static TimeSpan? Microseconds(WireReader from)
    {
        ulong tag = from.Number();
        if (tag > 1) throw new ProtocolException("Invalid optional tag from remote");
        // A number that no clock counts to is not a reason to lose the rest of the answer.
        return tag == 0 ? null : TimeSpan.FromMicroseconds(Math.Min(from.Number(), 1UL << 52));
    }
}

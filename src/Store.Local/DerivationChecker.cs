using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using Firn.Formats;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.Realisations;
using Firn.Formats.StorePaths;
using Firn.Store.Local.Posix;

namespace Firn.Store.Local;

/// <summary>Reads derivations of the store and makes sure that their output paths follow from their inputs.</summary>
internal sealed class DerivationChecker(LocalStoreOptions options)
{
    private readonly ConcurrentDictionary<StorePath, DerivationHash> _hashes = new();

    /// <summary>The outputs of a derivation whose paths are known before the build.</summary>
    /// <exception cref="StoreException">It cannot be read, is malformed, or names a wrong path.</exception>
    internal IReadOnlyList<DerivationOutputPath> ReadOutputs(StorePath path)
    {
        Derivation derivation = Read(path);
        try
        {
            DerivationOutputPaths.Check(derivation, options.StoreDir, HashOf);
        }
        catch (FormatsException e)
        {
            throw new StoreException(e.Message, e) { Trace = "while checking derivation '" + options.StoreDir.Print(path) + "'" };
        }
        var outputs = new List<DerivationOutputPath>();
        foreach (var (name, output) in derivation.OutputPaths(options.StoreDir))
            if (output is { } known) outputs.Add(new DerivationOutputPath(name, known));
        return outputs;
    }

    /// <summary>The outputs of a derivation that have a path since it was built only.</summary>
    /// <exception cref="StoreException">It cannot be read, or one that it needs.</exception>
    internal IReadOnlyList<DerivationOutputPath> RealisedOutputs(StorePath path, Func<DerivationOutputId, Realisation?> find)
    {
        Derivation derivation = Read(path);
        if (derivation.Type is not (DerivationType.Floating or DerivationType.DeferredInputAddressed)) return [];
        Hash hash = DerivationHash.Of(derivation, options.StoreDir, maskOutputs: true, HashOf).Hash;
        var outputs = new List<DerivationOutputPath>();
        foreach (NamedOutput output in derivation.Outputs)
            if (find(new DerivationOutputId(hash, output.Name)) is { } realisation) outputs.Add(new DerivationOutputPath(output.Name, realisation.OutPath));
        return outputs;
    }

    private Derivation Read(StorePath path)
    {
        string file = options.RealStoreDir + "/" + path.BaseName;
        byte[] text = Files.ReadSmallFile(file) ?? throw new PosixException(Libc.ENOENT, "opening file " + Files.Quote(file));
        try
        {
            return DerivationReader.Parse(text, path.DerivationName, options.StoreDir);
        }
        catch (FormatsException e)
        {
            throw new StoreException("error parsing derivation '" + options.StoreDir.Print(path) + "': " + e.Message, e);
        }
    }

    private DerivationHash HashOf(StorePath path)
    {
        if (_hashes.TryGetValue(path, out DerivationHash? hash)) return hash;
        return _hashes[path] = DerivationHash.Of(Read(path), options.StoreDir, maskOutputs: false, HashOf);
    }
}

using System.Collections.Generic;
using System.Collections.Immutable;
using Firn.Formats;
using Firn.Formats.Derivations;
using Firn.Formats.StorePaths;

namespace Firn.Eval.Store.Derivations;

/// <summary>The derivations that an evaluation has met, and their hashes modulo fixed outputs.</summary>
public sealed class DerivationTable
{
    private readonly EvalStoreOptions _options;
    private readonly PendingTexts _texts;
    private readonly Dictionary<StorePath, DerivationHash> _hashes = [];
    private readonly Dictionary<StorePath, Derivation> _made = [];

    internal DerivationTable(EvalStoreOptions options, PendingTexts texts)
    {
        _options = options;
        _texts = texts;
    }

    /// <summary>A derivation by its path: of this evaluation or from the store.</summary>
    /// <exception cref="Firn.Store.InvalidPathException">There is none.</exception>
    /// <exception cref="FormatsException">The file is damaged.</exception>
    public Derivation Read(StorePath path)
    {
        if (_made.TryGetValue(path, out Derivation? made))
        {
            return made;
        }

        if (!_options.Infos.IsValid(path))
        {
            throw new Firn.Store.InvalidPathException(_options.StoreDir, path);
        }

        try
        {
            return DerivationReader.Parse(_options.Contents.ReadFile(path), path.DerivationName, _options.StoreDir);
        }
        catch (FormatsException e)
        {
            throw new FormatsException($"error parsing derivation '{_options.StoreDir.Print(path)}': {e.Message}");
        }
    }

    /// <summary>The hash of an input derivation.</summary>
    public DerivationHash HashOf(StorePath path)
    {
        if (!_hashes.TryGetValue(path, out DerivationHash? hash))
        {
            hash = DerivationHash.Of(Read(path), _options.StoreDir, false, HashOf);
            _hashes[path] = hash;
        }

        return hash;
    }

    /// <summary>The closure of a derivation, sources and derivations, sorted.</summary>
    internal SortedSet<StorePath> Closure(StorePath path)
    {
        _texts.Flush();
        return Firn.Store.StoreQueries.Closure(_options.Infos, [path]);
    }

    /// <summary>Computes the path of a finished derivation, remembers it, and writes it unless the store is only read.</summary>
    internal StorePath Add(Derivation derivation)
    {
        byte[] text = DerivationWriter.ToBytes(derivation, _options.StoreDir);
        ImmutableArray<StorePath> references = derivation.References;
        StorePath path = _options.StoreDir.MakeText(derivation.Name + StorePath.DerivationExtension, Formats.Hashing.Hash.Sha256(text), references);
        if (_hashes.ContainsKey(path))
        {
            return path;
        }

        _hashes.Add(path, DerivationHash.Of(derivation, _options.StoreDir, false, HashOf));
        _made[path] = derivation;
        if (!_options.ReadOnly)
        {
            List<Firn.Store.DerivationOutputPath> outputs = new(derivation.Outputs.Length);
            foreach (NamedOutput output in derivation.Outputs)
            {
                if (output.Output.KnownPath(_options.StoreDir, derivation.Name, output.Name) is StorePath known)
                {
                    outputs.Add(new Firn.Store.DerivationOutputPath(output.Name, known));
                }
            }

            _texts.Add(path, text, references, outputs);
        }

        return path;
    }
}

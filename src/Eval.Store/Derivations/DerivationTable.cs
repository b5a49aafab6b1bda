using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Text;
using Firn.Eval.Evaluation;
using Firn.Formats;
using Firn.Formats.Derivations;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;

namespace Firn.Eval.Store.Derivations;

/// <summary>The derivations that an evaluation has met, and their hashes modulo fixed outputs.</summary>
public sealed class DerivationTable
{
    private readonly EvalStoreOptions _options;
    private readonly PendingTexts _texts;
    private readonly Dictionary<StorePath, DerivationHash> _hashes = [];

    // Outputs have few names, and very many inputs name them.
    private readonly Dictionary<byte[], string> _outputNames = new(ByteArrayComparer.Instance);

    // Texts of derivations are large; one buffer for all keeps them off the heap for large objects.
    private readonly ByteBuffer _scratch = new(1 << 16);

    private readonly Func<StorePath, DerivationHash> _hashOf;

    internal DerivationTable(EvalStoreOptions options, PendingTexts texts)
    {
        _hashOf = HashOf;
        _options = options;
        _texts = texts;
    }

    /// <summary>A derivation by its path: of this evaluation or from the store.</summary>
    /// <exception cref="Firn.Store.InvalidPathException">There is none.</exception>
    /// <exception cref="FormatsException">The file is damaged.</exception>
    public Derivation Read(StorePath path)
    {
        if (_texts.TryGet(path, out Firn.Store.TextObject? pending))
        {
            return DerivationReader.Parse(pending.Contents.Span, path.DerivationName, _options.StoreDir);
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
            hash = DerivationHash.Of(Read(path), _options.StoreDir, false, _hashOf, _scratch);
            _hashes[path] = hash;
        }

        return hash;
    }

    /// <summary>The name of an output as text.</summary>
    internal string OutputName(byte[] name)
    {
        if (!_outputNames.TryGetValue(name, out string? text))
        {
            text = Encoding.UTF8.GetString(name);
            _outputNames.Add(name, text);
        }

        return text;
    }

    /// <summary>The hash from which the output paths of a derivation follow.</summary>
    internal DerivationHash MaskedHashOf(Derivation derivation) => DerivationHash.Of(derivation, _options.StoreDir, true, _hashOf, _scratch);

    /// <summary>The closure of a derivation, sources and derivations, sorted.</summary>
    internal SortedSet<StorePath> Closure(StorePath path)
    {
        _texts.Flush();
        return Firn.Store.StoreQueries.Closure(_options.Infos, [path]);
    }

    /// <summary>Computes the path of a finished derivation, remembers it, and writes it unless the store is only read.</summary>
    internal StorePath Add(Derivation derivation)
    {
        _scratch.Clear();
        DerivationWriter.Write(derivation, _options.StoreDir, _scratch);
        ImmutableArray<StorePath> references = derivation.References;
        StorePath path = _options.StoreDir.MakeText(derivation.Name + StorePath.DerivationExtension, Formats.Hashing.Hash.Sha256(_scratch.Span), references);
        if (_hashes.ContainsKey(path))
        {
            return path;
        }

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

            _texts.Add(path, _scratch.Span, references, outputs);
        }

        _hashes.Add(path, DerivationHash.Of(derivation, _options.StoreDir, false, _hashOf, _scratch));

        return path;
    }
}

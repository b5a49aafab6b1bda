using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Eval.Store;

/// <summary>
/// Texts that evaluation makes, derivations above all, which go into the store together: a transaction for each of
/// thousands would take most of the time of an evaluation. Each comes after what it refers to.
/// </summary>
public sealed class PendingTexts(ITextAdder store)
{
    // Enough to make the cost of a transaction small, few enough that what an interrupted run has done is not lost.
    private const int BatchSize = 4096;

    // Texts wait in pieces that are used again after each batch: an evaluation hardly ever collects garbage.
    private const int PieceSize = 64 << 10;
    private const int MostBytes = 4 << 20;

    private readonly List<byte[]> _pieces = [];
    private int _piece;
    private int _used;
    private int _bytes;

    private readonly HashSet<StorePath> _known = [];
    private readonly Dictionary<StorePath, TextObject> _pending = [];
    private readonly List<TextObject> _batch = [];

    /// <summary>Adds a copy of a text, unless that path was added before.</summary>
    public void Add(StorePath path, ReadOnlySpan<byte> contents, IReadOnlyList<StorePath> references, IReadOnlyList<DerivationOutputPath>? outputs)
    {
        if (!_known.Add(path))
        {
            return;
        }

        TextObject text = new() { Path = path, Contents = Keep(contents), References = references, DerivationOutputs = outputs };
        _batch.Add(text);
        _pending.Add(path, text);
        if (_batch.Count == BatchSize || _bytes >= MostBytes)
        {
            Flush();
        }
    }

    /// <summary>A text that is not in the store yet.</summary>
    public bool TryGet(StorePath path, [NotNullWhen(true)] out TextObject? text) => _pending.TryGetValue(path, out text);

    /// <summary>Writes what has been added. Does nothing when there is nothing to write.</summary>
    /// <exception cref="StoreException">The store cannot be written.</exception>
    public void Flush()
    {
        if (_batch.Count == 0)
        {
            return;
        }

        TextObject[] batch = [.. _batch];
        _batch.Clear();
        _pending.Clear();
        try
        {
            store.AddTexts(batch);
        }
        finally
        {
            // Nobody has the texts any more, whatever came of them.
            _piece = _used = _bytes = 0;
        }
    }

    private ReadOnlyMemory<byte> Keep(ReadOnlySpan<byte> contents)
    {
        _bytes += contents.Length;
        if (contents.Length > PieceSize / 2)
        {
            return contents.ToArray();
        }

        if (_used + contents.Length > PieceSize)
        {
            _piece++;
            _used = 0;
        }

        if (_piece == _pieces.Count)
        {
            _pieces.Add(new byte[PieceSize]);
        }

        Memory<byte> kept = _pieces[_piece].AsMemory(_used, contents.Length);
        contents.CopyTo(kept.Span);
        _used += contents.Length;
        return kept;
    }
}

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Firn.Formats.Hashing;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;

namespace Firn.Formats.References;

/// <summary>
/// Finds which of many store paths a stream refers to: those whose hash part occurs in it. One pass, most bytes are
/// skipped where they are no digits of nix32; chunks may cut a hash part anywhere.
/// </summary>
public sealed class ReferenceScanner : IByteSink
{
    private const int Length = StorePath.HashLength;

    // By the first eight digits: nearly always one candidate, or several of the same beginning.
    private readonly Dictionary<ulong, List<int>> _byStart = [];
    private readonly StorePath[] _candidates;
    private readonly byte[][] _hashParts;
    private readonly bool[] _found;
    private readonly byte[] _border = new byte[2 * Length];
    private int _tail, _missing;

    public ReferenceScanner(IEnumerable<StorePath> candidates)
    {
        _candidates = [.. candidates];
        _found = new bool[_candidates.Length];
        _hashParts = new byte[_candidates.Length][];
        _missing = _candidates.Length;
        for (int i = 0; i < _candidates.Length; i++)
        {
            _hashParts[i] = Encoding.ASCII.GetBytes(_candidates[i].HashPart);
            ref List<int>? same = ref CollectionsMarshal.GetValueRefOrAddDefault(_byStart, MemoryMarshal.Read<ulong>(_hashParts[i]), out _);
            (same ??= []).Add(i);
        }
    }

    /// <summary>The candidates found so far, sorted.</summary>
    public ImmutableArray<StorePath> Found
    {
        get
        {
            List<StorePath> found = [];
            for (int i = 0; i < _found.Length; i++)
            {
                if (_found[i])
                {
                    found.Add(_candidates[i]);
                }
            }

            found.Sort();
            return [.. found];
        }
    }

    public void Write(ReadOnlySpan<byte> data)
    {
        if (_missing == 0 || data.IsEmpty)
        {
            return;
        }

        // What lies across the border: the end of what came before and the start of this.
        int start = Math.Min(data.Length, Length - 1);
        data[..start].CopyTo(_border.AsSpan(_tail));
        Search(_border.AsSpan(0, _tail + start));
        Search(data);
        if (data.Length >= Length - 1)
        {
            _tail = Length - 1;
            data[^_tail..].CopyTo(_border);
        }
        else
        {
            int all = _tail + start, keep = Math.Min(all, Length - 1);
            _border.AsSpan(all - keep, keep).CopyTo(_border);
            _tail = keep;
        }
    }

    private static ReadOnlySpan<bool> Digits =>
    [
        false, false, false, false, false, false, false, false, false, false, false, false, false, false, false, false,
        false, false, false, false, false, false, false, false, false, false, false, false, false, false, false, false,
        false, false, false, false, false, false, false, false, false, false, false, false, false, false, false, false,
        true, true, true, true, true, true, true, true, true, true, false, false, false, false, false, false,
        false, false, false, false, false, false, false, false, false, false, false, false, false, false, false, false,
        false, false, false, false, false, false, false, false, false, false, false, false, false, false, false, false,
        false, true, true, true, true, false, true, true, true, true, true, true, true, true, true, false,
        true, true, true, true, false, false, true, true, true, true, true, false, false, false, false, false,
    ];

    private void Search(ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<bool> digits = Digits;
        // Bytes from the window's start up to `known` are digits already; none is looked at twice.
        int at = 0, known = 0;
        while (at + Length <= data.Length)
        {
            int last = at + Length - 1, back = last;
            while (back >= known && data[back] < 128 && digits[data[back]])
            {
                back--;
            }

            if (back >= known)
            {
                at = back + 1;
            }
            else
            {
                Match(data.Slice(at, Length));
                at++;
            }

            known = last + 1;
        }
    }

    private void Match(ReadOnlySpan<byte> digits)
    {
        if (!_byStart.TryGetValue(MemoryMarshal.Read<ulong>(digits), out List<int>? candidates))
        {
            return;
        }

        foreach (int candidate in candidates)
        {
            if (!_found[candidate] && digits.SequenceEqual(_hashParts[candidate]))
            {
                _found[candidate] = true;
                _missing--;
            }
        }
    }
}

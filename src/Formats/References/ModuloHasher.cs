using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Firn.Formats.Hashing;
using Firn.Formats.Sinks;

namespace Firn.Formats.References;

/// <summary>
/// Hashes contents that may name their own store path: each occurrence of the hash part counts as zeros. Nix before 2.17
/// and after 2.34 hashes the places of all in the end, as "|" and a decimal offset in bytes; the versions between don't.
/// </summary>
/// <param name="places">Hash the places too.</param>
public sealed class ModuloHasher(HashAlgorithm algorithm, string hashPart, bool places = false) : IByteSink
{
    private readonly Hasher _hasher = new(algorithm);
    private readonly byte[] _modulus = Encoding.ASCII.GetBytes(hashPart);
    private readonly List<long> _matches = [];
    private byte[] _window = [];
    private int _length;
    private long _position;

    public void Write(ReadOnlySpan<byte> data)
    {
        if (_window.Length < _length + data.Length) Array.Resize(ref _window, Math.Max(_window.Length * 2, _length + data.Length));
        data.CopyTo(_window.AsSpan(_length));
        _length += data.Length;
        Span<byte> window = _window.AsSpan(0, _length);
        for (int at = 0; ;)
        {
            int found = window[at..].IndexOf(_modulus);
            if (found < 0) break;
            at += found;
            if (places) _matches.Add(_position + at);
            window.Slice(at, _modulus.Length).Clear();
            at += _modulus.Length;
        }
        // The end may be the start of an occurrence.
        Emit(_length - Math.Min(_length, _modulus.Length - 1));
    }

    private void Emit(int count)
    {
        _hasher.Write(_window.AsSpan(0, count));
        _window.AsSpan(count, _length - count).CopyTo(_window);
        _length -= count;
        _position += count;
    }

    /// <summary>The hash; nothing can be written after.</summary>
    public Hash Finish()
    {
        Emit(_length);
        foreach (long match in _matches) _hasher.Write(Encoding.ASCII.GetBytes("|" + match.ToString(CultureInfo.InvariantCulture)));
        return _hasher.Finish();
    }
}

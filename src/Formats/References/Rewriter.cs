using System;
using System.Collections.Generic;
using System.Text;
using Firn.Formats.Sinks;

namespace Firn.Formats.References;

/// <summary>Replaces texts in a stream by others of the same length, such as store paths by store paths of that name.</summary>
public sealed class Rewriter : IByteSink
{
    private const int Chunk = 256 * 1024;

    private readonly IByteSink _to;
    private readonly List<(byte[] From, byte[] To)> _rules = [];
    private readonly int _longest;
    private byte[] _window = new byte[Chunk];
    private int _length;

    /// <param name="rules">What is replaced by what.</param>
    /// <exception cref="ArgumentException">Lengths differ.</exception>
    public Rewriter(IEnumerable<KeyValuePair<string, string>> rules, IByteSink to)
    {
        _to = to;
        foreach (KeyValuePair<string, string> rule in rules)
        {
            (byte[] from, byte[] by) = (Encoding.UTF8.GetBytes(rule.Key), Encoding.UTF8.GetBytes(rule.Value));
            if (from.Length != by.Length || from.Length == 0)
            {
                throw new ArgumentException("Texts must have the same length.", nameof(rules));
            }

            _rules.Add((from, by));
            _longest = Math.Max(_longest, from.Length);
        }
    }

    public void Write(ReadOnlySpan<byte> data)
    {
        if (_window.Length < _length + data.Length)
        {
            Array.Resize(ref _window, Math.Max(_window.Length * 2, _length + data.Length));
        }

        data.CopyTo(_window.AsSpan(_length));
        _length += data.Length;
        if (_length >= Chunk)
        {
            Emit(Math.Max(_longest - 1, 0));
        }
    }

    /// <summary>Hands on what was held back since more could have made it an occurrence.</summary>
    public void Flush() => Emit(0);

    private void Emit(int keep)
    {
        foreach ((byte[] from, byte[] by) in _rules)
        {
            Span<byte> rest = _window.AsSpan(0, _length);
            for (int at; (at = rest.IndexOf(from)) >= 0; rest = rest[(at + from.Length)..])
            {
                by.CopyTo(rest[at..]);
            }
        }

        int count = Math.Max(0, _length - keep);
        _to.Write(_window.AsSpan(0, count));
        _window.AsSpan(count, _length - count).CopyTo(_window);
        _length -= count;
    }
}

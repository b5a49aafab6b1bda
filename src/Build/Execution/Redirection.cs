using System;
using System.Collections.Generic;
using System.Text;
using Firn.Formats.Hashing;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Build.Execution;

/// <summary>
/// Outputs that cannot be written where they belong, for something valid is there: the builder gets other paths, with
/// hash parts of the same length, and its outputs are corrected afterwards.
/// </summary>
internal sealed class Redirection
{
    /// <summary>Everything is written where it belongs.</summary>
    public static readonly Redirection None = new([]);

    private readonly Dictionary<StorePath, StorePath> _scratch;

    private Redirection(Dictionary<StorePath, StorePath> scratch) => _scratch = scratch;

    /// <summary>The paths that the builder gets instead.</summary>
    public IEnumerable<StorePath> Scratch => _scratch.Values;

    /// <summary>Whether there is anything to correct.</summary>
    public bool IsEmpty => _scratch.Count == 0;

    /// <summary>Redirects the outputs that are valid.</summary>
    public static Redirection Of(IPathInfos store, StorePath derivation, IReadOnlyList<(string Name, StorePath Path)> outputs)
    {
        Dictionary<StorePath, StorePath> scratch = [];
        foreach ((string _, StorePath path) in outputs)
        {
            if (store.IsValid(path))
            {
                // Of a type that no object of the store has.
                byte[] type = Encoding.UTF8.GetBytes($"rewrite:{derivation.BaseName}:{path.BaseName}");
                scratch[path] = store.StoreDir.Make(type, new Hash(HashAlgorithm.Sha256, new byte[32]), path.Name);
            }
        }

        return scratch.Count == 0 ? None : new Redirection(scratch);
    }

    /// <summary>Where the builder is to write an output.</summary>
    public StorePath PlaceOf(StorePath path) => _scratch.GetValueOrDefault(path, path);

    /// <summary>Hash parts in what the builder gets, and what they are replaced by.</summary>
    public IEnumerable<(string From, string To)> Rules
    {
        get
        {
            foreach ((StorePath path, StorePath scratch) in _scratch)
            {
                yield return (path.HashPart, scratch.HashPart);
            }
        }
    }

    /// <summary>A sink that puts the right hash parts back into what is written through it.</summary>
    public CorrectingSink Correct(IByteSink to) => new(this, to);

    /// <summary>Replaces hash parts in a stream, however it is cut; <see cref="Flush"/> writes what it held back.</summary>
    public sealed class CorrectingSink : IByteSink
    {
        private const int Length = StorePath.HashLength;

        private readonly List<(byte[] From, byte[] To)> _rules = [];
        private readonly IByteSink _to;
        private byte[] _held = [];

        internal CorrectingSink(Redirection redirection, IByteSink to)
        {
            _to = to;
            foreach ((string original, string scratch) in redirection.Rules)
            {
                _rules.Add((Encoding.ASCII.GetBytes(scratch), Encoding.ASCII.GetBytes(original)));
            }
        }

        /// <inheritdoc/>
        public void Write(ReadOnlySpan<byte> data)
        {
            byte[] text = [.. _held, .. data];
            foreach ((byte[] from, byte[] to) in _rules)
            {
                Span<byte> rest = text;
                for (int at = rest.IndexOf(from); at >= 0; at = rest.IndexOf(from))
                {
                    to.CopyTo(rest[at..]);
                    rest = rest[(at + Length)..];
                }
            }

            // The end may be the start of a hash part.
            int keep = Math.Min(text.Length, Length - 1);
            _to.Write(text.AsSpan(0, text.Length - keep));
            _held = text[^keep..];
        }

        /// <summary>Writes the rest.</summary>
        public void Flush()
        {
            _to.Write(_held);
            _held = [];
        }
    }
}

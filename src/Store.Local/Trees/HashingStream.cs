using System;
using System.IO;
using Firn.Formats.Hashing;
using Firn.Formats.Sinks;
using Firn.Store.Transfer;

namespace Firn.Store.Local.Trees;

/// <summary>Hashes what is read through it.</summary>
internal sealed class HashingStream(Stream source, HashAlgorithm algorithm) : ForwardReader
{
    private readonly BackgroundHasher _hasher = new(algorithm);
    private readonly byte[] _pending = new byte[32 * 1024];
    private int _length;

    /// <summary>Bytes read so far.</summary>
    internal ulong Count { get; private set; }

    /// <summary>The hash of all that was read; ends the stream.</summary>
    internal Hash Finish()
    {
        Flush();
        return _hasher.Finish();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _hasher.Dispose();
        base.Dispose(disposing);
    }

    public override void Flush()
    {
        if (_length > 0) _hasher.Write(_pending.AsSpan(0, _length));
        _length = 0;
    }

    // A NAR is read in pieces of eight bytes; hashing wants longer ones.
    public override int Read(Span<byte> buffer)
    {
        int n = source.Read(buffer);
        Count += (ulong)n;
        if (n > _pending.Length - _length) Flush();
        if (n > _pending.Length) _hasher.Write(buffer[..n]);
        else
        {
            buffer[..n].CopyTo(_pending.AsSpan(_length));
            _length += n;
        }
        return n;
    }
}

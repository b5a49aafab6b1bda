using System;
using System.IO;
using Firn.Formats.Hashing;
using Firn.Formats.Sinks;
using Firn.Store.Transfer;

namespace Firn.Store.Local.Trees;

/// <summary>Hashes what is read through it.</summary>
internal sealed class HashingStream(Stream source, HashAlgorithm algorithm) : ForwardReader, ISpanSource
{
    private readonly ISpanSource? _spans = source as ISpanSource;
    private readonly BackgroundHasher _hasher = new(algorithm, aside: source is not ISpanSource { IsWhole: true });
    private byte[]? _chunk;
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

    public bool IsWhole => _spans is { IsWhole: true };

    public ReadOnlySpan<byte> Take(int max)
    {
        ReadOnlySpan<byte> taken;
        if (_spans is not null)
        {
            taken = _spans.Take(max);
        }
        else
        {
            _chunk ??= new byte[1 << 16];
            taken = _chunk.AsSpan(0, source.Read(_chunk.AsSpan(0, Math.Min(max, _chunk.Length))));
        }
        Hash(taken);
        return taken;
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
        Hash(buffer[..n]);
        return n;
    }

    private void Hash(ReadOnlySpan<byte> read)
    {
        Count += (ulong)read.Length;
        if (read.Length > _pending.Length - _length) Flush();
        if (read.Length > _pending.Length)
        {
            _hasher.Write(read);
            return;
        }
        read.CopyTo(_pending.AsSpan(_length));
        _length += read.Length;
    }
}

using System;
using System.IO;

namespace Firn.Formats.Sinks;

/// <summary>Tells how much was read of a stream: from time to time, and at its end.</summary>
public sealed class CountedReader(Stream inner, Action<ulong> told) : ForwardReader, ISpanSource
{
    // So that the telling costs nothing beside the reading.
    private const ulong Step = 1 << 18;

    private readonly ISpanSource? _spans = inner as ISpanSource;
    private byte[]? _chunk;
    private ulong _count, _told;

    /// <inheritdoc/>
    public bool IsWhole => _spans is { IsWhole: true };

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int n = inner.Read(buffer);
        Count(n);
        return n;
    }

    /// <inheritdoc/>
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
            taken = _chunk.AsSpan(0, inner.Read(_chunk.AsSpan(0, Math.Min(max, _chunk.Length))));
        }

        Count(taken.Length);
        return taken;
    }

    private void Count(int n)
    {
        _count += (ulong)n;
        if (_count - _told >= Step)
        {
            Tell();
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Tell();
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Tell()
    {
        if (_count != _told)
        {
            _told = _count;
            told(_count);
        }
    }
}

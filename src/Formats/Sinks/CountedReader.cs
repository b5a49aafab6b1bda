using System;
using System.IO;

namespace Firn.Formats.Sinks;

/// <summary>Tells how much was read of a stream: from time to time, and at its end.</summary>
public sealed class CountedReader(Stream inner, Action<ulong> told) : ForwardReader
{
    // So that the telling costs nothing beside the reading.
    private const ulong Step = 1 << 18;

    private ulong _count, _told;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int n = inner.Read(buffer);
        _count += (ulong)n;
        if (_count - _told >= Step)
        {
            Tell();
        }

        return n;
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

using System;

namespace Firn.Formats.Sinks;

/// <summary>A stream whose bytes can be read where they lie, without copying them.</summary>
public interface ISpanSource
{
    /// <summary>All of it lies in memory: there is nothing to wait for while it is read.</summary>
    bool IsWhole { get; }

    /// <summary>The next bytes, which are read by that; valid until the next reading. Empty at the end.</summary>
    /// <param name="max">Most bytes that are wanted; at least 1.</param>
    ReadOnlySpan<byte> Take(int max);
}

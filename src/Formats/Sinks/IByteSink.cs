using System;
using System.IO;

namespace Firn.Formats.Sinks;

/// <summary>Takes a stream of bytes in chunks of any size.</summary>
public interface IByteSink
{
    /// <summary>Takes the next bytes; they are valid during the call only.</summary>
    void Write(ReadOnlySpan<byte> data);
}

/// <summary>Hands every chunk to two sinks, in order.</summary>
public sealed class TeeSink(IByteSink first, IByteSink second) : IByteSink
{
    public void Write(ReadOnlySpan<byte> data)
    {
        first.Write(data);
        second.Write(data);
    }
}

/// <summary>Writes to a <see cref="Stream"/>.</summary>
public sealed class StreamSink(Stream stream) : IByteSink
{
    public void Write(ReadOnlySpan<byte> data) => stream.Write(data);
}

/// <summary>Counts bytes and drops them.</summary>
public sealed class CountingSink : IByteSink
{
    /// <summary>Bytes seen so far.</summary>
    public ulong Count { get; private set; }

    public void Write(ReadOnlySpan<byte> data) => Count += (ulong)data.Length;
}

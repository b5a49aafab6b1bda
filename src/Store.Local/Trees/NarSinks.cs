using System;
using System.IO;
using Firn.Formats.Nar;
using Firn.Formats.Sinks;

namespace Firn.Store.Local.Trees;

/// <summary>There were more bytes than a <see cref="LimitedBuffer"/> takes.</summary>
internal sealed class BufferFullException : Exception;

/// <summary>Keeps bytes up to a limit.</summary>
internal sealed class LimitedBuffer(int limit) : IByteSink
{
    private readonly MemoryStream _bytes = new();

    /// <summary>All bytes from their start.</summary>
    internal Stream Open()
    {
        _bytes.Position = 0;
        return _bytes;
    }

    /// <exception cref="BufferFullException">They do not fit.</exception>
    public void Write(ReadOnlySpan<byte> data)
    {
        Expect(data.Length);
        _bytes.Write(data);
    }

    /// <exception cref="BufferFullException">So many bytes more do not fit.</exception>
    internal void Expect(long bytes)
    {
        if (_bytes.Length + bytes > limit) throw new BufferFullException();
    }
}

/// <summary>Finds out that a tree does not fit into a buffer before a large file of it is read.</summary>
internal sealed class SizeGuard(LimitedBuffer buffer) : INarSink
{
    public void BeginRegular(bool executable, long size) => buffer.Expect(size);

    public void Contents(ReadOnlySpan<byte> data) { }

    public void EndRegular() { }

    public void Symlink(ReadOnlySpan<byte> target) { }

    public void BeginDirectory() { }

    public void Entry(ReadOnlySpan<byte> name) { }

    public void EndDirectory() { }
}

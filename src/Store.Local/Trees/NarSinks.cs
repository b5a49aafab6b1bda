using System;
using System.IO;
using Firn.Formats.Nar;
using Firn.Formats.Sinks;

namespace Firn.Store.Local.Trees;

/// <summary>Hands every event to two sinks.</summary>
internal sealed class TeeNarSink(INarSink first, INarSink second) : INarSink
{
    public void BeginRegular(bool executable, long size)
    {
        first.BeginRegular(executable, size);
        second.BeginRegular(executable, size);
    }

    public void Contents(ReadOnlySpan<byte> data)
    {
        first.Contents(data);
        second.Contents(data);
    }

    public void EndRegular()
    {
        first.EndRegular();
        second.EndRegular();
    }

    public void Symlink(ReadOnlySpan<byte> target)
    {
        first.Symlink(target);
        second.Symlink(target);
    }

    public void BeginDirectory()
    {
        first.BeginDirectory();
        second.BeginDirectory();
    }

    public void Entry(ReadOnlySpan<byte> name)
    {
        first.Entry(name);
        second.Entry(name);
    }

    public void EndDirectory()
    {
        first.EndDirectory();
        second.EndDirectory();
    }
}

/// <summary>Takes a tree that is one regular file and hands on its contents.</summary>
/// <param name="path">For the message where it is none.</param>
internal sealed class FlatNarSink(IByteSink contents, string path) : INarSink
{
    public void BeginRegular(bool executable, long size) { }

    public void Contents(ReadOnlySpan<byte> data) => contents.Write(data);

    public void EndRegular() { }

    public void Symlink(ReadOnlySpan<byte> target) => Refuse();

    public void BeginDirectory() => Refuse();

    public void Entry(ReadOnlySpan<byte> name) => Refuse();

    public void EndDirectory() => Refuse();

    private void Refuse() => throw new StoreException("path '" + path + "' is not a regular file");
}

/// <summary>Drops the executable bit, as a file that is hashed flat has none.</summary>
internal sealed class PlainFileNarSink(INarSink next) : INarSink
{
    public void BeginRegular(bool executable, long size) => next.BeginRegular(false, size);

    public void Contents(ReadOnlySpan<byte> data) => next.Contents(data);

    public void EndRegular() => next.EndRegular();

    public void Symlink(ReadOnlySpan<byte> target) => next.Symlink(target);

    public void BeginDirectory() => next.BeginDirectory();

    public void Entry(ReadOnlySpan<byte> name) => next.Entry(name);

    public void EndDirectory() => next.EndDirectory();
}

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

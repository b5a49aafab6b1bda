using System;
using Firn.Formats.Nar;
using Firn.Formats.Sinks;

namespace Firn.Store.Transfer;

/// <summary>Hands every event to two sinks.</summary>
public sealed class TeeNarSink(INarSink first, INarSink second) : INarSink
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
public sealed class FlatNarSink(IByteSink contents, string path) : INarSink
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
public sealed class PlainFileNarSink(INarSink next) : INarSink
{
    public void BeginRegular(bool executable, long size) => next.BeginRegular(false, size);

    public void Contents(ReadOnlySpan<byte> data) => next.Contents(data);

    public void EndRegular() => next.EndRegular();

    public void Symlink(ReadOnlySpan<byte> target) => next.Symlink(target);

    public void BeginDirectory() => next.BeginDirectory();

    public void Entry(ReadOnlySpan<byte> name) => next.Entry(name);

    public void EndDirectory() => next.EndDirectory();
}

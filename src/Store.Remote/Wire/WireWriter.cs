using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;

namespace Firn.Store.Remote.Wire;

/// <summary>Writes what <see cref="WireReader"/> reads; nothing need leave before <see cref="Flush"/>. As a sink it takes raw bytes.</summary>
public sealed class WireWriter(Stream to) : IByteSink
{
    private const int Full = 64 * 1024;

    private readonly ByteBuffer _buffer = new(Full + 4096);

    public void Write(ReadOnlySpan<byte> data)
    {
        if (_buffer.Length + data.Length > Full) Send();
        if (data.Length >= Full) to.Write(data);
        else _buffer.Write(data);
    }

    public void Number(ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Write(bytes);
    }

    public void Bool(bool value) => Number(value ? 1UL : 0);

    public void Bytes(ReadOnlySpan<byte> text)
    {
        Number((ulong)text.Length);
        Write(text);
        Write(stackalloc byte[-text.Length & 7]);
    }

    public void Text(string text) => Bytes(Encoding.UTF8.GetBytes(text));

    public void Texts(IReadOnlyCollection<string> texts)
    {
        Number((ulong)texts.Count);
        foreach (string text in texts) Text(text);
    }

    public void Path(StoreDir dir, StorePath path) => Text(dir.Print(path));

    /// <summary>A path, or an empty text for none.</summary>
    public void PathOrNone(StoreDir dir, StorePath? path) => Text(path is { } there ? dir.Print(there) : "");

    public void Paths(StoreDir dir, IReadOnlyCollection<StorePath> paths)
    {
        Number((ulong)paths.Count);
        foreach (StorePath path in paths) Path(dir, path);
    }

    private void Send()
    {
        if (_buffer.Length == 0) return;
        to.Write(_buffer.Span);
        _buffer.Clear();
    }

    /// <summary>Sends what is left.</summary>
    public void Flush()
    {
        Send();
        to.Flush();
    }
}

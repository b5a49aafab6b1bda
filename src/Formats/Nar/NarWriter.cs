using System;
using System.Buffers.Binary;
using Firn.Formats.Hashing;
using Firn.Formats.Sinks;

namespace Firn.Formats.Nar;

/// <summary>Writes a NAR of the events it gets. Buffers; everything has been handed on after the root's last event.</summary>
/// <exception cref="SerialisationException">From every event: it has no place in a NAR.</exception>
public sealed class NarWriter(IByteSink sink) : INarSink
{
    private const int FlushSize = 1 << 16;

    // Most NARs are small, so it grows. Back where it came from after the root's last event.
    private readonly ByteBuffer _buffer = ByteBuffer.Borrow(4096);
    private byte[]?[]? _last;
    private long _size, _left;
    private int _depth;
    private bool _started;

    /// <summary>A NAR of one file.</summary>
    public static void WriteFile(ReadOnlySpan<byte> contents, bool executable, IByteSink sink)
    {
        NarWriter writer = new(sink);
        writer.BeginRegular(executable, contents.Length);
        writer.Contents(contents);
        writer.EndRegular();
    }

    /// <summary>The hash of a NAR of one file that is not executable.</summary>
    public static Hash HashFile(ReadOnlySpan<byte> contents)
    {
        Hasher hasher = new(HashAlgorithm.Sha256);
        WriteFile(contents, false, hasher);
        return hasher.Finish();
    }

    public void BeginRegular(bool executable, long size)
    {
        Open("regular"u8);
        if (executable)
        {
            Text("executable"u8);
            Text(default);
        }

        Text("contents"u8);
        Number((ulong)size);
        _size = _left = size;
    }

    public void Contents(ReadOnlySpan<byte> data)
    {
        _left -= data.Length;
        if (_left < 0)
        {
            throw new SerialisationException("a file is longer than announced");
        }

        if (data.Length < FlushSize / 2)
        {
            _buffer.Write(data);
            FlushIfFull();
        }
        else
        {
            Flush();
            sink.Write(data);
        }
    }

    public void EndRegular()
    {
        if (_left != 0)
        {
            throw new SerialisationException("a file is shorter than announced");
        }

        Pad(_size);
        Close();
    }

    public void Symlink(ReadOnlySpan<byte> target)
    {
        Open("symlink"u8);
        Text("target"u8);
        Text(target);
        Close();
    }

    public void BeginDirectory()
    {
        Open("directory"u8);
        _last ??= new byte[]?[NarFormat.MaxDepth];
        _last[_depth++] = null;
    }

    public void Entry(ReadOnlySpan<byte> name)
    {
        if (!NarFormat.IsName(name) || (_last![_depth - 1] is byte[] last && last.AsSpan().SequenceCompareTo(name) >= 0))
        {
            throw new SerialisationException("bad archive: NAR directory is not sorted");
        }

        if (_depth == NarFormat.MaxDepth)
        {
            throw new SerialisationException($"bad archive: NAR directory nesting exceeds maximum depth of {NarFormat.MaxDepth}");
        }

        _last[_depth - 1] = name.ToArray();
        Text("entry"u8);
        Text("("u8);
        Text("name"u8);
        Text(name);
        Text("node"u8);
    }

    public void EndDirectory()
    {
        _depth--;
        Close();
    }

    private void Open(ReadOnlySpan<byte> type)
    {
        if (!_started)
        {
            _started = true;
            Text(NarFormat.Magic);
        }

        Text("("u8);
        Text("type"u8);
        Text(type);
        FlushIfFull();
    }

    private void Close()
    {
        Text(")"u8);
        if (_depth > 0)
        {
            Text(")"u8);
            FlushIfFull();
        }
        else
        {
            Flush();
            _buffer.GiveBack();
        }
    }

    private void Number(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer.Reserve(8), value);
        _buffer.Advance(8);
    }

    private void Text(ReadOnlySpan<byte> text)
    {
        Number((ulong)text.Length);
        _buffer.Write(text);
        Pad(text.Length);
    }

    private void Pad(long length)
    {
        int padding = (int)(-length & 7);
        _buffer.Reserve(8)[..padding].Clear();
        _buffer.Advance(padding);
    }

    private void FlushIfFull()
    {
        if (_buffer.Length >= FlushSize)
        {
            Flush();
        }
    }

    private void Flush()
    {
        if (_buffer.Length > 0)
        {
            sink.Write(_buffer.Span);
            _buffer.Clear();
        }
    }
}

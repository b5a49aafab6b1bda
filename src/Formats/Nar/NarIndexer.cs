using System;
using System.Collections.Generic;
using System.IO;

namespace Firn.Formats.Nar;

/// <summary>Makes a listing of the events of a NAR. Offsets follow from the events, since a NAR has one form only.</summary>
public sealed class NarIndexer : INarSink
{
    private readonly Stack<(NarNode Directory, byte[] Name)> _directories = new();
    private byte[] _name = [];
    private NarNode? _root;
    private long _offset = Length("nix-archive-1".Length);

    /// <summary>The listing, once the root's last event has come.</summary>
    public NarNode Root => _root ?? throw new InvalidOperationException("There was no event.");

    /// <summary>The listing of a NAR.</summary>
    /// <exception cref="FormatsException">It is none.</exception>
    public static NarNode Read(Stream nar)
    {
        NarIndexer indexer = new();
        NarReader.Read(nar, indexer);
        return indexer.Root;
    }

    public void BeginRegular(bool executable, long size)
    {
        Open("regular".Length);
        _offset += (executable ? Length("executable".Length) + Length(0) : 0) + Length("contents".Length) + sizeof(ulong);
        Put(new NarNode(new NarFacts { Kind = NarKind.Regular, Executable = executable, Size = size, Offset = _offset }));
        _offset += Padded(size);
    }

    public void Contents(ReadOnlySpan<byte> data)
    {
    }

    public void EndRegular() => Close();

    public void Symlink(ReadOnlySpan<byte> target)
    {
        Open("symlink".Length);
        _offset += Length("target".Length) + Length(target.Length);
        Put(new NarNode(new NarFacts { Kind = NarKind.Symlink, Target = target.ToArray() }));
        Close();
    }

    public void BeginDirectory()
    {
        Open("directory".Length);
        NarNode directory = new(new NarFacts { Kind = NarKind.Directory });
        Put(directory);
        _directories.Push((directory, _name));
    }

    public void Entry(ReadOnlySpan<byte> name)
    {
        _name = name.ToArray();
        _offset += Length("entry".Length) + Length("(".Length) + Length("name".Length) + Length(name.Length) + Length("node".Length);
    }

    public void EndDirectory()
    {
        _directories.Pop();
        Close();
    }

    private void Put(NarNode node)
    {
        if (_directories.TryPeek(out (NarNode Directory, byte[] Name) parent))
        {
            parent.Directory.Add(_name, node);
        }
        else
        {
            _root = node;
        }
    }

    private void Open(int typeLength) => _offset += Length("(".Length) + Length("type".Length) + Length(typeLength);

    // Entries have a bracket of their own.
    private void Close() => _offset += Length(")".Length) * (_directories.Count > 0 ? 2 : 1);

    private static long Padded(long length) => (length + 7) & ~7L;

    private static long Length(int text) => sizeof(ulong) + Padded(text);
}

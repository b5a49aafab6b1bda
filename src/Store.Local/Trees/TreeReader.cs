using System;
using System.Buffers;
using System.Collections.Generic;
using Firn.Formats.Nar;
using Firn.Store.Local.Posix;
using Firn.Store.Transfer;

namespace Firn.Store.Local.Trees;

/// <summary>Reads a tree of files as the events of its NAR, following no symbolic link.</summary>
internal sealed class TreeReader
{
    private readonly INarSink _sink;
    private readonly SourceFilter? _filter;
    private readonly bool _caseHack;
    private readonly byte[] _buffer;
    private readonly BackgroundHasher? _room;

    private TreeReader(INarSink sink, SourceFilter? filter, bool caseHack, byte[] buffer, BackgroundHasher? room)
    {
        _room = room;
        _caseHack = caseHack;
        _sink = sink;
        _filter = filter;
        _buffer = buffer;
    }

    // Many trees are one small file, so the buffer is shared.
    private static void Read(int directory, byte[] name, byte[] path, INarSink sink, SourceFilter? filter, bool caseHack, BackgroundHasher? room)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(128 * 1024);
        try
        {
            new TreeReader(sink, filter, caseHack, buffer, room).Node(directory, name, path, 0);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <param name="path">Absolute.</param>
    /// <param name="filter">Asked about all entries but the root.</param>
    /// <param name="caseHack">Names have the suffixes of <see cref="CaseHack"/>.</param>
    /// <param name="room">Lends its memory for the contents of long files, which the sink hands to it.</param>
    /// <exception cref="StoreException">A file cannot be read, or is of a kind that has no NAR.</exception>
    internal static void Read(string path, INarSink sink, SourceFilter? filter = null, bool caseHack = false, BackgroundHasher? room = null)
    {
        byte[] bytes = Files.Bytes(path);
        if (!Files.TryStat(Files.WorkingDirectory, bytes, out _)) throw new StoreException("path '" + path + "' does not exist");
        Read(Files.WorkingDirectory, bytes, bytes, sink, filter, caseHack, room);
    }

    /// <summary>As <see cref="Read"/>, for a name in an open directory.</summary>
    internal static void ReadAt(int directory, byte[] name, string path, INarSink sink) =>
        Read(directory, name, Files.Bytes(path), sink, null, false, null);

    private void Node(int parent, byte[] name, byte[] path, byte type)
    {
        const byte directory = Files.DT_DIR, regular = 8, symlink = 10;
        if (type is not (directory or regular or symlink))
        {
            int error = Files.StatError(parent, name, out FileFacts facts);
            if (error != 0) throw new PosixException(error, "getting status of " + Files.Quote(Files.Text(path)));
            type = facts.IsDirectory ? directory : facts.IsRegular ? regular : facts.IsSymlink ? symlink
                : throw new StoreException("file " + Files.Quote(Files.Text(path)) + " has an unsupported type");
        }
        switch (type)
        {
            case directory:
                Directory(parent, name, path);
                break;
            case regular:
                Regular(parent, name, path);
                break;
            default:
                byte[] target = Files.ReadLink(parent, name, out int error) ?? throw new PosixException(error, "reading symbolic link " + Files.Quote(Files.Text(path)));
                _sink.Symlink(target);
                break;
        }
    }

    private void Regular(int parent, byte[] name, byte[] path)
    {
        // Without O_NONBLOCK a pipe that has taken the file's place would block the opening.
        using Descriptor file = Open(parent, name, path, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK, "opening file ");
        FileFacts facts = Files.Stat(file.Value);
        if (!facts.IsRegular) throw new StoreException("file " + Files.Quote(Files.Text(path)) + " has an unsupported type");
        long left = (long)facts.Size;
        _sink.BeginRegular((facts.Mode & 0x40) != 0, left);
        while (left > 0)
        {
            Span<byte> buffer = left >= _buffer.Length && _room != null ? _room.Reserve() : default;
            if (buffer.IsEmpty) buffer = _buffer;
            if (buffer.Length > left) buffer = buffer[..(int)left];
            int n = Read(file.Value, buffer, path);
            if (n == 0) throw new StoreException("file " + Files.Quote(Files.Text(path)) + " became shorter while it was read");
            _sink.Contents(buffer[..n]);
            left -= n;
        }
        _sink.EndRegular();
    }

    private void Directory(int parent, byte[] name, byte[] path)
    {
        using Descriptor directory = Open(parent, name, path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW, "opening directory ");
        var entries = new List<Files.Entry>();
        int error = Files.TryList(directory.Value, entries);
        if (error != 0) throw new PosixException(error, "reading directory " + Files.Quote(Files.Text(path)));
        byte[][]? names = _caseHack ? CaseHack.Unhack(entries, path) : null;
        if (names == null) entries.Sort(static (a, b) => a.Name.AsSpan().SequenceCompareTo(b.Name));
        _sink.BeginDirectory();
        int index = 0;
        foreach (Files.Entry entry in entries)
        {
            byte[] entryName = names?[index++] ?? entry.Name;
            byte[] childPath = new byte[path.Length + 1 + entry.Name.Length];
            path.CopyTo(childPath, 0);
            childPath[path.Length] = (byte)'/';
            entry.Name.CopyTo(childPath, path.Length + 1);
            if (_filter != null && !_filter(childPath, Kind(directory.Value, entry))) continue;
            _sink.Entry(entryName);
            Node(directory.Value, entry.Name, childPath, entry.Type);
        }
        _sink.EndDirectory();
    }

    private static SourceKind Kind(int directory, in Files.Entry entry) => entry.Type switch
    {
        Files.DT_DIR => SourceKind.Directory,
        8 => SourceKind.Regular,
        10 => SourceKind.Symlink,
        0 when Files.TryStat(directory, entry.Name, out FileFacts facts) => facts.IsDirectory ? SourceKind.Directory : facts.IsRegular ? SourceKind.Regular : facts.IsSymlink ? SourceKind.Symlink : SourceKind.Unknown,
        _ => SourceKind.Unknown,
    };

    // The text of a message is made only where there is one.
    private static int Read(int file, Span<byte> buffer, byte[] path)
    {
        int n = Files.TryRead(file, buffer);
        return n >= 0 ? n : throw new PosixException(-n, "reading from file " + Files.Quote(Files.Text(path)));
    }

    private static Descriptor Open(int parent, byte[] name, byte[] path, int flags, string what)
    {
        int result = Files.TryOpen(parent, name, flags);
        return result >= 0 ? new Descriptor(result) : throw new PosixException(-result, what + Files.Quote(Files.Text(path)));
    }
}

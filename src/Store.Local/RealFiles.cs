using System;
using System.Collections.Generic;
using Firn.Formats.Nar;
using Firn.Formats.Sinks;
using Firn.Store.Objects;
using Firn.Store.Local.Posix;

namespace Firn.Store.Local;

/// <summary>The files of a store object where they lie.</summary>
internal sealed class RealFiles(string root) : IObjectFiles
{
    private readonly byte[] _root = Files.Bytes(root);

    private byte[] Whole(ReadOnlySpan<byte> path) => path.IsEmpty ? _root : ObjectFiles.Join(_root, path);

    public NarFacts? Find(ReadOnlySpan<byte> path)
    {
        // No directory on the way may be a link: that would lead out of the object.
        for (int slash = 0; slash < path.Length; slash++)
            if (path[slash] == '/' && Stat(path[..slash]) is not { Kind: NarKind.Directory } and { } facts)
                return facts.Kind == NarKind.Symlink ? throw new StoreException("path '" + Show(path[..slash]) + "' is a symlink") : null;
        return Stat(path);
    }

    private NarFacts? Stat(ReadOnlySpan<byte> path)
    {
        byte[] whole = Whole(path);
        if (!Files.TryStat(Files.WorkingDirectory, whole, out FileFacts facts)) return null;
        if (facts.IsDirectory) return new NarFacts { Kind = NarKind.Directory };
        if (facts.IsRegular) return new NarFacts { Kind = NarKind.Regular, Executable = (facts.Mode & 0x40) != 0, Size = (long)facts.Size };
        if (!facts.IsSymlink) throw new StoreException("file " + Files.Quote(Show(path)) + " has an unsupported type");
        byte[] target = Files.ReadLink(Files.WorkingDirectory, whole, out int error) ?? throw new PosixException(error, "reading symbolic link " + Files.Quote(Show(path)));
        return new NarFacts { Kind = NarKind.Symlink, Target = target };
    }

    private Descriptor Open(ReadOnlySpan<byte> path, int flags, string what)
    {
        int opened = Files.TryOpen(Files.WorkingDirectory, Whole(path), flags | Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK);
        return opened >= 0 ? new Descriptor(opened) : throw new PosixException(-opened, what + Files.Quote(Show(path)));
    }

    public IReadOnlyList<byte[]> List(ReadOnlySpan<byte> path)
    {
        using Descriptor directory = Open(path, Libc.O_DIRECTORY, "opening directory ");
        List<Files.Entry> entries = Files.List(directory.Value, Show(path));
        List<byte[]> names = entries.ConvertAll(static entry => entry.Name);
        names.Sort(static (a, b) => a.AsSpan().SequenceCompareTo(b));
        return names;
    }

    public void Read(ReadOnlySpan<byte> path, IByteSink to)
    {
        if (Find(path) is not { Kind: NarKind.Regular }) throw new StoreException("path '/" + Files.Text(path) + "' is not a regular file");
        using Descriptor file = Open(path, 0, "opening file ");
        byte[] buffer = new byte[128 * 1024];
        string what = "reading from file " + Files.Quote(Show(path));
        for (int n; (n = Files.Read(file.Value, buffer, what)) > 0;) to.Write(buffer.AsSpan(0, n));
    }

    public string Show(ReadOnlySpan<byte> path) => Files.Text(Whole(path));

    public void Dispose() { }
}

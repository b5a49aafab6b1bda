using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Firn.Formats.Nar;
using Firn.Store.Local.Posix;

namespace Firn.Store.Local.Trees;

/// <summary>What a <see cref="TreeWriter"/> gives to files beyond their contents.</summary>
internal enum TreeStyle
{
    /// <summary>Modes and times of store objects.</summary>
    StoreObject,
    /// <summary>Modes that the umask leaves, and the time of writing.</summary>
    Ordinary,
}

/// <summary>
/// Makes files of a NAR's events. Every name is created new and relative to the descriptor of its directory, so
/// that nothing outside of the tree can be reached, whatever the NAR says and whoever interferes.
/// </summary>
internal sealed class TreeWriter : INarSink, IDisposable
{
    private readonly Descriptor _root;
    private readonly string _rootPath;
    private readonly TreeStyle _style;
    private readonly bool _sync;
    private readonly Stack<(Descriptor Directory, byte[] Name)> _directories = new();
    private byte[] _name;
    private Descriptor? _file;
    private bool _executable;

    /// <param name="directory">Where the tree's root is created; stays open.</param>
    /// <param name="name">Name of the tree's root. Must not exist.</param>
    /// <param name="directoryPath">Path of the directory, for messages.</param>
    /// <param name="sync">Wait for each file to be on the disk.</param>
    internal TreeWriter(Descriptor directory, ReadOnlySpan<byte> name, string directoryPath, TreeStyle style, bool sync)
    {
        _root = directory;
        _rootPath = directoryPath;
        _style = style;
        _sync = sync;
        _name = name.ToArray();
    }

    public void Dispose()
    {
        _file?.Dispose();
        while (_directories.TryPop(out var top)) top.Directory.Dispose();
    }

    private int Parent => _directories.TryPeek(out var top) ? top.Directory.Value : _root.Value;

    private string Path
    {
        get
        {
            string path = "";
            foreach (var (_, name) in _directories) path = "/" + Files.Text(name) + path;
            return _rootPath + path + "/" + Files.Text(_name);
        }
    }

    private void Check(int error, string what)
    {
        if (error != 0) throw new PosixException(error, what + " " + Files.Quote(Path));
    }

    public void BeginRegular(bool executable, long size)
    {
        _executable = executable;
        uint mode = _style == TreeStyle.StoreObject ? 0x180u : executable ? 0x1ffu : 0x1b6u;
        int file = Files.TryOpen(Parent, _name, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW, mode);
        if (file < 0) Check(-file, "creating file");
        _file = new Descriptor(file);
    }

    public void Contents(ReadOnlySpan<byte> data) => Check(Files.WriteAll(_file!.Value, data), "writing to file");

    public void EndRegular()
    {
        if (_style == TreeStyle.StoreObject) Finish(_file!.Value, _executable ? TreeCanonicaliser.ExecutableMode : TreeCanonicaliser.FileMode);
        if (_sync && Libc.fsync(_file!.Value) != 0) Check(Marshal.GetLastPInvokeError(), "syncing");
        _file!.Dispose();
        _file = null;
    }

    private void Finish(int descriptor, uint mode)
    {
        if (Libc.fchmod(descriptor, mode) != 0) Check(Marshal.GetLastPInvokeError(), "changing mode of");
        Check(Files.SetStoreTime(descriptor), "changing modification time of");
    }

    public void Symlink(ReadOnlySpan<byte> target)
    {
        Check(Files.MakeSymlink(target, Parent, _name), "creating symlink");
        if (_style == TreeStyle.StoreObject) Check(Files.SetStoreTime(Parent, _name), "changing modification time of");
    }

    public void BeginDirectory()
    {
        int parent = Parent;
        int error = Files.MakeDirectory(parent, _name, _style == TreeStyle.StoreObject ? 0x1c0u : 0x1ffu);
        if (error == Libc.EEXIST && Files.StatError(parent, _name, out FileFacts facts, follow: true) == 0 && facts.IsDirectory)
            throw new StoreException("path '" + Path + "' already exists");
        Check(error, "creating directory");
        int directory = Files.TryOpen(parent, _name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        if (directory < 0) Check(-directory, "opening directory");
        _directories.Push((new Descriptor(directory), _name));
    }

    public void Entry(ReadOnlySpan<byte> name) => _name = name.ToArray();

    public void EndDirectory()
    {
        var (directory, name) = _directories.Pop();
        _name = name;
        using (directory)
        {
            if (_style == TreeStyle.StoreObject) Finish(directory.Value, TreeCanonicaliser.ExecutableMode);
            if (_sync && Libc.fsync(directory.Value) != 0) Check(Marshal.GetLastPInvokeError(), "syncing");
        }
    }
}

using System;
using System.Buffers;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;

namespace Firn.Store.Local.Posix;

/// <summary>Facts of lstat about one file.</summary>
internal readonly record struct FileFacts(uint Mode, uint Links, uint Uid, uint Gid, ulong Inode, ulong Device, ulong Size, ulong Blocks, long ModificationSeconds, uint ModificationNanoseconds, long AccessSeconds)
{
    internal bool IsDirectory => (Mode & Libc.S_IFMT) == Libc.S_IFDIR;
    internal bool IsRegular => (Mode & Libc.S_IFMT) == Libc.S_IFREG;
    internal bool IsSymlink => (Mode & Libc.S_IFMT) == Libc.S_IFLNK;
    internal uint Permissions => Mode & ~Libc.S_IFMT;
}

/// <summary>
/// Operations on files relative to an open directory. A name is one path component or a whole path, as bytes
/// without a NUL; no operation follows a symbolic link in its last component.
/// </summary>
internal static unsafe class Files
{
    internal const int WorkingDirectory = Libc.AT_FDCWD;

    /// <summary>Bytes of a path given as text, for messages and for calls alike.</summary>
    internal static byte[] Bytes(string path) => Encoding.UTF8.GetBytes(path);

    internal static string Text(ReadOnlySpan<byte> name) => Encoding.UTF8.GetString(name);

    /// <summary>A path as error messages show it.</summary>
    internal static string Quote(string path) => "\"" + path.Replace("\"", "\\\"") + "\"";

    /// <summary>Appends the NUL that C wants. Short names stay on the stack.</summary>
    private struct CName
    {
        private byte[]? _rented;

        internal ReadOnlySpan<byte> Terminate(ReadOnlySpan<byte> name, Span<byte> stack)
        {
            Span<byte> to = name.Length < stack.Length ? stack : _rented = ArrayPool<byte>.Shared.Rent(name.Length + 1);
            name.CopyTo(to);
            to[name.Length] = 0;
            return to;
        }

        internal void Free()
        {
            if (_rented != null) ArrayPool<byte>.Shared.Return(_rented);
        }
    }

    private const int NameRoom = 256;

    /// <returns>The descriptor, or -errno.</returns>
    internal static int TryOpen(int directory, ReadOnlySpan<byte> name, int flags, uint mode = 0)
    {
        CName c = default;
        fixed (byte* p = c.Terminate(name, stackalloc byte[NameRoom]))
        {
            int result;
            do result = Libc.openat(directory, p, flags | Libc.O_CLOEXEC, mode);
            while (result < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR);
            if (result < 0) result = -Marshal.GetLastPInvokeError();
            c.Free();
            return result;
        }
    }

    internal static Descriptor Open(int directory, ReadOnlySpan<byte> name, int flags, uint mode, string what)
    {
        int result = TryOpen(directory, name, flags, mode);
        if (result < 0) throw new PosixException(-result, what);
        return new Descriptor(result);
    }

    internal static Descriptor OpenDirectory(string path) =>
        Open(WorkingDirectory, Bytes(path), Libc.O_RDONLY | Libc.O_DIRECTORY, 0, "opening directory " + Quote(path));

    /// <summary>lstat; false when there is no such file.</summary>
    internal static bool TryStat(int directory, ReadOnlySpan<byte> name, out FileFacts facts) => StatError(directory, name, out facts) switch
    {
        0 => true,
        Libc.ENOENT or Libc.ENOTDIR => false,
        int error => throw new PosixException(error, "getting status of " + Quote(Text(name))),
    };

    internal static FileFacts Stat(int directory, ReadOnlySpan<byte> name)
    {
        int error = StatError(directory, name, out FileFacts facts);
        return error == 0 ? facts : throw new PosixException(error, "getting status of " + Quote(Text(name)));
    }

    /// <returns>0 or errno.</returns>
    internal static int StatError(int directory, ReadOnlySpan<byte> name, out FileFacts facts, bool follow = false)
    {
        CName c = default;
        Libc.Statx x;
        int error = 0;
        fixed (byte* p = c.Terminate(name, stackalloc byte[NameRoom]))
            if (Libc.statx(directory, p, follow ? 0 : Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, &x) < 0)
                error = Marshal.GetLastPInvokeError();
        c.Free();
        facts = error == 0 ? Facts(x) : default;
        return error;
    }

    internal static FileFacts Stat(int descriptor)
    {
        Libc.Statx x;
        byte empty = 0;
        if (Libc.statx(descriptor, &empty, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &x) < 0)
            throw new PosixException(Marshal.GetLastPInvokeError(), "statting file");
        return Facts(x);
    }

    private static FileFacts Facts(in Libc.Statx x) => new(x.Mode, x.Links, x.Uid, x.Gid, x.Inode,
        ((ulong)x.DeviceMajor << 32) | x.DeviceMinor, x.Size, x.Blocks, x.ModificationTime.Seconds, x.ModificationTime.Nanoseconds, x.AccessTime.Seconds);

    internal static bool Exists(string path) => TryStat(WorkingDirectory, Bytes(path), out _);

    /// <returns>0 or errno.</returns>
    internal static int MakeDirectory(int directory, ReadOnlySpan<byte> name, uint mode)
    {
        CName c = default;
        fixed (byte* p = c.Terminate(name, stackalloc byte[NameRoom]))
        {
            int error = Libc.mkdirat(directory, p, mode) < 0 ? Marshal.GetLastPInvokeError() : 0;
            c.Free();
            return error;
        }
    }

    /// <returns>0 or errno.</returns>
    internal static int Unlink(int directory, ReadOnlySpan<byte> name, bool isDirectory = false)
    {
        CName c = default;
        fixed (byte* p = c.Terminate(name, stackalloc byte[NameRoom]))
        {
            int error = Libc.unlinkat(directory, p, isDirectory ? Libc.AT_REMOVEDIR : 0) < 0 ? Marshal.GetLastPInvokeError() : 0;
            c.Free();
            return error;
        }
    }

    /// <returns>0 or errno.</returns>
    internal static int MakeSymlink(ReadOnlySpan<byte> target, int directory, ReadOnlySpan<byte> name)
    {
        CName c = default, t = default;
        fixed (byte* p = c.Terminate(name, stackalloc byte[NameRoom]))
        fixed (byte* q = t.Terminate(target, stackalloc byte[NameRoom]))
        {
            int error = Libc.symlinkat(q, directory, p) < 0 ? Marshal.GetLastPInvokeError() : 0;
            c.Free();
            t.Free();
            return error;
        }
    }

    /// <returns>0 or errno.</returns>
    internal static int Link(int oldDirectory, ReadOnlySpan<byte> oldName, int newDirectory, ReadOnlySpan<byte> newName)
    {
        CName c = default, t = default;
        fixed (byte* p = c.Terminate(oldName, stackalloc byte[NameRoom]))
        fixed (byte* q = t.Terminate(newName, stackalloc byte[NameRoom]))
        {
            int error = Libc.linkat(oldDirectory, p, newDirectory, q, 0) < 0 ? Marshal.GetLastPInvokeError() : 0;
            c.Free();
            t.Free();
            return error;
        }
    }

    /// <returns>0 or errno.</returns>
    internal static int Rename(int oldDirectory, ReadOnlySpan<byte> oldName, int newDirectory, ReadOnlySpan<byte> newName)
    {
        CName c = default, t = default;
        fixed (byte* p = c.Terminate(oldName, stackalloc byte[NameRoom]))
        fixed (byte* q = t.Terminate(newName, stackalloc byte[NameRoom]))
        {
            int error = Libc.renameat(oldDirectory, p, newDirectory, q) < 0 ? Marshal.GetLastPInvokeError() : 0;
            c.Free();
            t.Free();
            return error;
        }
    }

    /// <summary>Length of a symbolic link's target, which is put into the buffer; -1 and errno where it cannot be read.</summary>
    internal static int ReadLink(int directory, ReadOnlySpan<byte> name, Span<byte> target, out int error)
    {
        CName c = default;
        fixed (byte* p = c.Terminate(name, stackalloc byte[NameRoom]))
        fixed (byte* b = target)
        {
            nint n = Libc.readlinkat(directory, p, b, target.Length);
            error = n < 0 ? Marshal.GetLastPInvokeError() : 0;
            c.Free();
            return (int)n;
        }
    }

    /// <summary>Target of a symbolic link; null and errno where it cannot be read.</summary>
    internal static byte[]? ReadLink(int directory, ReadOnlySpan<byte> name, out int error)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(4096);
        int n = ReadLink(directory, name, buffer, out error);
        byte[]? result = n < 0 ? null : buffer.AsSpan(0, n).ToArray();
        ArrayPool<byte>.Shared.Return(buffer);
        return result;
    }

    internal static string? ReadLink(string path, out int error)
    {
        byte[]? target = ReadLink(WorkingDirectory, Bytes(path), out error);
        return target == null ? null : Text(target);
    }

    /// <returns>0 or errno.</returns>
    internal static int ChangeMode(int directory, ReadOnlySpan<byte> name, uint mode)
    {
        CName c = default;
        fixed (byte* p = c.Terminate(name, stackalloc byte[NameRoom]))
        {
            int error = Libc.fchmodat(directory, p, mode, 0) < 0 ? Marshal.GetLastPInvokeError() : 0;
            c.Free();
            return error;
        }
    }

    /// <returns>0 or errno.</returns>
    internal static int ChangeOwner(int directory, ReadOnlySpan<byte> name, uint user, uint group)
    {
        CName c = default;
        fixed (byte* p = c.Terminate(name, stackalloc byte[NameRoom]))
        {
            int error = Libc.fchownat(directory, p, user, group, Libc.AT_SYMLINK_NOFOLLOW) < 0 ? Marshal.GetLastPInvokeError() : 0;
            c.Free();
            return error;
        }
    }

    /// <summary>Sets the modification time to one second after the epoch and leaves the access time.</summary>
    /// <returns>0 or errno.</returns>
    internal static int SetStoreTime(int directory, ReadOnlySpan<byte> name)
    {
        CName c = default;
        Libc.Timespec* times = stackalloc Libc.Timespec[2];
        StoreTimes(times);
        fixed (byte* p = c.Terminate(name, stackalloc byte[NameRoom]))
        {
            int error = Libc.utimensat(directory, p, times, Libc.AT_SYMLINK_NOFOLLOW) < 0 ? Marshal.GetLastPInvokeError() : 0;
            c.Free();
            return error;
        }
    }

    /// <inheritdoc cref="SetStoreTime(int, ReadOnlySpan{byte})"/>
    internal static int SetStoreTime(int descriptor)
    {
        Libc.Timespec* times = stackalloc Libc.Timespec[2];
        StoreTimes(times);
        return Libc.futimens(descriptor, times) < 0 ? Marshal.GetLastPInvokeError() : 0;
    }

    private static void StoreTimes(Libc.Timespec* times)
    {
        times[0] = new Libc.Timespec { Seconds = 0, Nanoseconds = Libc.UTIME_OMIT };
        times[1] = new Libc.Timespec { Seconds = 1, Nanoseconds = 0 };
    }

    /// <summary>Writes all bytes.</summary>
    /// <returns>0 or errno.</returns>
    internal static int WriteAll(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* p = bytes)
            for (nint done = 0; done < bytes.Length;)
            {
                nint n = Libc.write(descriptor, p + done, bytes.Length - done);
                if (n >= 0) done += n;
                else if (Marshal.GetLastPInvokeError() is not Libc.EINTR and int error) return error;
            }
        return 0;
    }

    /// <summary>Reads up to the length of the buffer; 0 at the end.</summary>
    internal static int Read(int descriptor, Span<byte> buffer, string what)
    {
        int n = TryRead(descriptor, buffer);
        return n >= 0 ? n : throw new PosixException(-n, what);
    }

    /// <summary>As <see cref="Read"/>; -errno where it fails.</summary>
    internal static int TryRead(int descriptor, Span<byte> buffer)
    {
        fixed (byte* p = buffer)
            while (true)
            {
                nint n = Libc.read(descriptor, p, buffer.Length);
                if (n >= 0) return (int)n;
                int error = Marshal.GetLastPInvokeError();
                if (error != Libc.EINTR) return -error;
            }
    }

    /// <summary>Whole content of a small file; null where there is no such file.</summary>
    internal static byte[]? ReadSmallFile(string path)
    {
        int descriptor = TryOpen(WorkingDirectory, Bytes(path), Libc.O_RDONLY);
        if (descriptor == -Libc.ENOENT) return null;
        if (descriptor < 0) throw new PosixException(-descriptor, "opening file " + Quote(path));
        using var owner = new Descriptor(descriptor);
        return ReadAll(descriptor, "reading from file " + Quote(path));
    }

    internal static byte[] ReadAll(int descriptor, string what)
    {
        byte[] buffer = new byte[4096];
        int length = 0;
        while (true)
        {
            int n = Read(descriptor, buffer.AsSpan(length), what);
            if (n == 0) break;
            length += n;
            if (length == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
        }
        return length == buffer.Length ? buffer : buffer.AsSpan(0, length).ToArray();
    }

    /// <summary>One entry of a directory.</summary>
    /// <param name="Type">DT_*: 4 directory, 8 regular, 10 symbolic link, 0 unknown.</param>
    internal readonly record struct Entry(byte[] Name, byte Type, ulong Inode);

    internal const byte DT_DIR = 4;

    /// <summary>Entries of an open directory without "." and "..", in the order of the file system.</summary>
    internal static List<Entry> List(int directory, string path)
    {
        var entries = new List<Entry>();
        int error = TryList(directory, entries);
        if (error != 0) throw new PosixException(error, "reading directory " + Quote(path));
        return entries;
    }

    /// <returns>0 or errno.</returns>
    internal static int TryList(int directory, List<Entry> entries)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(32 * 1024);
        try
        {
            fixed (byte* b = buffer)
                while (true)
                {
                    nint n = Libc.getdents64(directory, b, buffer.Length);
                    if (n < 0) return Marshal.GetLastPInvokeError();
                    if (n == 0) return 0;
                    for (nint at = 0; at < n;)
                    {
                        byte* e = b + at;
                        ulong inode = *(ulong*)e;
                        ushort length = *(ushort*)(e + 16);
                        byte type = e[18];
                        var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(e + 19);
                        if (!(name.Length == 1 && name[0] == '.') && !(name.Length == 2 && name[0] == '.' && name[1] == '.'))
                            entries.Add(new Entry(name.ToArray(), type, inode));
                        at += length;
                    }
                }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Creates a directory and what is missing above it, mode 0777 without the bits of the umask.</summary>
    internal static void CreateDirectories(string path)
    {
        if (path.Length == 0 || path == "/") return;
        int error = MakeDirectory(WorkingDirectory, Bytes(path), 0x1ff);
        if (error == 0) return;
        if (error == Libc.ENOENT)
        {
            int slash = path.TrimEnd('/').LastIndexOf('/');
            if (slash <= 0) throw new PosixException(error, "creating directory " + Quote(path));
            CreateDirectories(path[..slash]);
            error = MakeDirectory(WorkingDirectory, Bytes(path), 0x1ff);
            if (error == 0) return;
        }
        if (StatError(WorkingDirectory, Bytes(path), out FileFacts facts, follow: true) == 0 && facts.IsDirectory) return;
        throw new PosixException(error, "creating directory " + Quote(path));
    }

    /// <summary>Writes a file anew.</summary>
    /// <param name="sync">Wait until it is on the disk.</param>
    internal static void WriteFile(string path, ReadOnlySpan<byte> bytes, uint mode, bool sync = false)
    {
        using Descriptor file = Open(WorkingDirectory, Bytes(path), Libc.O_WRONLY | Libc.O_CREAT | Libc.O_TRUNC, mode, "opening file " + Quote(path));
        int error = WriteAll(file.Value, bytes);
        if (error == 0 && sync && Libc.fsync(file.Value) < 0) error = Marshal.GetLastPInvokeError();
        if (error != 0) throw new PosixException(error, "writing to file " + Quote(path));
    }

    /// <summary>Puts a symbolic link in the place of whatever non-directory is there, in one step.</summary>
    internal static void ReplaceSymlink(string target, string link)
    {
        for (int n = 0; ; n++)
        {
            string temporary = link + ".tmp-" + Environment.ProcessId + "-" + Environment.CurrentManagedThreadId + "-" + n;
            int error = MakeSymlink(Bytes(target), WorkingDirectory, Bytes(temporary));
            if (error == Libc.EEXIST) continue;
            if (error != 0) throw new PosixException(error, "creating symlink " + Quote(temporary) + " -> " + Quote(target));
            error = Rename(WorkingDirectory, Bytes(temporary), WorkingDirectory, Bytes(link));
            if (error == 0) return;
            Unlink(WorkingDirectory, Bytes(temporary));
            throw new PosixException(error, "renaming " + Quote(temporary) + " to " + Quote(link));
        }
    }
}

using System;
using System.IO;
using System.Runtime.InteropServices;

namespace Firn.Build.Execution;

/// <summary>The few system calls that the runtime has no form of.</summary>
internal static partial class Posix
{
    private const string Library = "libc.so.6";
    private const int OpenPath = 0x200000;
    private const int OpenDirectory = 0x10000;
    private const int NoFollow = 0x20000;
    private const int CloseOnExec = 0x80000;

    /// <summary>The calling user and group, as the kernel checks them.</summary>
    public static (int Uid, int Gid) Identity => (geteuid(), getegid());

    /// <summary>Gives a file that nobody else can reach yet to a user; a link is not followed.</summary>
    /// <exception cref="IOException">The system refuses.</exception>
    public static void ChangeOwner(string path, int uid, int gid)
    {
        if (lchown(path, uid, gid) != 0)
        {
            throw Failure($"cannot change ownership of '{path}'");
        }
    }

    /// <summary>
    /// A directory that stays the same one whatever happens to its name: builders may rename what they own, and a path
    /// would then lead elsewhere.
    /// </summary>
    public sealed class DirectoryHandle : IDisposable
    {
        private int _fd;

        /// <exception cref="IOException">It is no directory or cannot be opened.</exception>
        public DirectoryHandle(string path)
        {
            _fd = open(path, OpenPath | OpenDirectory | NoFollow | CloseOnExec, 0);
            if (_fd < 0)
            {
                throw Failure($"opening directory '{path}'");
            }
        }

        /// <summary>Moves an entry to an absolute path of the same file system, which must not exist.</summary>
        public void Move(string name, string to)
        {
            if (renameat(_fd, name, -100, to) != 0)
            {
                throw Failure($"moving '{name}' to '{to}'");
            }
        }

        /// <summary>The entry's mode and owner, or null where there is none. A link is not followed.</summary>
        public unsafe (uint Mode, uint Uid)? Find(string name)
        {
            // struct statx: mode at 28, uid at 20.
            byte* buffer = stackalloc byte[256];
            if (statx(_fd, name, 0x100 /* AT_SYMLINK_NOFOLLOW */, 0x7ff, buffer) != 0)
            {
                int error = Marshal.GetLastPInvokeError();
                return error == 2 ? null : throw Failure($"getting attributes of '{name}'");
            }

            return (*(ushort*)(buffer + 28), *(uint*)(buffer + 20));
        }

        /// <summary>Adds a bit to a directory's mode: only its owner's right to write lets its owner move it.</summary>
        public void MakeMovable(string name, uint mode)
        {
            if ((mode & 0xf000) == 0x4000 && (mode & 0x80) == 0 && fchmodat(_fd, name, (mode & 0xfff) | 0x80, 0) != 0)
            {
                throw Failure($"changing mode of '{name}'");
            }
        }

        public void Dispose()
        {
            if (_fd >= 0)
            {
                _ = close(_fd);
                _fd = -1;
            }
        }
    }

    /// <summary>Marks a directory as in use for as long as this process lives or until disposal.</summary>
    public sealed class DirectoryClaim : IDisposable
    {
        private int _fd;

        private DirectoryClaim(int fd) => _fd = fd;

        /// <summary>Claims a directory; null where it is gone, is claimed, is no directory, or belongs to somebody else.</summary>
        public static DirectoryClaim? TryTake(string path)
        {
            int fd = open(path, OpenDirectory | NoFollow | CloseOnExec, 0);
            if (fd < 0)
            {
                return null;
            }

            // Whoever held it before may have removed it meanwhile.
            if (flock(fd, 2 /* LOCK_EX */ | 4 /* LOCK_NB */) != 0 || Identify(fd, "", 0x1000 /* AT_EMPTY_PATH */) is not { } held
                || Identify(-100, path, 0x100 /* AT_SYMLINK_NOFOLLOW */) != held)
            {
                _ = close(fd);
                return null;
            }

            return new DirectoryClaim(fd);
        }

        public void Dispose()
        {
            if (_fd >= 0)
            {
                _ = close(_fd);
                _fd = -1;
            }
        }

        private static unsafe (ulong Inode, ulong Device)? Identify(int directory, string path, int flags)
        {
            // struct statx: inode at 32, major and minor number of the device at 136.
            byte* buffer = stackalloc byte[256];
            return statx(directory, path, flags, 0x7ff, buffer) == 0 ? (*(ulong*)(buffer + 32), *(ulong*)(buffer + 136)) : null;
        }
    }

    /// <summary>Removes an empty directory (of the kernel's file systems too, whose files do not count); false where it is in use.</summary>
    /// <exception cref="IOException">The system refuses for another reason.</exception>
    public static bool TryRemoveDirectory(string path) =>
        rmdir(path) == 0 || Marshal.GetLastPInvokeError() switch
        {
            2 => true, // ENOENT
            16 => false, // EBUSY
            _ => throw Failure($"deleting directory '{path}'"),
        };

    /// <summary>The words of the system for a signal.</summary>
    public static string SignalName(int signal) => Marshal.PtrToStringUTF8(strsignal(signal)) ?? "Unknown signal";

    private static IOException Failure(string what) => new($"{what}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    [LibraryImport(Library)]
    private static partial int geteuid();

    [LibraryImport(Library)]
    private static partial int getegid();

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int lchown(string path, int uid, int gid);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int close(int fd);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int flock(int fd, int operation);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renameat(int fromDirectory, string from, int toDirectory, string to);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statx(int directory, string path, int flags, uint mask, byte* buffer);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int fchmodat(int directory, string path, uint mode, int flags);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rmdir(string path);

    [LibraryImport(Library)]
    private static partial nint strsignal(int signal);
}

using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Firn.Store.Local.Posix;

/// <summary>The system calls that a store needs, named as in C. Names of files are bytes that end in NUL.</summary>
/// <remarks>Sections 2 and 3 of the Linux manual. Every function returns -1 and sets errno unless it says otherwise.</remarks>
internal static unsafe partial class Libc
{
    private const string Library = "libc";

    internal const int AT_FDCWD = -100;
    internal const int AT_SYMLINK_NOFOLLOW = 0x100;
    internal const int AT_REMOVEDIR = 0x200;
    internal const int AT_EMPTY_PATH = 0x1000;

    internal const int O_RDONLY = 0;
    internal const int O_WRONLY = 1;
    internal const int O_RDWR = 2;
    internal const int O_CREAT = 0x40;
    internal const int O_EXCL = 0x80;
    internal const int O_TRUNC = 0x200;
    internal const int O_NONBLOCK = 0x800;
    internal const int O_CLOEXEC = 0x80000;

    // The two flags below are among the few that differ between architectures.
    private static bool IsArm => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;
    internal static int O_DIRECTORY => IsArm ? 0x4000 : 0x10000;
    internal static int O_NOFOLLOW => IsArm ? 0x8000 : 0x20000;

    internal const int LOCK_SH = 1;
    internal const int LOCK_EX = 2;
    internal const int LOCK_NB = 4;
    internal const int LOCK_UN = 8;

    internal const int EPERM = 1;
    internal const int ENOENT = 2;
    internal const int ESRCH = 3;
    internal const int EINTR = 4;
    internal const int EACCES = 13;
    internal const int EEXIST = 17;
    internal const int EXDEV = 18;
    internal const int ENOTDIR = 20;
    internal const int EISDIR = 21;
    internal const int EINVAL = 22;
    internal const int ENOSPC = 28;
    internal const int EROFS = 30;
    internal const int EMLINK = 31;
    internal const int EPIPE = 32;
    internal const int ENOTEMPTY = 39;
    internal const int ELOOP = 40;
    internal const int ENODATA = 61;
    internal const int EWOULDBLOCK = 11;
    internal const int ENOTSUP = 95;
    internal const int ECONNRESET = 104;
    internal const int ECONNREFUSED = 111;

    internal const uint S_IFMT = 0xF000;
    internal const uint S_IFDIR = 0x4000;
    internal const uint S_IFREG = 0x8000;
    internal const uint S_IFLNK = 0xA000;

    internal const uint STATX_BASIC_STATS = 0x7ff;

    internal const nint UTIME_OMIT = 0x3ffffffe;

    [StructLayout(LayoutKind.Sequential)]
    internal struct Timespec
    {
        internal nint Seconds;
        internal nint Nanoseconds;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct StatxTimestamp
    {
        internal long Seconds;
        internal uint Nanoseconds;
        internal int Reserved;
    }

    /// <summary>struct statx: the one stat structure that is laid out alike on every architecture.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 256)]
    internal struct Statx
    {
        internal uint Mask;
        internal uint BlockSize;
        internal ulong Attributes;
        internal uint Links;
        internal uint Uid;
        internal uint Gid;
        internal ushort Mode;
        internal ushort Spare;
        internal ulong Inode;
        internal ulong Size;
        internal ulong Blocks;
        internal ulong AttributesMask;
        internal StatxTimestamp AccessTime;
        internal StatxTimestamp BirthTime;
        internal StatxTimestamp ChangeTime;
        internal StatxTimestamp ModificationTime;
        internal uint DeviceMajorOfNode;
        internal uint DeviceMinorOfNode;
        internal uint DeviceMajor;
        internal uint DeviceMinor;
    }

    [StructLayout(LayoutKind.Sequential, Size = 256)]
    internal struct Statvfs
    {
        internal nuint BlockSize;
        internal nuint FragmentSize;
        internal ulong Blocks;
        internal ulong BlocksFree;
        internal ulong BlocksAvailable;
        internal ulong Files;
        internal ulong FilesFree;
        internal ulong FilesAvailable;
        internal nuint FilesystemId;
        internal nuint Flags;
        internal nuint NameMax;
    }

    internal const nuint ST_RDONLY = 1;
    internal const nuint MS_REMOUNT = 32;
    internal const nuint MS_BIND = 4096;

    [LibraryImport(Library, SetLastError = true)] internal static partial int openat(int directory, byte* path, int flags, uint mode);
    [LibraryImport(Library, SetLastError = true)] internal static partial int close(int descriptor);
    [LibraryImport(Library, SetLastError = true)] internal static partial nint read(int descriptor, byte* buffer, nint count);
    [LibraryImport(Library, SetLastError = true)] internal static partial nint write(int descriptor, byte* buffer, nint count);
    [LibraryImport(Library, SetLastError = true)] internal static partial int mkdirat(int directory, byte* path, uint mode);
    [LibraryImport(Library, SetLastError = true)] internal static partial int unlinkat(int directory, byte* path, int flags);
    [LibraryImport(Library, SetLastError = true)] internal static partial int symlinkat(byte* target, int directory, byte* path);
    [LibraryImport(Library, SetLastError = true)] internal static partial int linkat(int oldDirectory, byte* oldPath, int newDirectory, byte* newPath, int flags);
    [LibraryImport(Library, SetLastError = true)] internal static partial int renameat(int oldDirectory, byte* oldPath, int newDirectory, byte* newPath);
    [LibraryImport(Library, SetLastError = true)] internal static partial nint readlinkat(int directory, byte* path, byte* buffer, nint size);
    [LibraryImport(Library, SetLastError = true)] internal static partial int fchmod(int descriptor, uint mode);
    [LibraryImport(Library, SetLastError = true)] internal static partial int fchmodat(int directory, byte* path, uint mode, int flags);
    [LibraryImport(Library, SetLastError = true)] internal static partial int fchownat(int directory, byte* path, uint owner, uint group, int flags);
    [LibraryImport(Library, SetLastError = true)] internal static partial int futimens(int descriptor, Timespec* times);
    [LibraryImport(Library, SetLastError = true)] internal static partial int utimensat(int directory, byte* path, Timespec* times, int flags);
    [LibraryImport(Library, SetLastError = true)] internal static partial int statx(int directory, byte* path, int flags, uint mask, Statx* result);
    [LibraryImport(Library, SetLastError = true)] internal static partial nint getdents64(int descriptor, byte* buffer, nint size);
    [LibraryImport(Library, SetLastError = true)] internal static partial int flock(int descriptor, int operation);
    [LibraryImport(Library, SetLastError = true)] internal static partial int fsync(int descriptor);
    [LibraryImport(Library, SetLastError = true)] internal static partial int ftruncate(int descriptor, nint length);
    /// <summary>Returns the error number itself.</summary>
    [LibraryImport(Library)] internal static partial int posix_fallocate(int descriptor, nint offset, nint length);
    [LibraryImport(Library, SetLastError = true)] internal static partial int access(byte* path, int mode);
    [LibraryImport(Library)] internal static partial void sync();
    [LibraryImport(Library)] internal static partial uint geteuid();
    [LibraryImport(Library)] internal static partial uint getegid();
    [LibraryImport(Library, SetLastError = true)] internal static partial nint llistxattr(byte* path, byte* list, nint size);
    [LibraryImport(Library, SetLastError = true)] internal static partial int lremovexattr(byte* path, byte* name);
    [LibraryImport(Library, SetLastError = true)] internal static partial nint lgetxattr(byte* path, byte* name, byte* value, nint size);
    [LibraryImport(Library, SetLastError = true)] internal static partial int statvfs(byte* path, Statvfs* result);
    [LibraryImport(Library, SetLastError = true)] internal static partial int mount(byte* source, byte* target, byte* type, nuint flags, byte* data);
    [LibraryImport(Library)] internal static partial byte* strerror(int error);
    [LibraryImport(Library)] internal static partial byte* getgrnam(byte* name);
}

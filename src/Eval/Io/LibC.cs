using System.Runtime.InteropServices;

namespace Firn.Eval.Io;

/// <summary>The system calls that reading files by byte paths needs, named as in C.</summary>
internal static unsafe partial class LibC
{
    internal const int O_RDONLY = 0;
    internal const int O_CLOEXEC = 0x80000;
    internal const int AT_FDCWD = -100;
    internal const int AT_SYMLINK_NOFOLLOW = 0x100;
    internal const uint STATX_TYPE = 1;
    internal const uint STATX_CTIME = 0x80;
    internal const uint STATX_INO = 0x100;
    internal const uint STATX_SIZE = 0x200;
    internal const int ENOENT = 2;
    internal const int EINTR = 4;
    internal const int ENOTDIR = 20;
    internal const int EISDIR = 21;

    /// <summary>open(2)</summary>
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    internal static partial int Open(byte* path, int flags, int mode);

    /// <summary>read(2)</summary>
    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(int fd, byte* buffer, nuint count);

    /// <summary>write(2)</summary>
    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(int fd, byte* buffer, nuint count);

    /// <summary>isatty(3)</summary>
    [LibraryImport("libc", EntryPoint = "isatty")]
    internal static partial int IsTerminal(int fd);

    /// <summary>close(2)</summary>
    [LibraryImport("libc", EntryPoint = "close")]
    internal static partial int Close(int fd);

    /// <summary>statx(2); its layout is the same on every architecture.</summary>
    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    internal static partial int Statx(int fd, byte* path, int flags, uint mask, StatxResult* result);

    /// <summary>readlink(2)</summary>
    [LibraryImport("libc", EntryPoint = "readlink", SetLastError = true)]
    internal static partial nint ReadLink(byte* path, byte* buffer, nuint size);

    /// <summary>opendir(3)</summary>
    [LibraryImport("libc", EntryPoint = "opendir", SetLastError = true)]
    internal static partial nint OpenDir(byte* path);

    /// <summary>readdir(3)</summary>
    [LibraryImport("libc", EntryPoint = "readdir", SetLastError = true)]
    internal static partial DirectoryItem* ReadDir(nint directory);

    /// <summary>closedir(3)</summary>
    [LibraryImport("libc", EntryPoint = "closedir")]
    internal static partial int CloseDir(nint directory);

    /// <summary>getenv(3)</summary>
    [LibraryImport("libc", EntryPoint = "getenv")]
    internal static partial byte* GetEnv(byte* name);

    /// <summary>madvise(2)</summary>
    [LibraryImport("libc", EntryPoint = "madvise")]
    internal static partial int Advise(nint address, nuint length, int advice);

    /// <summary>The part of <c>struct statx</c> that is used here.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct StatxResult
    {
        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(96)]
        public long ChangedSeconds;

        [FieldOffset(104)]
        public uint ChangedNanoseconds;

        [FieldOffset(136)]
        public ulong Device;
    }

    /// <summary><c>struct dirent</c> with 64-bit inodes.</summary>
    [StructLayout(LayoutKind.Explicit)]
    internal struct DirectoryItem
    {
        [FieldOffset(18)]
        public byte Type;

        [FieldOffset(19)]
        public byte Name;
    }
}

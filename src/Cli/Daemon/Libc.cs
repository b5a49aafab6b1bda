using System.Runtime.InteropServices;

namespace Firn.Cli.Daemon;

/// <summary>The C library, named as in its manual pages.</summary>
internal static unsafe partial class Libc
{
    private const string Name = "libc.so.6";

    public const short HangUp = 0x10;
    public const short Error = 0x8;

    /// <summary>Larger than posix_spawn_file_actions_t and posix_spawnattr_t of any C library.</summary>
    public const int SpawnSize = 512;

    public struct PollFd
    {
        public int Fd;
        public short Events;
        public short Returned;
    }

    [LibraryImport(Name, EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(PollFd* fds, ulong count, int timeoutMilliseconds);

    /// <summary>Keeps a descriptor from the programs that this process starts.</summary>
    public static void CloseOnExecution(int descriptor)
    {
        const int setFlags = 2, closeOnExecution = 1;
        _ = Fcntl(descriptor, setFlags, closeOnExecution);
    }

    [LibraryImport(Name, EntryPoint = "fcntl")]
    private static partial int Fcntl(int descriptor, int command, int argument);

    [LibraryImport(Name, EntryPoint = "posix_spawn_file_actions_init")]
    public static partial int SpawnActionsInit(byte* actions);

    [LibraryImport(Name, EntryPoint = "posix_spawn_file_actions_adddup2")]
    public static partial int SpawnActionsDup2(byte* actions, int from, int to);

    [LibraryImport(Name, EntryPoint = "posix_spawn_file_actions_destroy")]
    public static partial int SpawnActionsDestroy(byte* actions);

    [LibraryImport(Name, EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Spawn(out int pid, string path, byte* actions, byte* attributes, byte** arguments, byte** environment);

    [LibraryImport(Name, EntryPoint = "waitpid", SetLastError = true)]
    public static partial int WaitPid(int pid, out int status, int options);

    [LibraryImport(Name, EntryPoint = "getgrouplist", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int GetGroupList(string user, uint group, uint* groups, ref int count);
}

using System;
using System.Runtime.InteropServices;

namespace Firn.Sandbox.Linux;

/// <summary>The C library, named as in its manual pages.</summary>
internal static unsafe partial class Libc
{
    private const string Name = "libc.so.6";

    public const int ReadWrite = 2;
    public const int NoControllingTerminal = 0x100;
    public const int CloseOnExec = 0x80000;
    public const int NonBlocking = 0x800;
    public const int ErrorInterrupted = 4;
    public const int ErrorInputOutput = 5;
    public const int ErrorAgain = 11;
    public const int DuplicateCloseOnExec = 1030;
    public const short PollIn = 1;
    public const int SpawnSetSignalDefault = 4;
    public const int SpawnSetSignalMask = 8;
    public const int SpawnSetSession = 0x80;
    public const int UnixDomain = 1;
    public const int SequencedPackets = 5;
    public const int NoSignal = 0x4000;
    public const int BothWays = 2;
    public const int SignalKill = 9;
    public const int SignalTerminate = 15;
    public const int PidfdOpen = 434;
    public const int FirstFreeDescriptor = 16;

    public struct PollFd
    {
        public int Fd;
        public short Events;
        public short Returned;
    }

    [LibraryImport(Name, EntryPoint = "pipe2", SetLastError = true)]
    public static partial int Pipe2(int* fds, int flags);

    [LibraryImport(Name, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, int mode);

    [LibraryImport(Name, EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int fd);

    [LibraryImport(Name, EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int fd, byte* buffer, nuint count);

    [LibraryImport(Name, EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int fd, byte* buffer, nuint count);

    [LibraryImport(Name, EntryPoint = "socketpair", SetLastError = true)]
    public static partial int Socketpair(int domain, int type, int protocol, int* fds);

    [LibraryImport(Name, EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int fd, byte* buffer, nuint count, int flags);

    [LibraryImport(Name, EntryPoint = "shutdown", SetLastError = true)]
    public static partial int Shutdown(int fd, int how);

    [LibraryImport(Name, EntryPoint = "lseek", SetLastError = true)]
    public static partial long Seek(int fd, long offset, int whence);

    [LibraryImport(Name, EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MemfdCreate(string name, uint flags);

    [LibraryImport(Name, EntryPoint = "fcntl", SetLastError = true)]
    public static partial int Fcntl(int fd, int command, nint argument);

    [LibraryImport(Name, EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(PollFd* fds, ulong count, int timeoutMilliseconds);

    [LibraryImport(Name, EntryPoint = "posix_openpt", SetLastError = true)]
    public static partial int PosixOpenpt(int flags);

    [LibraryImport(Name, EntryPoint = "unlockpt", SetLastError = true)]
    public static partial int Unlockpt(int fd);

    [LibraryImport(Name, EntryPoint = "ptsname_r", SetLastError = true)]
    public static partial int PtsnameR(int fd, byte* buffer, nuint length);

    [LibraryImport(Name, EntryPoint = "tcgetattr", SetLastError = true)]
    public static partial int Tcgetattr(int fd, byte* termios);

    [LibraryImport(Name, EntryPoint = "tcsetattr", SetLastError = true)]
    public static partial int Tcsetattr(int fd, int actions, byte* termios);

    [LibraryImport(Name, EntryPoint = "cfmakeraw")]
    public static partial void Cfmakeraw(byte* termios);

    [LibraryImport(Name, EntryPoint = "fchown", SetLastError = true)]
    public static partial int Fchown(int fd, int uid, int gid);

    [LibraryImport(Name, EntryPoint = "waitpid", SetLastError = true)]
    public static partial int Waitpid(int pid, int* status, int options);

    [LibraryImport(Name, EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);

    /// <summary>A system call that the C library of older systems has no function for.</summary>
    [LibraryImport(Name, EntryPoint = "syscall", SetLastError = true)]
    public static partial nint SystemCall(nint number, nint first, nint second);

    [LibraryImport(Name, EntryPoint = "sigemptyset")]
    public static partial int Sigemptyset(byte* set);

    [LibraryImport(Name, EntryPoint = "sigfillset")]
    public static partial int Sigfillset(byte* set);

    [LibraryImport(Name, EntryPoint = "posix_spawn_file_actions_init")]
    public static partial int SpawnFileActionsInit(byte* actions);

    [LibraryImport(Name, EntryPoint = "posix_spawn_file_actions_destroy")]
    public static partial int SpawnFileActionsDestroy(byte* actions);

    [LibraryImport(Name, EntryPoint = "posix_spawn_file_actions_adddup2")]
    public static partial int SpawnFileActionsAddDup2(byte* actions, int from, int to);

    [LibraryImport(Name, EntryPoint = "posix_spawn_file_actions_addchdir_np", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SpawnFileActionsAddChangeDirectory(byte* actions, string path);

    [LibraryImport(Name, EntryPoint = "posix_spawnattr_init")]
    public static partial int SpawnAttributesInit(byte* attributes);

    [LibraryImport(Name, EntryPoint = "posix_spawnattr_destroy")]
    public static partial int SpawnAttributesDestroy(byte* attributes);

    [LibraryImport(Name, EntryPoint = "posix_spawnattr_setflags")]
    public static partial int SpawnAttributesSetFlags(byte* attributes, short flags);

    [LibraryImport(Name, EntryPoint = "posix_spawnattr_setsigmask")]
    public static partial int SpawnAttributesSetSignalMask(byte* attributes, byte* set);

    [LibraryImport(Name, EntryPoint = "posix_spawnattr_setsigdefault")]
    public static partial int SpawnAttributesSetSignalDefault(byte* attributes, byte* set);

    [LibraryImport(Name, EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Spawn(int* pid, string path, byte* actions, byte* attributes, byte** argv, byte** envp);

    /// <exception cref="SandboxException">The call failed.</exception>
    public static int Check(int result, string what) => result < 0 ? throw Failure(what) : result;

    /// <summary>Moves a descriptor out of the range that a program's own descriptors take.</summary>
    public static int Raise(int fd)
    {
        int high = Fcntl(fd, DuplicateCloseOnExec, FirstFreeDescriptor);
        int error = Marshal.GetLastPInvokeError();
        _ = Close(fd);
        return high < 0 ? throw Failure("cannot duplicate a descriptor", error) : high;
    }

    /// <summary>A pipe whose ends no program inherits by accident.</summary>
    public static (int Read, int Write) Pipe()
    {
        int* fds = stackalloc int[2];
        Check(Pipe2(fds, CloseOnExec), "cannot make a pipe");
        return (Raise(fds[0]), Raise(fds[1]));
    }

    /// <summary>Starts a program in a session of its own, with the signals of a program that was just started.</summary>
    /// <param name="descriptors">What it finds where; all others are closed.</param>
    /// <param name="directory">Where it starts; null for where this process is.</param>
    /// <param name="pid">The process.</param>
    /// <returns>0, or the number of the error.</returns>
    public static int Spawn(string program, ReadOnlySpan<(int From, int To)> descriptors, byte** argv, byte** envp, string? directory, out int pid)
    {
        // The sizes of the C library's opaque types, with room to spare.
        byte* actions = stackalloc byte[512];
        byte* attributes = stackalloc byte[1024];
        byte* signals = stackalloc byte[256];
        _ = SpawnFileActionsInit(actions);
        _ = SpawnAttributesInit(attributes);
        try
        {
            foreach ((int from, int to) in descriptors)
            {
                _ = SpawnFileActionsAddDup2(actions, from, to);
            }

            if (directory is not null)
            {
                _ = SpawnFileActionsAddChangeDirectory(actions, directory);
            }

            // The runtime ignores and handles signals of its own choice; a program starts from the defaults.
            _ = Sigemptyset(signals);
            _ = SpawnAttributesSetSignalMask(attributes, signals);
            _ = Sigfillset(signals);
            _ = SpawnAttributesSetSignalDefault(attributes, signals);
            // Nor does a key pressed at the terminal end it: the caller does, and waits for it.
            _ = SpawnAttributesSetFlags(attributes, SpawnSetSignalDefault | SpawnSetSignalMask | SpawnSetSession);
            int made;
            int error = Spawn(&made, program, actions, attributes, argv, envp);
            pid = made;
            return error;
        }
        finally
        {
            _ = SpawnFileActionsDestroy(actions);
            _ = SpawnAttributesDestroy(attributes);
        }
    }

    /// <summary>The failure of the call just made, as an exception with the system's own words.</summary>
    public static SandboxException Failure(string what) => Failure(what, Marshal.GetLastPInvokeError());

    /// <summary>The failure with a given number.</summary>
    public static SandboxException Failure(string what, int error) => new($"{what}: {Marshal.GetPInvokeErrorMessage(error)}");
}

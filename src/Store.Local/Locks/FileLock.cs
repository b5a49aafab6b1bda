using System;
using System.Runtime.InteropServices;
using Firn.Store.Local.Posix;

namespace Firn.Store.Local.Locks;

/// <summary>The kinds of advisory lock that flock(2) knows.</summary>
internal enum LockKind
{
    Shared = Libc.LOCK_SH,
    Exclusive = Libc.LOCK_EX,
}

/// <summary>Advisory locks on open files. A lock belongs to the open file, so two opens in one process exclude each other.</summary>
internal static class FileLock
{
    /// <summary>Opens a lock file, creating it where needed.</summary>
    internal static Descriptor Open(string path) =>
        Files.Open(Files.WorkingDirectory, Files.Bytes(path), Libc.O_RDWR | Libc.O_CREAT, 0x180, "opening lock file " + Files.Quote(path));

    /// <summary>Takes the lock if nobody is in the way.</summary>
    internal static bool TryTake(int descriptor, LockKind kind)
    {
        while (Libc.flock(descriptor, (int)kind | Libc.LOCK_NB) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error == Libc.EWOULDBLOCK) return false;
            if (error != Libc.EINTR) throw new PosixException(error, "acquiring/releasing lock");
        }
        return true;
    }

    /// <summary>Waits for the lock.</summary>
    internal static void Take(int descriptor, LockKind kind)
    {
        while (Libc.flock(descriptor, (int)kind) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error != Libc.EINTR) throw new PosixException(error, "acquiring/releasing lock");
        }
    }

    /// <summary>Waits for the lock, saying so where it has to.</summary>
    internal static void Take(int descriptor, LockKind kind, Action<string>? onWait, string message)
    {
        if (TryTake(descriptor, kind)) return;
        onWait?.Invoke(message);
        Take(descriptor, kind);
    }

    internal static void Release(int descriptor)
    {
        while (Libc.flock(descriptor, Libc.LOCK_UN) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error != Libc.EINTR) throw new PosixException(error, "acquiring/releasing lock");
        }
    }
}

using System.IO;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Firn.Store.Remote.Client;

/// <summary>An open directory, which the classes of .NET have none for.</summary>
/// <remarks>https://man7.org/linux/man-pages/man2/open.2.html</remarks>
internal static partial class DirectoryHandle
{
    private const int PathOnly = 0x200000, Directory = 0x10000, CloseOnExec = 0x80000;

    [LibraryImport("libc.so.6", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenDescriptor(string path, int flags, int mode);

    /// <exception cref="IOException">It cannot be opened.</exception>
    public static SafeFileHandle Open(string path)
    {
        int descriptor = OpenDescriptor(path, PathOnly | Directory | CloseOnExec, 0);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new IOException($"opening directory '{path}': {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }
}

using System.Runtime.InteropServices;

namespace Firn.Cli.Wiring;

/// <summary>What the user of this process may do.</summary>
internal static partial class UserAccess
{
    private const int ReadAndWrite = 4 | 2;

    public static bool IsRoot => geteuid() == 0;

    /// <summary>Whether the user may read and write the file or directory.</summary>
    public static bool MayReadAndWrite(string path) => access(path, ReadAndWrite) == 0;

    [LibraryImport("libc.so.6")]
    private static partial uint geteuid();

    [LibraryImport("libc.so.6", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int access(string path, int mode);
}

using System.Runtime.InteropServices;

namespace Firn.Cli.Wiring;

/// <summary>Paths without links.</summary>
internal static partial class RealPath
{
    /// <summary>The path with every link in it followed, or null where it leads nowhere.</summary>
    public static unsafe string? Of(string path)
    {
        byte* resolved = realpath(path, null);
        if (resolved is null)
        {
            return null;
        }

        string text = Marshal.PtrToStringUTF8((nint)resolved)!;
        NativeMemory.Free(resolved);
        return text;
    }

    // realpath(3)
    [LibraryImport("libc.so.6", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial byte* realpath(string path, byte* buffer);
}

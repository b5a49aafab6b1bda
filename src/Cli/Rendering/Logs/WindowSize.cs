using System.Runtime.InteropServices;

namespace Firn.Cli.Rendering.Logs;

/// <summary>The size of the terminal behind the standard error.</summary>
internal static partial class WindowSize
{
    private const int Error = 2;
    private const nuint GetSize = 0x5413; // TIOCGWINSZ

    /// <summary>Columns and rows; 80 and 24 where they are not known.</summary>
    public static (int Width, int Height) Read() =>
        ioctl(Error, GetSize, out Size size) == 0 && size.Columns > 0 && size.Rows > 0 ? (size.Columns, size.Rows) : (80, 24);

    [LibraryImport("libc.so.6")]
    private static partial int ioctl(int descriptor, nuint request, out Size size);

    [StructLayout(LayoutKind.Sequential)]
    private struct Size
    {
        public ushort Rows;
        public ushort Columns;
        public ushort Width;
        public ushort Height;
    }
}

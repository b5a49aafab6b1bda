using System;
using System.Runtime.InteropServices;

namespace Firn.Cli.Repl.Lines;

/// <summary>A terminal that hands over each key when it is pressed, until disposed.</summary>
/// <remarks>termios(3)</remarks>
internal sealed unsafe partial class TerminalMode : IDisposable
{
    private const int Input = 0;
    private const int AfterOutput = 1; // TCSADRAIN
    private const uint ExtendedInput = 0x8000, Signals = 0x1, Lines = 0x2, Echo = 0x8; // IEXTEN, ISIG, ICANON, ECHO
    private const uint FlowControl = 0x400, CarriageReturn = 0x100; // IXON, ICRNL
    private const int Time = 5, Minimum = 6; // VTIME, VMIN

    private Termios _before;

    private TerminalMode(Termios before) => _before = before;

    /// <summary>Switches the standard input over.</summary>
    public static TerminalMode Enter()
    {
        Termios mode;
        if (tcgetattr(Input, &mode) != 0)
        {
            throw new CliException("cannot read the mode of the terminal");
        }

        TerminalMode previous = new(mode);
        mode.InputFlags &= ~(FlowControl | CarriageReturn);
        mode.LocalFlags &= ~(ExtendedInput | Signals | Lines | Echo);
        mode.Control[Time] = 0;
        mode.Control[Minimum] = 1;
        _ = tcsetattr(Input, AfterOutput, &mode);
        return previous;
    }

    /// <summary>The width of the terminal in columns.</summary>
    public static int Width
    {
        get
        {
            WindowSize size;
            return ioctl(1, 0x5413 /* TIOCGWINSZ */, &size) == 0 && size.Columns > 0 ? size.Columns : 80;
        }
    }

    public void Dispose()
    {
        fixed (Termios* mode = &_before)
        {
            _ = tcsetattr(Input, AfterOutput, mode);
        }
    }

    /// <summary>Bytes of the standard input; fewer than wanted where no more are there.</summary>
    public static int Read(Span<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            return (int)read(Input, bytes, (nuint)buffer.Length);
        }
    }

    [LibraryImport("libc.so.6")]
    private static partial int tcgetattr(int descriptor, Termios* mode);

    [LibraryImport("libc.so.6")]
    private static partial int tcsetattr(int descriptor, int when, Termios* mode);

    [LibraryImport("libc.so.6")]
    private static partial int ioctl(int descriptor, ulong request, WindowSize* size);

    [LibraryImport("libc.so.6")]
    private static partial nint read(int descriptor, byte* buffer, nuint count);

    [StructLayout(LayoutKind.Sequential)]
    private struct Termios
    {
        public uint InputFlags;
        public uint OutputFlags;
        public uint ControlFlags;
        public uint LocalFlags;
        public byte Line;
        public fixed byte Control[32];
        public uint InputSpeed;
        public uint OutputSpeed;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct WindowSize
    {
        public ushort Rows;
        public ushort Columns;
        public ushort Width;
        public ushort Height;
    }
}

using System;
using System.IO;
using System.Runtime.InteropServices;

namespace Firn.Cli.Rendering;

/// <summary>
/// The standard output or error as bytes. Console's own stream makes a text writer, a thread for signals and a pipe
/// before the first byte goes out: half a millisecond, and three things that can fail when limits are tight.
/// </summary>
internal sealed unsafe partial class StandardStream(int descriptor) : Stream
{
    private const int Interrupted = 4, TryAgain = 11, BrokenPipe = 32;
    private const short CanWriteNow = 4;

    private bool _unread;

    public static StandardStream Output => new(1);

    public static StandardStream Error => new(2);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <exception cref="IOException">They cannot be written. That nobody reads them any more is none.</exception>
    public override void Write(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            for (int done = 0; done < bytes.Length && !_unread;)
            {
                nint written = WriteTo(descriptor, start + done, bytes.Length - done);
                if (written >= 0)
                {
                    done += (int)written;
                    continue;
                }

                switch (Marshal.GetLastPInvokeError())
                {
                    case Interrupted:
                        break;
                    case TryAgain:
                        // Somebody else with the same terminal or pipe has made it non-blocking.
                        Daemon.Libc.PollFd wait = new() { Fd = descriptor, Events = CanWriteNow };
                        _ = Daemon.Libc.Poll(&wait, 1, -1);
                        break;
                    case BrokenPipe:
                        _unread = true;
                        break;
                    case int error:
                        throw new IOException(Marshal.GetPInvokeErrorMessage(error), error);
                }
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    [LibraryImport("libc.so.6", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteTo(int descriptor, byte* bytes, nint count);
}

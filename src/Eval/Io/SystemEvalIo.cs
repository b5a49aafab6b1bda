using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using Firn.Eval.Errors;

namespace Firn.Eval.Io;

/// <summary>The files and the environment of this machine.</summary>
/// <param name="messages">Takes messages, one or more lines without the last one's end; null for the standard error.</param>
public sealed unsafe class SystemEvalIo(Action<byte[]>? messages = null) : IEvalIo
{
    private readonly bool _onTerminal = LibC.IsTerminal(2) == 1;

    private const int FormatMask = 0xF000;
    private const int DirectoryFormat = 0x4000;
    private const int RegularFormat = 0x8000;
    private const int SymlinkFormat = 0xA000;

    /// <inheritdoc/>
    public byte[] ReadFile(byte[] path)
    {
        int fd;
        fixed (byte* p = Terminated(path))
        {
            fd = LibC.Open(p, LibC.O_RDONLY | LibC.O_CLOEXEC, 0);
        }

        if (fd < 0)
        {
            throw Failure("opening file", path);
        }

        try
        {
            return ReadAll(fd, path);
        }
        finally
        {
            _ = LibC.Close(fd);
        }
    }

    /// <inheritdoc/>
    public FileType? Lstat(byte[] path) => TryStat(path, LibC.STATX_TYPE, out LibC.StatxResult result) ? TypeOf(result) : null;

    /// <inheritdoc/>
    public FileStamp? Stamp(byte[] path) =>
        TryStat(path, LibC.STATX_TYPE | LibC.STATX_INO | LibC.STATX_CTIME, out LibC.StatxResult result)
            ? new FileStamp(TypeOf(result), result.Device, result.Inode, result.ChangedSeconds, result.ChangedNanoseconds)
            : null;

    private static bool TryStat(byte[] path, uint what, out LibC.StatxResult result)
    {
        // Called so often that an array for each path would show.
        const int Room = 256;
        Span<byte> terminated = path.Length < Room ? stackalloc byte[Room] : new byte[path.Length + 1];
        path.CopyTo(terminated);
        terminated[path.Length] = 0;
        int failed;
        fixed (LibC.StatxResult* r = &result)
        fixed (byte* p = terminated)
        {
            failed = LibC.Statx(LibC.AT_FDCWD, p, LibC.AT_SYMLINK_NOFOLLOW, what, r);
        }

        if (failed != 0 && Marshal.GetLastPInvokeError() is not (LibC.ENOENT or LibC.ENOTDIR))
        {
            throw Failure("getting status of", path);
        }

        return failed == 0;
    }

    private static FileType TypeOf(in LibC.StatxResult result) => (result.Mode & FormatMask) switch
    {
        RegularFormat => FileType.Regular,
        DirectoryFormat => FileType.Directory,
        SymlinkFormat => FileType.Symlink,
        _ => FileType.Unknown,
    };

    /// <inheritdoc/>
    public IReadOnlyList<DirectoryEntry> ReadDirectory(byte[] path)
    {
        nint directory;
        fixed (byte* p = Terminated(path))
        {
            directory = LibC.OpenDir(p);
        }

        if (directory == 0)
        {
            string reason = Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
            throw new EvalError(EvalErrorKind.File, $"cannot read directory {new Plain('"' + Encoding.UTF8.GetString(path) + '"')}: {new Plain(reason)}");
        }

        try
        {
            List<DirectoryEntry> entries = [];
            for (LibC.DirectoryItem* item = LibC.ReadDir(directory); item is not null; item = LibC.ReadDir(directory))
            {
                ReadOnlySpan<byte> name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(&item->Name);
                if (name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
                {
                    continue;
                }

                entries.Add(new DirectoryEntry(name.ToArray(), TypeOf(item->Type, path, name)));
            }

            return entries;
        }
        finally
        {
            _ = LibC.CloseDir(directory);
        }
    }

    /// <inheritdoc/>
    public byte[] ReadLink(byte[] path)
    {
        byte[] buffer = new byte[4096];
        nint length;
        fixed (byte* p = Terminated(path))
        fixed (byte* b = buffer)
        {
            length = LibC.ReadLink(p, b, (nuint)buffer.Length);
        }

        return length < 0 ? throw Failure("reading symbolic link", path) : buffer[..(int)length];
    }

    /// <inheritdoc/>
    public byte[]? GetEnvironment(byte[] name)
    {
        fixed (byte* n = Terminated(name))
        {
            byte* value = LibC.GetEnv(n);
            return value is null ? null : MemoryMarshal.CreateReadOnlySpanFromNullTerminated(value).ToArray();
        }
    }

    /// <inheritdoc/>
    public void WriteMessage(byte[] text)
    {
        if (messages is not null)
        {
            messages(text);
            return;
        }

        if (!_onTerminal)
        {
            text = MessageText.Encode(AnsiText.Strip(MessageText.Decode(text)));
        }

        byte[] line = [.. text, (byte)'\n'];
        fixed (byte* b = line)
        {
            nuint done = 0;
            while (done < (nuint)line.Length)
            {
                nint written = LibC.Write(2, b + done, (nuint)line.Length - done);
                if (written < 0)
                {
                    if (Marshal.GetLastPInvokeError() == LibC.EINTR)
                    {
                        continue;
                    }

                    // Nobody listens; the evaluation does not depend on it.
                    return;
                }

                done += (nuint)written;
            }
        }
    }

    private static FileType TypeOf(byte type, byte[] directory, ReadOnlySpan<byte> name)
    {
        const byte Unknown = 0;
        const byte Directory = 4;
        const byte Regular = 8;
        const byte Link = 10;
        return type switch
        {
            Directory => FileType.Directory,
            Regular => FileType.Regular,
            Link => FileType.Symlink,

            // Some file systems do not say.
            Unknown => new SystemEvalIo().Lstat(Values.CanonPath.Join(directory, name)) ?? FileType.Unknown,
            _ => FileType.Unknown,
        };
    }

    private static byte[] ReadAll(int fd, byte[] path)
    {
        LibC.StatxResult result;
        byte empty = 0;
        const int EmptyPath = 0x1000;
        if (LibC.Statx(fd, &empty, EmptyPath, LibC.STATX_SIZE, &result) != 0)
        {
            throw Failure("getting status of", path);
        }

        // The size is a hint: files of /proc say 0 and others may grow.
        byte[] buffer = new byte[checked((int)result.Size)];
        int length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                byte probe;
                nint more = LibC.Read(fd, &probe, 1);
                if (more == 0)
                {
                    return buffer;
                }

                Check(more, path);
                if (more > 0)
                {
                    Array.Resize(ref buffer, Math.Max(4096, buffer.Length * 2));
                    buffer[length++] = probe;
                }

                continue;
            }

            nint n;
            fixed (byte* b = buffer)
            {
                n = LibC.Read(fd, b + length, (nuint)(buffer.Length - length));
            }

            if (n == 0)
            {
                return buffer[..length];
            }

            Check(n, path);
            length += n > 0 ? (int)n : 0;
        }
    }

    private static void Check(nint result, byte[] path)
    {
        if (result < 0 && Marshal.GetLastPInvokeError() != LibC.EINTR)
        {
            throw Failure("reading from file", path);
        }
    }

    private static byte[] Terminated(byte[] path)
    {
        byte[] terminated = new byte[path.Length + 1];
        path.CopyTo(terminated, 0);
        return terminated;
    }

    private static EvalError Failure(string what, byte[] path)
    {
        string reason = Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
        return new EvalError(EvalErrorKind.File, $"{new Plain(what)} '{path}': {new Plain(reason)}");
    }
}

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Firn.Sandbox.Linux;

namespace Firn.Sandbox;

/// <summary>Takes a piece of a build's log as it arrives; called on the build's own thread, one call at a time.</summary>
public delegate void LogSink(ReadOnlySpan<byte> bytes);

/// <summary>
/// A build under way. One thread watches the log, the launcher's report and the clock; the program
/// itself runs below the launcher, which ends it when <see cref="Cancel"/> is called or this process dies.
/// </summary>
public sealed unsafe class RunningBuild
{
    private readonly BuildRequest _request;
    // A builder's end is told a moment after its log is closed, a long moment on a busy machine.
    private static readonly TimeSpan s_parting = TimeSpan.FromSeconds(1);

    private readonly LogSink _log;
    private readonly TaskCompletionSource<BuildExit> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lifeLock = new();
    private readonly Lock _orderLock = new();
    private readonly int _pid;
    private readonly int _logFd;
    private readonly int _reportFd;
    private readonly int _messageFd;
    private int _lifeFd;
    private volatile bool _cancelled;

    private RunningBuild(BuildRequest request, LogSink log, int pid, int logFd, int reportFd, int messageFd, int lifeFd)
    {
        _request = request;
        _log = log;
        _pid = pid;
        _logFd = logFd;
        _reportFd = reportFd;
        _messageFd = messageFd;
        _lifeFd = lifeFd;
    }

    /// <summary>Completes when every process of the build is gone and its log is read to the end; never faults.</summary>
    public Task<BuildExit> Completion => _done.Task;

    /// <summary>Ends the build; <see cref="Completion"/> then says so. Harmless when it has ended already.</summary>
    public void Cancel()
    {
        _cancelled = true;
        Kill();
    }

    /// <summary>
    /// Shows the running build another file, directory or link of the host, for what becomes valid meanwhile. Returns when it
    /// is there. The directory above the target must exist in the build's root, and the target must not.
    /// </summary>
    /// <param name="source">Absolute path on the host; it must not be anything that the build can change.</param>
    /// <param name="target">Absolute path in the build's root, without links.</param>
    /// <param name="readOnly">Nothing below it can be written, whoever owns it.</param>
    /// <exception cref="SandboxException">It cannot be shown: there is something, the build has no mounts of its own, or has ended.</exception>
    public void Bind(string source, string target, bool readOnly)
    {
        byte[] order = RequestFormat.Order("bind", source, target, readOnly ? "ro" : "rw");
        byte[] reply = new byte[8192];
        nint got;
        lock (_orderLock)
        {
            int fd = _lifeFd;
            if (fd < 0)
            {
                throw new SandboxException("the build has ended");
            }

            fixed (byte* p = order, r = reply)
            {
                if (Libc.Send(fd, p, (nuint)order.Length, Libc.NoSignal) < 0)
                {
                    throw Libc.Failure("cannot reach the launcher of the build");
                }

                do
                {
                    got = Libc.Read(fd, r, (nuint)reply.Length);
                }
                while (got < 0 && Marshal.GetLastPInvokeError() == Libc.ErrorInterrupted);
            }
        }

        string text = got <= 0 ? "error the build has ended" : Encoding.UTF8.GetString(reply, 0, (int)got);
        if (text != "ok")
        {
            throw new SandboxException(text["error ".Length..]);
        }
    }

    /// <summary>Starts a build.</summary>
    /// <param name="launcher">Path of the launcher program.</param>
    /// <param name="request">The build.</param>
    /// <param name="log">Takes what the build writes on its standard output and error.</param>
    /// <exception cref="SandboxException">The launcher could not be started.</exception>
    public static RunningBuild Start(string launcher, BuildRequest request, LogSink log)
    {
        RunningBuild build = Launch(launcher, request, log);
        new Thread(build.Watch) { IsBackground = true, Name = "build" }.Start();
        return build;
    }

    /// <summary>Starts a build and stays with it to its end, on the calling thread.</summary>
    /// <param name="launcher">Path of the launcher program.</param>
    /// <param name="request">The build.</param>
    /// <param name="log">Takes what the build writes on its standard output and error.</param>
    /// <param name="started">Is handed the build, for what other threads do with it.</param>
    /// <exception cref="SandboxException">The launcher could not be started.</exception>
    public static BuildExit Run(string launcher, BuildRequest request, LogSink log, Action<RunningBuild> started)
    {
        RunningBuild build = Launch(launcher, request, log);
        started(build);
        build.Watch();
        return build._done.Task.Result;
    }

    private static RunningBuild Launch(string launcher, BuildRequest request, LogSink log)
    {
        byte[] serialised = RequestFormat.Write(request);
        int requestFd = -1, logRead = -1, logWrite = -1, reportRead = -1, reportWrite = -1, lifeRead = -1, lifeWrite = -1, nullFd = -1;
        int inputFd = -1, messageRead = -1, messageWrite = -1;
        try
        {
            nullFd = Libc.Raise(Libc.Check(Libc.Open("/dev/null", Libc.ReadWrite | Libc.CloseOnExec, 0), "cannot open '/dev/null'"));
            requestFd = Memory(serialised);
            (logRead, logWrite) = OpenLog(request.Identity);
            (reportRead, reportWrite) = Libc.Pipe();
            (lifeRead, lifeWrite) = Packets();
            int[] given = [nullFd, logWrite, logWrite, requestFd, reportWrite, lifeRead];
            if (request.Input is { } input)
            {
                inputFd = Memory(input);
                (messageRead, messageWrite) = Libc.Pipe();
                given = [.. given, inputFd, messageWrite];
            }

            int pid = Spawn(launcher, given);
            RunningBuild build = new(request, log, pid, logRead, reportRead, messageRead, lifeWrite);
            logRead = reportRead = messageRead = lifeWrite = -1;
            return build;
        }
        finally
        {
            foreach (int fd in (ReadOnlySpan<int>)[nullFd, requestFd, logRead, logWrite, reportRead, reportWrite, lifeRead, lifeWrite, inputFd, messageRead, messageWrite])
            {
                if (fd >= 0)
                {
                    _ = Libc.Close(fd);
                }
            }
        }
    }

    private void Kill()
    {
        lock (_lifeLock)
        {
            if (_lifeFd >= 0)
            {
                // Not closed: somebody may wait for an answer on it.
                _ = Libc.Shutdown(_lifeFd, Libc.BothWays);
            }
        }
    }

    private void EndLife()
    {
        Kill();
        lock (_orderLock)
        {
            lock (_lifeLock)
            {
                _ = Libc.Close(_lifeFd);
                _lifeFd = -1;
            }
        }
    }

    private void Watch()
    {
        BuildExit exit;
        try
        {
            exit = Follow();
        }
        catch (Exception e)
        {
            // The sink failed (a full disk, for instance): no build goes on unwatched.
            Kill();
            Drain(_reportFd);
            exit = new BuildExit(BuildEnd.NotStarted, 0, e.Message, TimeSpan.Zero, TimeSpan.Zero);
        }

        EndLife();
        _ = Libc.Close(_logFd);
        _ = Libc.Close(_reportFd);
        if (_messageFd >= 0)
        {
            _ = Libc.Close(_messageFd);
        }

        int status;
        while (Libc.Waitpid(_pid, &status, 0) < 0 && Marshal.GetLastPInvokeError() == Libc.ErrorInterrupted)
        {
        }

        _done.SetResult(exit);
    }

    private BuildExit Follow()
    {
        byte[] buffer = new byte[65536];
        StringBuilder report = new();
        BuildEnd? ended = null;
        long start = Stopwatch.GetTimestamp(), lastOutput = start, logged = 0;
        long? letGo = null;
        bool reportOpen = true, logOpen = true, messagesOpen = _messageFd >= 0;
        Libc.PollFd* fds = stackalloc Libc.PollFd[3];
        while (reportOpen)
        {
            fds[0] = new Libc.PollFd { Fd = _reportFd, Events = Libc.PollIn };
            fds[1] = new Libc.PollFd { Fd = logOpen ? _logFd : -1, Events = Libc.PollIn };
            fds[2] = new Libc.PollFd { Fd = messagesOpen ? _messageFd : -1, Events = Libc.PollIn };
            int wait = -1;
            if (ended is null && _request.Timeout is { } total)
            {
                wait = Milliseconds(total - Stopwatch.GetElapsedTime(start));
            }

            if (ended is null && _request.SilenceTimeout is { } silence)
            {
                int rest = Milliseconds(silence - Stopwatch.GetElapsedTime(lastOutput));
                wait = wait < 0 ? rest : Math.Min(wait, rest);
            }

            if (letGo is { } since)
            {
                int rest = Milliseconds(s_parting - Stopwatch.GetElapsedTime(since));
                wait = wait < 0 ? rest : Math.Min(wait, rest);
            }

            int n = Libc.Poll(fds, 3, wait);
            if (n < 0 && Marshal.GetLastPInvokeError() != Libc.ErrorInterrupted)
            {
                throw Libc.Failure("cannot watch the build");
            }

            if (ended is null && _request.Timeout is { } t && Stopwatch.GetElapsedTime(start) >= t)
            {
                ended = BuildEnd.TimedOut;
                Kill();
            }

            if (n > 0 && fds[1].Returned != 0)
            {
                int got = ReadSome(_logFd, buffer);
                if (got > 0)
                {
                    lastOutput = Stopwatch.GetTimestamp();
                    logged += got;
                    if (ended is null && _request.MaxLogBytes > 0 && logged > _request.MaxLogBytes)
                    {
                        ended = BuildEnd.LogTooLong;
                        Kill();
                    }
                    else if (ended is null)
                    {
                        _log(buffer.AsSpan(0, got));
                    }
                }
                else if (got == 0)
                {
                    logOpen = false;
                    letGo = Stopwatch.GetTimestamp();
                }
            }

            // Whoever lets go of the log is taken to have ended, and is made to where it does not do so by itself.
            if (letGo is { } left && Stopwatch.GetElapsedTime(left) >= s_parting)
            {
                letGo = null;
                Kill();
            }

            if (ended is null && _request.SilenceTimeout is { } s && Stopwatch.GetElapsedTime(lastOutput) >= s)
            {
                ended = BuildEnd.Silent;
                Kill();
            }

            if (n > 0 && fds[2].Returned != 0)
            {
                messagesOpen = ReadMessages(buffer) != 0;
            }

            if (n > 0 && fds[0].Returned != 0)
            {
                int got = ReadSome(_reportFd, buffer);
                if (got > 0)
                {
                    report.Append(Encoding.UTF8.GetString(buffer, 0, got));
                }
                else if (got == 0)
                {
                    reportOpen = false;
                }
            }
        }

        while (messagesOpen && ReadMessages(buffer) > 0)
        {
        }

        // Every process is gone now, so what the log still holds is there to be read without waiting.
        while (logOpen)
        {
            Libc.PollFd last = new() { Fd = _logFd, Events = Libc.PollIn };
            if (Libc.Poll(&last, 1, 0) <= 0)
            {
                break;
            }

            int got = ReadSome(_logFd, buffer);
            if (got == 0)
            {
                break;
            }

            if (got > 0 && ended is null)
            {
                _log(buffer.AsSpan(0, got));
            }
        }

        return Judge(report.ToString(), ended);
    }

    private int ReadMessages(byte[] buffer)
    {
        int got = ReadSome(_messageFd, buffer);
        if (got > 0)
        {
            _request.Messages?.Invoke(buffer.AsSpan(0, got));
        }

        return got;
    }

    private BuildExit Judge(string report, BuildEnd? ended)
    {
        string? message = null;
        BuildEnd end = BuildEnd.NotStarted;
        int code = 0;
        TimeSpan user = TimeSpan.Zero, system = TimeSpan.Zero;
        List<string> warnings = [];
        foreach (string line in report.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = line.Split(' ');
            switch (words[0])
            {
                case "error":
                    message = line["error ".Length..];
                    break;
                case "warning":
                    warnings.Add(line["warning ".Length..]);
                    break;
                case "exit" or "signal" when words.Length == 4:
                    end = words[0] == "exit" ? BuildEnd.Exited : BuildEnd.Signaled;
                    code = int.Parse(words[1], CultureInfo.InvariantCulture);
                    user = TimeSpan.FromMicroseconds(long.Parse(words[2], CultureInfo.InvariantCulture));
                    system = TimeSpan.FromMicroseconds(long.Parse(words[3], CultureInfo.InvariantCulture));
                    break;
            }
        }

        if (message is not null)
        {
            end = BuildEnd.NotStarted;
        }
        else if (end == BuildEnd.NotStarted)
        {
            message = "the sandbox launcher died";
        }

        if (ended is { } own)
        {
            end = own;
        }
        else if (_cancelled && !(end == BuildEnd.Exited && code == 0))
        {
            end = BuildEnd.Cancelled;
        }

        return new BuildExit(end, code, message, user, system) { Warnings = warnings };
    }

    private static int Milliseconds(TimeSpan t) => t <= TimeSpan.Zero ? 0 : (int)Math.Min(t.TotalMilliseconds + 1, int.MaxValue);

    /// <summary>Reads what is there: the number of bytes, 0 at the end, -1 where the call is to be made again.</summary>
    private static int ReadSome(int fd, byte[] buffer)
    {
        fixed (byte* p = buffer)
        {
            nint n = Libc.Read(fd, p, (nuint)buffer.Length);
            if (n >= 0)
            {
                return (int)n;
            }

            int error = Marshal.GetLastPInvokeError();
            return error switch
            {
                Libc.ErrorInterrupted or Libc.ErrorAgain => -1,
                // A pseudoterminal says so when its other side is closed.
                Libc.ErrorInputOutput => 0,
                _ => throw Libc.Failure("cannot read from the build", error),
            };
        }
    }

    private static void Drain(int fd)
    {
        byte[] buffer = new byte[4096];
        while (ReadSome(fd, buffer) != 0)
        {
        }
    }

    private static void WriteAll(int fd, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            fixed (byte* p = bytes)
            {
                nint n = Libc.Write(fd, p, (nuint)bytes.Length);
                bytes = bytes[(int)(n < 0 ? throw Libc.Failure("cannot write the build request") : n)..];
            }
        }
    }

    private static int Memory(byte[] contents)
    {
        int fd = Libc.Raise(Libc.Check(Libc.MemfdCreate("build", 1), "cannot make a file in memory"));
        WriteAll(fd, contents);
        Libc.Check((int)Libc.Seek(fd, 0, 0), "cannot rewind a file in memory");
        return fd;
    }

    private static (int Theirs, int Ours) Packets()
    {
        int* fds = stackalloc int[2];
        Libc.Check(Libc.Socketpair(Libc.UnixDomain, Libc.SequencedPackets | Libc.CloseOnExec, 0, fds), "cannot make a socket pair");
        return (Libc.Raise(fds[0]), Libc.Raise(fds[1]));
    }

    /// <summary>
    /// A pseudoterminal in raw mode, since programs write line by line to one and both their streams then stay in
    /// order; a pipe where the machine has none.
    /// </summary>
    private static (int Read, int Write) OpenLog(BuildIdentity? identity)
    {
        int master = Libc.PosixOpenpt(Libc.ReadWrite | Libc.NoControllingTerminal | Libc.CloseOnExec);
        if (master < 0)
        {
            return Libc.Pipe();
        }

        master = Libc.Raise(master);
        byte* name = stackalloc byte[256];
        if (Libc.Unlockpt(master) != 0 || Libc.PtsnameR(master, name, 256) != 0)
        {
            _ = Libc.Close(master);
            return Libc.Pipe();
        }

        int slave = Libc.Open(Marshal.PtrToStringUTF8((nint)name)!, Libc.ReadWrite | Libc.NoControllingTerminal | Libc.CloseOnExec, 0);
        if (slave < 0)
        {
            _ = Libc.Close(master);
            return Libc.Pipe();
        }

        slave = Libc.Raise(slave);
        byte* termios = stackalloc byte[256];
        if (Libc.Tcgetattr(slave, termios) == 0)
        {
            Libc.Cfmakeraw(termios);
            _ = Libc.Tcsetattr(slave, 0, termios);
        }

        if (identity is { } id)
        {
            // So that the build can open /dev/stderr again. An ordinary user owns it already.
            _ = Libc.Fchown(slave, id.OuterUid, -1);
        }

        return (master, slave);
    }

    private static int Spawn(string launcher, ReadOnlySpan<int> descriptors)
    {
        Span<(int, int)> given = stackalloc (int, int)[descriptors.Length];
        for (int i = 0; i < descriptors.Length; i++)
        {
            given[i] = (descriptors[i], i);
        }

        fixed (byte* name = "firn-launcher\0"u8)
        {
            byte** argv = stackalloc byte*[2];
            byte** envp = stackalloc byte*[1];
            argv[0] = name;
            argv[1] = null;
            envp[0] = null;
            int error = Libc.Spawn(launcher, given, argv, envp, null, out int pid);
            return error == 0 ? pid : throw Libc.Failure($"cannot start the sandbox launcher '{launcher}'", error);
        }
    }
}

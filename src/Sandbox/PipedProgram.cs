using System;
using System.Collections;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using Firn.Sandbox.Linux;

namespace Firn.Sandbox;

/// <summary>Where something that a program wrote came from.</summary>
public enum PipedSource
{
    /// <summary>Its standard output and error.</summary>
    Messages,

    /// <summary>Its descriptor 4.</summary>
    Log,
}

/// <summary>
/// A program of the administrator's that is talked with through pipes: its standard input, its standard output and error
/// together, and the log that it writes to descriptor 4 and finds again at 5. It runs with the caller's rights and variables,
/// in <c>/</c> and in a session of its own, with which all that it has started ends too. One thread reads; others may end it.
/// </summary>
public sealed unsafe class PipedProgram : IDisposable
{
    // To take back what it has begun elsewhere.
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly int _pid;
    private readonly int _messages, _log, _ended;
    private int _input;
    private Timer? _last;
    private ProgramExit? _exit;
    private bool _messagesOpen = true, _logOpen = true;

    private PipedProgram(int pid, int input, int messages, int log, int ended) =>
        (_pid, _input, _messages, _log, _ended) = (pid, input, messages, log, ended);

    /// <summary>Starts a program.</summary>
    /// <param name="program">Its path.</param>
    /// <param name="arguments">The name it is to be known by first.</param>
    /// <exception cref="SandboxException">It cannot be started.</exception>
    public static PipedProgram Start(string program, IReadOnlyList<string> arguments)
    {
        int inputRead = -1, inputWrite = -1, messagesRead = -1, messagesWrite = -1, logRead = -1, logWrite = -1, ended = -1;
        try
        {
            (inputRead, inputWrite) = Libc.Pipe();
            (messagesRead, messagesWrite) = Libc.Pipe();
            (logRead, logWrite) = Libc.Pipe();
            int pid = Spawn(program, arguments, [(inputRead, 0), (messagesWrite, 1), (messagesWrite, 2), (logWrite, 4), (logRead, 5)]);
            ended = (int)Libc.SystemCall(Libc.PidfdOpen, pid, 0);
            if (ended < 0)
            {
                SandboxException failure = Libc.Failure("cannot watch a process");
                _ = Libc.Kill(-pid, Libc.SignalKill);
                Reap(pid);
                throw failure;
            }

            PipedProgram made = new(pid, inputWrite, messagesRead, logRead, ended);
            inputWrite = messagesRead = logRead = -1;
            return made;
        }
        finally
        {
            foreach (int fd in (ReadOnlySpan<int>)[inputRead, inputWrite, messagesRead, messagesWrite, logRead, logWrite])
            {
                if (fd >= 0)
                {
                    _ = Libc.Close(fd);
                }
            }
        }
    }

    /// <summary>Writes to its standard input.</summary>
    /// <exception cref="SandboxException">It reads no more.</exception>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            fixed (byte* p = bytes)
            {
                nint n = Libc.Write(_input, p, (nuint)bytes.Length);
                if (n >= 0)
                {
                    bytes = bytes[(int)n..];
                }
                else if (Marshal.GetLastPInvokeError() != Libc.ErrorInterrupted)
                {
                    throw Libc.Failure("writing to a program");
                }
            }
        }
    }

    /// <summary>Nothing more is written to it.</summary>
    public void EndInput()
    {
        if (_input >= 0)
        {
            _ = Libc.Close(_input);
            _input = -1;
        }
    }

    /// <summary>Waits for what it writes next.</summary>
    /// <param name="withLog">Also take what comes on the log's pipe, which the program may otherwise read itself.</param>
    /// <returns>The number of bytes; 0 when it has ended, or has let go of both pipes.</returns>
    /// <exception cref="SandboxException">The system refuses.</exception>
    public int Read(Span<byte> buffer, bool withLog, out PipedSource source)
    {
        Libc.PollFd* fds = stackalloc Libc.PollFd[3];
        bool over = false;
        while (_messagesOpen || (withLog && _logOpen))
        {
            fds[0] = new Libc.PollFd { Fd = _messagesOpen ? _messages : -1, Events = Libc.PollIn };
            fds[1] = new Libc.PollFd { Fd = withLog && _logOpen ? _log : -1, Events = Libc.PollIn };
            fds[2] = new Libc.PollFd { Fd = over ? -1 : _ended, Events = Libc.PollIn };
            // What it left running may keep the pipes open; what it wrote itself is there when it has ended.
            int n = Libc.Poll(fds, 3, over ? 0 : -1);
            if (n < 0 && Marshal.GetLastPInvokeError() != Libc.ErrorInterrupted)
            {
                throw Libc.Failure("cannot watch a program");
            }

            if (over && n <= 0)
            {
                break;
            }

            for (int i = 0; i < 2; i++)
            {
                if (n > 0 && fds[i].Returned != 0)
                {
                    source = i == 0 ? PipedSource.Messages : PipedSource.Log;
                    int got = ReadSome(fds[i].Fd, buffer);
                    if (got > 0)
                    {
                        return got;
                    }

                    if (got == 0 && i == 0)
                    {
                        _messagesOpen = false;
                    }
                    else if (got == 0)
                    {
                        _logOpen = false;
                    }
                }
            }

            over |= n > 0 && fds[2].Returned != 0;
        }

        source = PipedSource.Messages;
        return 0;
    }

    /// <summary>Asks it to end; it is made to where it does not soon.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            if (_exit is null && _last is null)
            {
                _ = Libc.Kill(-_pid, Libc.SignalTerminate);
                _last = new Timer(_ => Kill(), null, s_grace, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void Kill()
    {
        lock (_lock)
        {
            if (_exit is null)
            {
                _ = Libc.Kill(-_pid, Libc.SignalKill);
            }
        }
    }

    /// <summary>Waits for its end, and ends what it has left running.</summary>
    public ProgramExit Wait()
    {
        EndInput();
        if (_exit is { } known)
        {
            return known;
        }

        Libc.PollFd ended = new() { Fd = _ended, Events = Libc.PollIn };
        while (Libc.Poll(&ended, 1, -1) < 0 && Marshal.GetLastPInvokeError() == Libc.ErrorInterrupted)
        {
        }

        lock (_lock)
        {
            // It is a zombie until the next call, so the number is still its own.
            _ = Libc.Kill(-_pid, Libc.SignalKill);
            _exit = Reap(_pid);
            _last?.Dispose();
            return _exit.Value;
        }
    }

    public void Dispose()
    {
        if (_exit is null)
        {
            EndInput();
            Stop();
            // It may be waiting for somebody to read.
            byte[] rest = new byte[4096];
            while (Read(rest, withLog: true, out _) > 0)
            {
            }

            _ = Wait();
        }

        _ = Libc.Close(_messages);
        _ = Libc.Close(_log);
        _ = Libc.Close(_ended);
    }

    private static ProgramExit Reap(int pid)
    {
        int status;
        while (Libc.Waitpid(pid, &status, 0) < 0 && Marshal.GetLastPInvokeError() == Libc.ErrorInterrupted)
        {
        }

        int signal = status & 0x7f;
        return signal != 0 ? new ProgramExit(signal, true) : new ProgramExit((status >> 8) & 0xff, false);
    }

    private static int ReadSome(int fd, Span<byte> buffer)
    {
        fixed (byte* p = buffer)
        {
            nint n = Libc.Read(fd, p, (nuint)buffer.Length);
            return n >= 0 ? (int)n : Marshal.GetLastPInvokeError() == Libc.ErrorInterrupted ? -1 : throw Libc.Failure("cannot read from a program");
        }
    }

    private static int Spawn(string program, IReadOnlyList<string> arguments, ReadOnlySpan<(int From, int To)> descriptors)
    {
        List<string> variables = [];
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            variables.Add($"{variable.Key}={variable.Value}");
        }

        byte** argv = Vector(arguments), envp = Vector(variables);
        try
        {
            int error = Libc.Spawn(program, descriptors, argv, envp, "/", out int pid);
            return error == 0 ? pid : throw Libc.Failure($"executing '{program}'", error);
        }
        finally
        {
            Free(argv);
            Free(envp);
        }
    }

    private static byte** Vector(IReadOnlyList<string> words)
    {
        byte** vector = (byte**)NativeMemory.AllocZeroed((nuint)words.Count + 1, (nuint)sizeof(byte*));
        for (int i = 0; i < words.Count; i++)
        {
            byte[] word = Encoding.UTF8.GetBytes(words[i]);
            vector[i] = (byte*)NativeMemory.AllocZeroed((nuint)word.Length + 1);
            word.CopyTo(new Span<byte>(vector[i], word.Length));
        }

        return vector;
    }

    private static void Free(byte** vector)
    {
        for (int i = 0; vector[i] is not null; i++)
        {
            NativeMemory.Free(vector[i]);
        }

        NativeMemory.Free(vector);
    }
}

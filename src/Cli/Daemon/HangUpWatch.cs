using System;
using System.Threading;

namespace Firn.Cli.Daemon;

/// <summary>Notices that the other side of a connection is gone while nobody reads from it.</summary>
internal sealed class HangUpWatch : IDisposable
{
    private const int Interval = 500;

    private readonly int _descriptor;
    private readonly Action _gone;
    private readonly Thread _thread;
    private volatile bool _stopped;

    /// <param name="descriptor">Stays open while this is in use.</param>
    /// <param name="gone">Called once, from another thread.</param>
    public HangUpWatch(int descriptor, Action gone)
    {
        _descriptor = descriptor;
        _gone = gone;
        _thread = new Thread(Watch, 128 * 1024) { IsBackground = true, Name = "hang-up" };
        _thread.Start();
    }

    private unsafe void Watch()
    {
        while (!_stopped)
        {
            // No event is asked for: the end of the other side is told in any case.
            Libc.PollFd poll = new() { Fd = _descriptor };
            if (Libc.Poll(&poll, 1, Interval) > 0 && (poll.Returned & (Libc.HangUp | Libc.Error)) != 0)
            {
                _gone();
                return;
            }

            if (poll.Returned != 0)
            {
                // No descriptor at all.
                return;
            }
        }
    }

    public void Dispose()
    {
        _stopped = true;
        _thread.Join();
    }
}

using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Firn.Build.Scheduling;

/// <summary>
/// Threads for work that blocks, kept for the next piece of it: whoever starts a thread waits, yielding, until it runs,
/// which costs milliseconds on a busy machine. There are as many as pieces of work at a time.
/// </summary>
internal sealed class WorkThreads : IDisposable
{
    private readonly object _lock = new();
    private readonly Queue<Action> _queue = new();
    private int _idle;
    private bool _closed;

    /// <summary>Runs something on a thread that nothing else runs on meanwhile.</summary>
    public Task<T> Run<T>(Func<T> work)
    {
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _queue.Enqueue(() =>
            {
                try
                {
                    done.SetResult(work());
                }
                catch (OperationCanceledException e)
                {
                    done.SetCanceled(e.CancellationToken);
                }
                catch (Exception e)
                {
                    // Whoever awaits it gets it.
                    done.SetException(e);
                }
            });
            if (_idle >= _queue.Count)
            {
                Monitor.Pulse(_lock);
                return done.Task;
            }
        }

        new Thread(Work) { IsBackground = true, Name = "work" }.Start();
        return done.Task;
    }

    /// <summary>Lets the threads end once they are idle.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
            Monitor.PulseAll(_lock);
        }
    }

    private void Work()
    {
        while (true)
        {
            Action? work;
            lock (_lock)
            {
                while (!_queue.TryDequeue(out work))
                {
                    if (_closed)
                    {
                        return;
                    }

                    _idle++;
                    Monitor.Wait(_lock);
                    _idle--;
                }
            }

            work();
        }
    }
}

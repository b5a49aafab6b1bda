using System;
using System.Collections.Concurrent;
using System.Threading;
using System.Threading.Tasks;

namespace Firn.Build.Scheduling;

/// <summary>
/// Runs all that awaits within it on one thread, the caller's, so that the books need no locks. Work that takes long is
/// awaited through <see cref="OutsideAsync"/>, which lets the loop tell waiting from being stuck.
/// </summary>
internal sealed class EventLoop : SynchronizationContext, IDisposable
{
    private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _queue = [];
    private int _outside;

    public override void Post(SendOrPostCallback d, object? state) => _queue.Add((d, state));

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException();

    /// <summary>Runs until a task has ended, and gives its result.</summary>
    /// <param name="begin">Begins the task; called within the loop.</param>
    /// <param name="stuck">Called where nothing is left that could go on; has to make something go on.</param>
    public T Run<T>(Func<Task<T>> begin, Action stuck)
    {
        SynchronizationContext? before = Current;
        SetSynchronizationContext(this);
        try
        {
            Task<T> top = begin();
            while (!top.IsCompleted)
            {
                if (!_queue.TryTake(out (SendOrPostCallback Callback, object? State) item))
                {
                    if (_outside == 0)
                    {
                        stuck();
                    }

                    item = _queue.Take();
                }

                item.Callback(item.State);
            }

            return top.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    /// <summary>Awaits something that other threads, servers or processes bring to its end.</summary>
    public async Task<T> OutsideAsync<T>(Task<T> task)
    {
        _outside++;
        try
        {
            return await task;
        }
        finally
        {
            _outside--;
        }
    }

    public void Dispose() => _queue.Dispose();
}

/// <summary>Places of which each is taken by one at a time. For use within a loop.</summary>
internal sealed class Places(int count)
{
    private readonly System.Collections.Generic.Queue<TaskCompletionSource> _waiting = new();
    private int _free = Math.Max(1, count);

    /// <summary>Waits for a place, behind those that asked before.</summary>
    public Task TakeAsync()
    {
        if (_free > 0)
        {
            _free--;
            return Task.CompletedTask;
        }

        TaskCompletionSource turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Enqueue(turn);
        return turn.Task;
    }

    public void Release()
    {
        if (_waiting.TryDequeue(out TaskCompletionSource? next))
        {
            next.SetResult();
        }
        else
        {
            _free++;
        }
    }
}

using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Firn.Build.Scheduling;

/// <summary>
/// Runs all that awaits within it on one thread, the caller's, so that the books need no locks. Work that takes long is
/// awaited through <see cref="OutsideAsync"/>, which lets the loop tell waiting from being stuck.
/// </summary>
internal sealed class EventLoop : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _queue = new();
    private int _outside;

    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_queue)
        {
            _queue.Enqueue((d, state));
            Monitor.Pulse(_queue);
        }
    }

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException();

    /// <summary>Runs until a task has ended, and gives its result.</summary>
    /// <param name="begin">Begins the task; called within the loop.</param>
    /// <param name="idle">Called where all that could go on has done so; may make more go on.</param>
    /// <param name="stuck">Called where nothing is left that could go on; has to make something go on.</param>
    public T Run<T>(Func<Task<T>> begin, Action idle, Action stuck)
    {
        SynchronizationContext? before = Current;
        SetSynchronizationContext(this);
        try
        {
            Task<T> top = begin();
            while (!top.IsCompleted)
            {
                if (!TryTake(out (SendOrPostCallback Callback, object? State) item))
                {
                    idle();
                    if (!TryTake(out item))
                    {
                        if (_outside == 0)
                        {
                            stuck();
                        }

                        item = Take();
                    }
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

    private bool TryTake(out (SendOrPostCallback Callback, object? State) item)
    {
        lock (_queue)
        {
            return _queue.TryDequeue(out item);
        }
    }

    // Without turning round first: the processor is for the builds.
    private (SendOrPostCallback Callback, object? State) Take()
    {
        lock (_queue)
        {
            (SendOrPostCallback Callback, object? State) item;
            while (!_queue.TryDequeue(out item))
            {
                Monitor.Wait(_queue);
            }

            return item;
        }
    }
}

/// <summary>
/// Places of which each is taken by one at a time, in the order of names among those that wait. For use within a loop,
/// which hands them out when it is idle: so the order does not depend on who was quicker with the books.
/// </summary>
internal sealed class Places(int count)
{
    private readonly PriorityQueue<TaskCompletionSource, (string Name, int Number)> _waiting = new(s_order);
    private int _free = Math.Max(1, count);
    private int _asked;

    private static readonly Comparer<(string Name, int Number)> s_order = Comparer<(string Name, int Number)>.Create(static (a, b) =>
        string.CompareOrdinal(a.Name, b.Name) is not 0 and int names ? names : a.Number.CompareTo(b.Number));

    /// <summary>Waits for a place.</summary>
    public Task TakeAsync(string name)
    {
        TaskCompletionSource turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Enqueue(turn, (name, _asked++));
        return turn.Task;
    }

    public void Release() => _free++;

    /// <summary>Takes a place if one is free now.</summary>
    public bool TryTake()
    {
        bool free = _free > 0;
        _free -= free ? 1 : 0;
        return free;
    }

    /// <summary>Gives free places to those that wait.</summary>
    public void HandOut()
    {
        for (; _free > 0 && _waiting.TryDequeue(out TaskCompletionSource? next, out _); _free--)
        {
            next.SetResult();
        }
    }
}

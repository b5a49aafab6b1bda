using System;
using System.Collections.Generic;
using System.Threading;

namespace Firn.Store.Remote.Client;

/// <summary>Connections that nobody uses at the moment. Each is lent to one thread at a time.</summary>
/// <param name="open">Makes one when none is idle.</param>
internal sealed class ConnectionPool<T>(Func<T> open) : IDisposable
    where T : class, IDisposable
{
    // Beyond these a question makes a connection for itself alone.
    private const int Kept = 8;

    private readonly Lock _lock = new();
    private readonly Stack<T> _idle = new();
    private bool _disposed;

    /// <summary>A connection for the caller alone, until it is given back.</summary>
    public T Take()
    {
        T? connection;
        lock (_lock) _idle.TryPop(out connection);
        return connection ?? open();
    }

    /// <param name="usable">Whether something can still be asked on it.</param>
    public void GiveBack(T connection, bool usable)
    {
        lock (_lock)
        {
            usable = usable && !_disposed && _idle.Count < Kept;
            if (usable) _idle.Push(connection);
        }
        if (!usable) connection.Dispose();
    }

    /// <summary>Ends the idle ones now, and the others as they come back.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            while (_idle.TryPop(out T? connection)) connection.Dispose();
        }
    }
}

using System;
using System.Buffers;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using Firn.Formats.Hashing;
using Firn.Formats.Sinks;

namespace Firn.Store.Transfer;

/// <summary>
/// Hashes a stream of bytes. Of a long one all but the start is hashed by a thread of its own, so that the bytes are read
/// and written meanwhile. To be used from one thread.
/// </summary>
/// <param name="algorithm">Of the hash.</param>
/// <param name="aside">Whether to use another thread: it costs more than it gains where nothing is waited for meanwhile.</param>
public sealed class BackgroundHasher(HashAlgorithm algorithm, bool aside = true) : IByteSink, IDisposable
{
    private const int ChunkSize = 256 * 1024, ChunkCount = 4;

    // Hashing so much takes longer than it takes to start a thread.
    private const ulong Threshold = 1024 * 1024;

    private readonly Hasher _hasher = new(algorithm);
    // Monitor rather than a semaphore: who waits for hashing must not spin while it does.
    private readonly object _lock = new();
    private readonly Queue<(byte[] Chunk, int Length)> _full = new();
    private readonly Stack<byte[]> _free = new();
    private Thread? _thread;
    private byte[]? _current, _reserved;
    private int _length, _made;
    private bool _ended;

    /// <summary>Bytes so far.</summary>
    public ulong Count { get; private set; }

    /// <summary>
    /// Memory to read the next bytes into: <see cref="Write"/> hashes what lies at its start without copying it. Until
    /// the next call it keeps what was read. Empty as long as there is little to hash.
    /// </summary>
    public Span<byte> Reserve() => _thread == null ? default : _reserved ??= Take();

    public void Write(ReadOnlySpan<byte> data)
    {
        Count += (ulong)data.Length;
        if (_thread == null)
        {
            if (!aside || Count <= Threshold || Environment.ProcessorCount == 1)
            {
                _hasher.Write(data);
                return;
            }
            _thread = new Thread(Run, 256 * 1024) { IsBackground = true };
            _thread.Start();
        }
        if (_reserved is { } reserved && !data.IsEmpty && Unsafe.AreSame(ref MemoryMarshal.GetReference(data), ref MemoryMarshal.GetArrayDataReference(reserved)))
        {
            HandCurrent();
            _reserved = null;
            Hand(reserved, data.Length);
            return;
        }
        while (!data.IsEmpty)
        {
            _current ??= Take();
            int n = Math.Min(data.Length, ChunkSize - _length);
            data[..n].CopyTo(_current.AsSpan(_length));
            _length += n;
            data = data[n..];
            if (_length == ChunkSize) HandCurrent();
        }
    }

    /// <summary>The hash of everything written; ends it.</summary>
    public Hash Finish()
    {
        if (_thread != null) HandCurrent();
        Dispose();
        return _hasher.Finish();
    }

    /// <summary>Waits until what was handed over is hashed.</summary>
    public void Dispose()
    {
        if (_thread == null || _ended) return;
        lock (_lock)
        {
            _ended = true;
            Monitor.PulseAll(_lock);
        }
        _thread.Join();
        while (_free.TryPop(out byte[]? chunk)) ArrayPool<byte>.Shared.Return(chunk);
    }

    private byte[] Take()
    {
        if (_made < ChunkCount)
        {
            _made++;
            return ArrayPool<byte>.Shared.Rent(ChunkSize);
        }
        lock (_lock)
        {
            while (_free.Count == 0) Monitor.Wait(_lock);
            return _free.Pop();
        }
    }

    private void HandCurrent()
    {
        if (_current == null) return;
        Hand(_current, _length);
        _current = null;
        _length = 0;
    }

    private void Hand(byte[] chunk, int length)
    {
        lock (_lock)
        {
            _full.Enqueue((chunk, length));
            Monitor.Pulse(_lock);
        }
    }

    private void Run()
    {
        while (true)
        {
            byte[] chunk;
            int length;
            lock (_lock)
            {
                while (_full.Count == 0)
                {
                    if (_ended) return;
                    Monitor.Wait(_lock);
                }
                (chunk, length) = _full.Dequeue();
            }
            _hasher.Write(chunk.AsSpan(0, length));
            lock (_lock)
            {
                _free.Push(chunk);
                Monitor.Pulse(_lock);
            }
        }
    }
}

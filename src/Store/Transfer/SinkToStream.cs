using System;
using System.IO;
using System.Runtime.ExceptionServices;
using System.Threading;
using Firn.Formats.Sinks;

namespace Firn.Store.Transfer;

/// <summary>
/// What a producer writes to a sink, as a stream to read. The producer runs in a thread of its own and waits for the
/// reader; its errors come out of <see cref="Read(Span{byte})"/>.
/// </summary>
public sealed class SinkToStream : ForwardReader, IByteSink
{
    private const int Chunk = 256 * 1024;

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _filled = new(0);
    private readonly SemaphoreSlim _emptied = new(1);
    private readonly Action<IByteSink> _produce;
    private readonly Thread _thread;
    private readonly byte[] _writing = new byte[Chunk];
    private readonly byte[] _reading = new byte[Chunk];
    private int _written, _read, _available;
    private bool _started, _ended, _closed;
    private ExceptionDispatchInfo? _failure;

    /// <param name="produce">Runs once reading begins, to its end or until the stream is closed.</param>
    public SinkToStream(Action<IByteSink> produce)
    {
        _produce = produce;
        _thread = new Thread(Produce) { IsBackground = true };
    }

    private void Produce()
    {
        try
        {
            _produce(this);
        }
        catch (AbandonedException)
        {
            return;
        }
        catch (Exception e)
        {
            // Handed to the reader, in whose call it belongs.
            _failure = ExceptionDispatchInfo.Capture(e);
        }
        try
        {
            Hand();
            _emptied.Wait();
            _ended = true;
            _filled.Release();
        }
        catch (AbandonedException)
        {
            // Nobody reads on.
        }
    }

    // Gives what was written to the reader once it has read what it had.
    private void Hand()
    {
        if (_written == 0) return;
        _emptied.Wait();
        lock (_gate)
        {
            if (_closed) throw new AbandonedException();
        }
        _writing.AsSpan(0, _written).CopyTo(_reading);
        _available = _written;
        _read = 0;
        _written = 0;
        _filled.Release();
    }

    void IByteSink.Write(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            int n = Math.Min(data.Length, Chunk - _written);
            data[..n].CopyTo(_writing.AsSpan(_written));
            _written += n;
            data = data[n..];
            if (_written == Chunk) Hand();
        }
    }

    public override int Read(Span<byte> buffer)
    {
        if (!_started)
        {
            _started = true;
            _thread.Start();
            _filled.Wait();
        }
        else if (_read == _available && !_ended)
        {
            _emptied.Release();
            _filled.Wait();
        }
        if (_ended)
        {
            _failure?.Throw();
            return 0;
        }
        int n = Math.Min(buffer.Length, _available - _read);
        _reading.AsSpan(_read, n).CopyTo(buffer);
        _read += n;
        return n;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && _started)
        {
            lock (_gate) _closed = true;
            if (!_ended) _emptied.Release();
            _thread.Join();
            _filled.Dispose();
            _emptied.Dispose();
        }
        base.Dispose(disposing);
    }

    private sealed class AbandonedException : Exception;
}

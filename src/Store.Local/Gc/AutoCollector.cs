using System;
using System.Globalization;
using System.Text;
using System.Threading;
using Firn.Formats;
using Firn.Store.Local.Posix;

namespace Firn.Store.Local.Gc;

/// <summary>
/// Collects while others add, once little space is free (<c>min-free</c>), until enough is (<c>max-free</c>). One
/// collection at a time; it does not start again before space has gone down since the last one.
/// </summary>
internal sealed class AutoCollector(LocalStoreOptions options, Action<CollectorRequest> collect) : IDisposable
{
    // A collection that made nothing free would start again at each check otherwise.
    private const double WorthAnotherTry = 0.97;

    private readonly Lock _lock = new();
    private Thread? _running;
    private long _nextCheck = long.MinValue;
    private ulong _availableAfter = ulong.MaxValue;

    /// <summary>Starts a collection if one is due.</summary>
    /// <param name="wait">Return when it, or the one that runs already, is over.</param>
    internal void Check(bool wait)
    {
        if (options.MinFree == 0 || options.ReadOnly) return;
        Thread? running;
        lock (_lock)
        {
            if (_running == null && !TryStart()) return;
            running = _running;
        }
        if (!wait || running == null || running == Thread.CurrentThread) return;
        options.Log.Write(StoreLogLevel.Debug, "waiting for auto-GC to finish");
        running.Join();
    }

    private bool TryStart()
    {
        if (Environment.TickCount64 < _nextCheck) return false;
        SetNextCheck();
        ulong available;
        try
        {
            available = Available();
        }
        catch (StoreException e)
        {
            Ignore(e);
            return false;
        }
        if (available >= options.MinFree || available >= options.MaxFree || available > _availableAfter * WorthAnotherTry) return false;
        _running = new Thread(() => Collect(options.MaxFree - available)) { IsBackground = true, Name = "auto-GC" };
        _running.Start();
        return true;
    }

    private void SetNextCheck() => _nextCheck = Environment.TickCount64 + (long)options.MinFreeCheckInterval.TotalMilliseconds;

    private void Collect(ulong bytes)
    {
        try
        {
            options.Log.Write(StoreLogLevel.Info, "running auto-GC to free " + bytes.ToString(CultureInfo.InvariantCulture) + " bytes");
            collect(new CollectorRequest { MaxFreed = bytes });
            ulong after = Available();
            lock (_lock) _availableAfter = after;
        }
        catch (Exception e) when (e is StoreException or FormatsException)
        {
            Ignore(e);
        }
        finally
        {
            lock (_lock)
            {
                _running = null;
                SetNextCheck();
            }
        }
    }

    // Whoever adds meanwhile has nothing to do with it, and learns from the disk itself when that is full.
    private void Ignore(Exception e) => options.Log.Write(StoreLogLevel.Error, "error (ignored): " + e.Message);

    private unsafe ulong Available()
    {
        if (options.FreeSpaceFile is { } file)
        {
            byte[] text = Files.ReadSmallFile(file) ?? throw new PosixException(Libc.ENOENT, "opening file " + Files.Quote(file));
            return ulong.TryParse(Encoding.ASCII.GetString(text).TrimEnd(), NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : throw new StoreException("number expected in " + Files.Quote(file));
        }
        Libc.Statvfs facts;
        fixed (byte* path = Files.Bytes(options.RealStoreDir + "\0"))
            if (Libc.statvfs(path, &facts) != 0)
                throw new PosixException(System.Runtime.InteropServices.Marshal.GetLastPInvokeError(), "getting filesystem info about " + Files.Quote(options.RealStoreDir));
        return facts.BlocksAvailable * facts.FragmentSize;
    }

    /// <summary>Waits for a collection that runs.</summary>
    public void Dispose()
    {
        Thread? running;
        lock (_lock) running = _running;
        running?.Join();
    }
}

using System;
using System.Collections.Generic;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using Firn.Formats.StorePaths;
using Firn.Store.Local.Locks;
using Firn.Store.Local.Posix;

namespace Firn.Store.Local.Roots;

/// <summary>
/// The temporary roots of this process: a file named after its pid, locked while it lives, of paths that each end
/// in NUL. A path is written under a shared lock on <c>gc.lock</c>, so never while a collector reads roots. While
/// one runs its socket takes the path instead, and answers when the path is safe.
/// </summary>
/// <remarks>docs/formats/store-database.md, "Temporary roots"</remarks>
internal sealed class TempRoots(string stateDir, StoreDir storeDir, IStoreLog log) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly string _path = stateDir + "/temproots/" + Environment.ProcessId;
    private readonly HashSet<StorePath> _known = [];
    private Descriptor? _file, _gcLock;
    private Socket? _collector;

    internal void Add(StorePath path) => Add([path]);

    internal void Add(IReadOnlyList<StorePath> paths)
    {
        lock (_lock)
        {
            var text = new StringBuilder();
            var added = new List<StorePath>();
            foreach (StorePath path in paths)
                if (!_known.Contains(path)) added.Add(path);
            if (added.Count == 0) return;
            Open();
            while (!TryAdd(added, text)) { }
            foreach (StorePath path in added) _known.Add(path);
        }
    }

    private void Open()
    {
        _gcLock ??= FileLock.Open(stateDir + "/gc.lock");
        while (_file == null)
        {
            // A file of this name is stale: no two processes have one pid.
            Files.Unlink(Files.WorkingDirectory, Files.Bytes(_path));
            Descriptor file = FileLock.Open(_path);
            FileLock.Take(file.Value, LockKind.Exclusive);
            // A collector that took it for stale before the lock was ours has unlinked it and written a byte.
            if (Files.Stat(file.Value).Size == 0) _file = file;
            else file.Dispose();
        }
    }

    /// <returns>False where the collector went away meanwhile.</returns>
    private bool TryAdd(List<StorePath> paths, StringBuilder text)
    {
        bool shared = FileLock.TryTake(_gcLock!.Value, LockKind.Shared);
        try
        {
            if (!shared && !TryTellCollector(paths)) return false;
            text.Clear();
            foreach (StorePath path in paths) text.Append(storeDir.Path).Append('/').Append(path.BaseName).Append('\0');
            int error = Files.WriteAll(_file!.Value, Encoding.UTF8.GetBytes(text.ToString()));
            if (error != 0) throw new PosixException(error, "writing to file " + Files.Quote(_path));
            return true;
        }
        finally
        {
            if (shared) FileLock.Release(_gcLock.Value);
        }
    }

    private bool TryTellCollector(List<StorePath> paths)
    {
        string socketPath = stateDir + "/gc-socket/socket";
        try
        {
            if (_collector == null)
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    socket.Connect(new UnixDomainSocketEndPoint(UnixSocketPath.Shorten(socketPath, out Descriptor? directory)));
                    directory?.Dispose();
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
                _collector = socket;
            }
            Span<byte> answer = stackalloc byte[1];
            foreach (StorePath path in paths)
            {
                log.Write(StoreLogLevel.Debug, "sending GC root '" + storeDir.Print(path) + "'");
                SendAll(_collector, Encoding.UTF8.GetBytes(storeDir.Print(path) + "\n"));
                if (_collector.Receive(answer) == 0) throw new SocketException((int)SocketError.ConnectionReset);
            }
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.AddressNotAvailable or SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted or SocketError.NotConnected
            || !Files.Exists(socketPath))
        {
            // The collector has ended, or has not made its socket yet.
            bool connected = _collector != null;
            _collector?.Dispose();
            _collector = null;
            if (!connected) Thread.Sleep(100);
            return false;
        }
    }

    private static void SendAll(Socket socket, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[socket.Send(bytes)..];
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _collector?.Dispose();
            _gcLock?.Dispose();
            if (_file == null) return;
            Files.Unlink(Files.WorkingDirectory, Files.Bytes(_path));
            _file.Dispose();
            _file = null;
        }
    }
}

using System;
using System.Collections.Generic;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using Firn.Formats.StorePaths;
using Firn.Store.Local.Posix;
using Firn.Store.Local.Roots;

namespace Firn.Store.Local.Gc;

/// <summary>
/// Takes roots from processes that add to the store while a collector runs: a line with a whole path each,
/// answered by "1" when the path is safe.
/// </summary>
internal sealed class RootsServer : IDisposable
{
    private readonly StoreDir _storeDir;
    private readonly Action<StorePath> _protect;
    private readonly IStoreLog _log;
    private readonly Socket _listener;
    private readonly Lock _lock = new();
    private readonly HashSet<Socket> _clients = [];
    private readonly List<Thread> _threads = [];
    private bool _closing;

    /// <param name="protect">Returns when the path is out of the collector's reach, or gone.</param>
    internal RootsServer(string stateDir, StoreDir storeDir, Action<StorePath> protect, IStoreLog log)
    {
        _storeDir = storeDir;
        _protect = protect;
        _log = log;
        // The socket takes its name when it listens, and keeps it afterwards: clients of older versions try again where
        // nobody listens, but go on without an answer where there is no socket.
        string named = stateDir + "/gc-socket/socket", path = named + ".new";
        Files.CreateDirectories(stateDir + "/gc-socket");
        Files.Unlink(Files.WorkingDirectory, Files.Bytes(path));
        _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        string name = UnixSocketPath.Shorten(path, out Descriptor? directory);
        using (directory) _listener.Bind(new UnixDomainSocketEndPoint(name));
        Files.ChangeMode(Files.WorkingDirectory, Files.Bytes(path), 0x1b6);
        _listener.Listen(5);
        int error = Files.Rename(Files.WorkingDirectory, Files.Bytes(path), Files.WorkingDirectory, Files.Bytes(named));
        if (error != 0) throw new PosixException(error, "renaming " + Files.Quote(path));
        Start(Accept);
    }

    private void Start(Action body)
    {
        var thread = new Thread(() => body(), 256 * 1024) { IsBackground = true };
        _threads.Add(thread);
        thread.Start();
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                Socket client = _listener.Accept();
                lock (_lock)
                {
                    if (_closing)
                    {
                        client.Dispose();
                        return;
                    }
                    _clients.Add(client);
                    Start(() => Serve(client));
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            if (!_closing) _log.Write(StoreLogLevel.Debug, "GC roots server: " + e.Message);
        }
    }

    private void Serve(Socket client)
    {
        var line = new List<byte>();
        byte[] buffer = new byte[4096];
        try
        {
            for (int n; (n = client.Receive(buffer)) > 0;)
                foreach (byte b in buffer.AsSpan(0, n))
                {
                    if (b != '\n')
                    {
                        line.Add(b);
                        continue;
                    }
                    string path = Encoding.UTF8.GetString(line.ToArray());
                    line.Clear();
                    if (_storeDir.TryParse(path, out StorePath storePath)) _protect(storePath);
                    else _log.Write(StoreLogLevel.Error, "received garbage instead of a root from client");
                    client.Send("1"u8);
                }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _log.Write(StoreLogLevel.Debug, "reading GC root from client: " + e.Message);
        }
        finally
        {
            lock (_lock) _clients.Remove(client);
            client.Dispose();
        }
    }

    /// <summary>Turns clients away; they ask for the collector's lock again.</summary>
    public void Dispose()
    {
        Thread[] threads;
        lock (_lock)
        {
            _closing = true;
            // Closing alone does not wake a thread that waits for a connection everywhere.
            try { _listener.Shutdown(SocketShutdown.Both); } catch (SocketException e) { _log.Write(StoreLogLevel.Debug, e.Message); }
            _listener.Dispose();
            foreach (Socket client in _clients) client.Dispose();
            threads = [.. _threads];
        }
        foreach (Thread thread in threads) thread.Join();
    }
}

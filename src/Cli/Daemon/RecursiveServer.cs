using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Sockets;
using System.Threading;
using Firn.Build;
using Firn.Cli.Wiring;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Local;
using Firn.Store.Remote.Client;
using Firn.Store.Remote.Recursive;
using Firn.Store.Remote.Worker;

namespace Firn.Cli.Daemon;

/// <summary>Serves running builds, in threads of this process: settings are this process's, and what is built for them is built like all else.</summary>
/// <param name="outer">Derivations whose builds wait for what is built here.</param>
internal sealed class RecursiveServer(CommandContext context, LocalStore store, IReadOnlySet<StorePath>? outer) : IRecursiveServer
{
    public IDisposable Serve(string socketPath, RecursiveView view) => new Session(context, store, [.. outer ?? new HashSet<StorePath>(), view.Derivation], socketPath, view);

    /// <summary>The server of one build.</summary>
    private sealed class Session : IDisposable
    {
        // A build that wants more at a time is up to no good.
        private const int MaxClients = 64;

        private readonly CommandContext _context;
        private readonly LocalStore _store;
        private readonly HashSet<StorePath> _outer;
        private readonly RecursiveView _view;
        private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        private readonly CancellationTokenSource _cancel = new();
        private readonly Lock _lock = new();
        private readonly HashSet<Socket> _clients = [];
        private readonly List<Thread> _threads = [];
        private bool _closed;

        public Session(CommandContext context, LocalStore store, HashSet<StorePath> outer, string socketPath, RecursiveView view)
        {
            _context = context;
            _store = store;
            _outer = outer;
            _view = view;
            using (SocketName name = SocketName.Of(socketPath))
            {
                _listener.Bind(name.EndPoint);
            }

            // For the builder alone, whatever else can reach its directory.
            File.SetUnixFileMode(socketPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);

            _listener.Listen(MaxClients);
            Start(Accept);
        }

        private void Start(Action body)
        {
            Thread thread = new(() => body()) { IsBackground = true, Name = "recursive" };
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
                        if (_closed || _clients.Count >= MaxClients)
                        {
                            client.Dispose();
                            continue;
                        }

                        _clients.Add(client);
                        _threads.RemoveAll(static t => !t.IsAlive);
                        Start(() => Serve(client));
                    }
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The build is over.
            }
        }

        private void Serve(Socket client)
        {
            try
            {
                FrameLog log = new(_store.StoreDir) { Verbosity = _context.Verbosity };
                using BuilderWiring wiring = new(_context, _store, log, _outer);
                using NetworkStream stream = new(client);
                WorkerServices services = new()
                {
                    Store = new RestrictedStore(_store, _view),
                    OpenBuilder = () => new RestrictedBuilder(wiring.Builder, _store, _view, log),
                    Version = Program.NixVersion,
                    IsFailure = static e => e is CliException or Fetchers.FetchException,
                };
                new WorkerServer(stream, stream, services, log, _cancel.Token).Run();
            }
            catch (Exception e)
            {
                // The builder sees its connection end; what it did wrong is no fault of this build, nor of others.
                _context.Say(LogLevel.Debug, "recursive Nix connection ended: " + e.Message);
            }
            finally
            {
                lock (_lock)
                {
                    _clients.Remove(client);
                }

                client.Dispose();
            }
        }

        public void Dispose()
        {
            lock (_lock)
            {
                if (_closed)
                {
                    return;
                }

                _closed = true;
                _cancel.Cancel();
                _listener.Dispose();
                foreach (Socket client in _clients)
                {
                    try
                    {
                        // Whoever reads or writes there finds its end.
                        client.Shutdown(SocketShutdown.Both);
                    }
                    catch (SocketException)
                    {
                        // It has ended already.
                    }
                }
            }

            // Nobody adds to the list any more.
            foreach (Thread thread in _threads)
            {
                thread.Join();
            }

            _cancel.Dispose();
        }
    }
}

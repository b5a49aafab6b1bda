using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Sockets;
using System.Threading;
using Firn.Build;
using Firn.Formats.Derivations;
using Firn.Formats.StorePaths;
using Firn.Store.Remote.Client;
using Firn.Store.Remote.Wire;
using Firn.Store.Remote.Worker;

namespace Firn.Store.Remote.Tests;

/// <summary>A store that is served at a socket, in threads of this process.</summary>
internal sealed class ServedStore : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("firn-served-").FullName;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly List<Thread> _threads = [];
    private readonly WorkerServices _services;

    public ServedStore(IStore store, ProtocolVersion? newest = null, bool trusted = true, IBuilder? builder = null)
    {
        _services = new WorkerServices
        {
            Store = store,
            OpenBuilder = () => builder ?? new NoBuilder(),
            Version = "2.34.8",
            Trusted = trusted,
            Newest = newest ?? WorkerProtocol.Latest,
        };
        _listener.Bind(new UnixDomainSocketEndPoint(Socket));
        _listener.Listen();
        new Thread(Accept) { IsBackground = true }.Start();
    }

    public string Socket => _directory + "/socket";

    /// <summary>What went wrong in a connection.</summary>
    public List<Exception> Faults { get; } = [];

    public RemoteStore Connect(IStoreLog? log = null) => new(new RemoteOptions
    {
        StoreDir = StoreDir.Default,
        Reference = StoreReference.Parse("unix://" + Socket),
        Connect = () => StoreLink.ToSocket(Socket),
        Log = log ?? new NoStoreLog(),
    });

    private void Accept()
    {
        try
        {
            while (true)
            {
                Socket client = _listener.Accept();
                var thread = new Thread(() => Serve(client)) { IsBackground = true };
                lock (_threads) _threads.Add(thread);
                thread.Start();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private void Serve(Socket client)
    {
        using var stream = new NetworkStream(client, ownsSocket: true);
        try
        {
            new WorkerServer(stream, stream, _services, new FrameLog(StoreDir.Default)).Run();
        }
        catch (Exception e)
        {
            lock (Faults) Faults.Add(e);
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Builds nothing.</summary>
    internal sealed class NoBuilder : IBuilder
    {
        public MissingPaths FindMissing(IReadOnlyList<DerivedPath> paths) => new([], [], []);

        public IReadOnlyList<BuildResult> Realise(IReadOnlyList<DerivedPath> paths, BuildMode mode = BuildMode.Normal, CancellationToken cancel = default) =>
            [.. System.Linq.Enumerable.Select(paths, path => new BuildResult(path, BuildStatus.NoSubstituters, "nothing is built here", new Dictionary<string, StorePath>(), null, default))];

        public IReadOnlyList<BuildResult> RealiseAll(IReadOnlyList<DerivedPath> paths, BuildMode mode = BuildMode.Normal, CancellationToken cancel = default) =>
            throw new BuildException(BuildStatus.NoSubstituters, "nothing is built here");

        public BuildResult BuildDerivation(StorePath path, Derivation derivation, BuildMode mode = BuildMode.Normal, CancellationToken cancel = default) =>
            new(new DerivedPath.Built(path), BuildStatus.MiscFailure, "nothing is built here", new Dictionary<string, StorePath>(), null, default);
    }
}

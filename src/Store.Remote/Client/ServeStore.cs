using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using Firn.Build;
using Firn.Formats;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.Nar;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store.Remote.Serve;
using Firn.Store.Remote.Wire;
using Firn.Store.Remote.Worker;
using Firn.Store.Transfer;

namespace Firn.Store.Remote.Client;

/// <summary>
/// A store asked through connections of the serve protocol, as <c>nix-store --serve</c> speaks it: paths can be asked for, read, and
/// added, and derivations built. May be used from several threads, each of which gets a connection for the time of a question.
/// </summary>
/// <remarks>docs/store/protocols.md</remarks>
public sealed class ServeStore : IStore, IValidityFilter, IRemoteSubstitution, INarAdder, IDerivationBuilder
{
    private const ulong ClientMagic = 0x390c9deb, ServerMagic = 0x5452eecb;

    // Since when whole paths can be sent with what is known of them, and hashes are told.
    private static readonly ProtocolVersion s_latest = new(2, 7), s_adding = new(2, 5), s_hashes = new(2, 4);

    // Since when what is wanted of a build, and what came of it, is told.
    private static readonly ProtocolVersion s_logSizes = new(2, 2), s_repeats = new(2, 3), s_outputs = new(2, 6), s_keepsFailed = new(2, 7);

    private readonly RemoteOptions _options;
    private readonly Func<ServeBuildOptions> _buildOptions;
    private readonly ConnectionPool<Connection> _connections;

    /// <param name="buildOptions">What is wanted of each build.</param>
    public ServeStore(RemoteOptions options, Func<ServeBuildOptions>? buildOptions = null)
    {
        _options = options;
        _buildOptions = buildOptions ?? (static () => new ServeBuildOptions());
        _connections = new ConnectionPool<Connection>(() => new Connection(options));
    }

    private enum Command : ulong
    {
        QueryValidPaths = 1,
        QueryPathInfos = 2,
        DumpStorePath = 3,
        BuildDerivation = 8,
        AddToStoreNar = 9,
    }

    public StoreDir StoreDir => _options.StoreDir;

    public StoreReference Reference => _options.Reference;

    /// <summary>The protocol has no notion of it.</summary>
    public bool? Trusted => null;

    public string? Version => null;

    public void Connect() => Use(static _ => true);

    public bool IsValid(StorePath path) => FilterValid([path]).Count > 0;

    public IReadOnlySet<StorePath> FilterValid(IReadOnlyCollection<StorePath> paths) => Filter(paths, substitute: false);

    public IReadOnlySet<StorePath> SubstituteAndFilter(IReadOnlyCollection<StorePath> paths) => Filter(paths, substitute: true);

    private IReadOnlySet<StorePath> Filter(IReadOnlyCollection<StorePath> paths, bool substitute) => paths.Count == 0 ? new HashSet<StorePath>() : Use(connection =>
    {
        WireWriter request = connection.Request(Command.QueryValidPaths);
        // What is about to be used is kept from a collector there.
        request.Bool(true);
        request.Bool(substitute);
        request.Paths(StoreDir, new SortedSet<StorePath>(paths));
        return connection.Answer().Paths(StoreDir);
    });

    public PathInfo? Find(StorePath path) => Use(connection =>
    {
        connection.Request(Command.QueryPathInfos).Paths(StoreDir, [path]);
        WireReader answer = connection.Answer();
        PathInfo? found = null;
        while (answer.PathOrNone(StoreDir) is { } told)
        {
            PathInfo info = Info(answer, told, connection.Version);
            if (told == path) found = info;
        }
        return found;
    });

    private PathInfo Info(WireReader from, StorePath path, ProtocolVersion version)
    {
        if (version < s_hashes) throw new StoreException($"the other side of store '{Reference.Render(withParameters: false)}' is too old to tell hashes");
        StorePath? deriver = from.PathOrNone(StoreDir);
        SortedSet<StorePath> references = from.Paths(StoreDir);
        // What would come over the wire says nothing here.
        _ = from.Number();
        return new PathInfo
        {
            Path = path,
            Deriver = deriver,
            References = [.. references],
            NarSize = from.Number(),
            NarHash = Hash.Parse(from.Text(), HashAlgorithm.Sha256),
            ContentAddress = from.ContentAddressOrNone(),
            Signatures = [.. from.Texts()],
        };
    }

    public void WriteNar(StorePath path, IByteSink to) => Use(connection =>
    {
        connection.Request(Command.DumpStorePath).Path(StoreDir, path);
        NarReader.Read(connection.Answer(), new NarWriter(to));
        return true;
    });

    public byte[] ReadFile(StorePath path, string inside = "")
    {
        using var nar = new SinkToStream(sink => WriteNar(path, sink));
        return NarContents.ReadFile(StoreDir, path, nar, inside);
    }

    public void AddNar(PathInfo info, Stream nar, bool repair = false)
    {
        if (!repair && IsValid(info.Path)) return;
        Use(connection =>
        {
            if (connection.Version < s_adding) throw new StoreException($"the other side of store '{Reference.Render(withParameters: false)}' is too old to take paths");
            WireWriter request = connection.Request(Command.AddToStoreNar);
            request.Path(StoreDir, info.Path);
            request.Info(StoreDir, info);
            NarReader.Read(nar, new NarWriter(request));
            if (connection.Answer().Number() != 1) throw new StoreException($"failed to add path '{StoreDir.Print(info.Path)}' to remote host '{Reference.Place}'");
            return true;
        });
    }

    public BuildResult BuildDerivation(StorePath path, Derivation derivation, BuildMode mode = BuildMode.Normal, CancellationToken cancel = default)
    {
        if (mode != BuildMode.Normal) throw new StoreException("the protocol of 'nix-store --serve' has no words for checking or repairing");
        try
        {
            return Use(connection =>
            {
                // Its end ends the build there.
                using CancellationTokenRegistration end = cancel.Register(connection.Dispose);
                ProtocolVersion version = connection.Version;
                WireWriter request = connection.Request(Command.BuildDerivation);
                request.Path(StoreDir, path);
                request.BasicDerivation(StoreDir, derivation);
                Write(request, _buildOptions(), version);
                return connection.Answer().Result(
                    new DerivedPath.Built(path), new WorkerFormat.ResultParts(Times: version >= s_repeats, CpuTimes: false, Outputs: version >= s_outputs));
            });
        }
        catch (Exception e) when (cancel.IsCancellationRequested && e is StoreException or FormatsException or ObjectDisposedException)
        {
            throw new OperationCanceledException(cancel);
        }
    }

    private static void Write(WireWriter request, ServeBuildOptions options, ProtocolVersion version)
    {
        request.Number(options.MaxSilentTime);
        request.Number(options.Timeout);
        if (version >= s_logSizes) request.Number(options.MaxLogSize ?? 0);
        if (version >= s_repeats)
        {
            // It is built once, and nothing is compared.
            request.Number(0);
            request.Bool(false);
        }
        if (version >= s_keepsFailed) request.Bool(options.KeepFailed ?? false);
    }

    public void Dispose() => _connections.Dispose();

    // An error ends the connection there, so one that failed is not used again.
    private T Use<T>(Func<Connection, T> ask)
    {
        Connection connection = _connections.Take();
        bool usable = false;
        try
        {
            T answer = ask(connection);
            usable = true;
            return answer;
        }
        catch (IOException e)
        {
            throw new StoreException($"the connection to '{Reference.Place}' is lost: {e.Message}", e);
        }
        catch (UnexpectedEndException e)
        {
            // What went wrong there went to its standard error.
            throw new StoreException($"the connection to '{Reference.Place}' was closed unexpectedly", e);
        }
        finally
        {
            _connections.GiveBack(connection, usable);
        }
    }

    private sealed class Connection : IDisposable
    {
        private readonly StoreLink _link;
        private readonly WireReader _from;
        private readonly WireWriter _to;

        public Connection(RemoteOptions options)
        {
            _link = options.Connect();
            _from = new WireReader(_link.From);
            _to = new WireWriter(_link.To);
            bool greeted = false;
            try
            {
                _to.Number(ClientMagic);
                _to.Number(s_latest.Wire);
                _to.Flush();
                if (_from.Number() != ServerMagic) throw new ProtocolException($"'nix-store --serve' protocol mismatch from '{options.Reference.Place}'");
                ProtocolVersion theirs = ProtocolVersion.Of(_from.Small());
                if (theirs.Major != s_latest.Major) throw new ProtocolException($"unsupported 'nix-store --serve' protocol version on '{options.Reference.Place}'");
                Version = ProtocolVersion.Min(theirs, s_latest);
                greeted = true;
            }
            catch (Exception e) when (e is UnexpectedEndException or IOException)
            {
                throw new StoreException($"cannot connect to '{options.Reference.Place}'", e);
            }
            finally
            {
                if (!greeted) _link.Close();
            }
        }

        public ProtocolVersion Version { get; }

        public WireWriter Request(Command command)
        {
            _to.Number((ulong)command);
            return _to;
        }

        public WireReader Answer()
        {
            _to.Flush();
            return _from;
        }

        public void Dispose() => _link.Close();
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using Firn.Formats;
using Firn.Formats.Hashing;
using Firn.Formats.Nar;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store.Remote.Wire;
using Firn.Store.Remote.Worker;
using Firn.Store.Transfer;

namespace Firn.Store.Remote.Client;

/// <summary>
/// A store asked through connections of the serve protocol, as <c>nix-store --serve</c> speaks it: paths can be asked for, read, and
/// added. May be used from several threads, each of which gets a connection for the time of a question.
/// </summary>
/// <remarks>docs/store/protocols.md</remarks>
public sealed class ServeStore : IStore, IValidityFilter, IRemoteSubstitution, INarAdder
{
    private const ulong ClientMagic = 0x390c9deb, ServerMagic = 0x5452eecb;

    // Since when whole paths can be sent with what is known of them, and hashes are told.
    private static readonly ProtocolVersion s_latest = new(2, 7), s_adding = new(2, 5), s_hashes = new(2, 4);

    private readonly RemoteOptions _options;
    private readonly ConnectionPool<Connection> _connections;

    public ServeStore(RemoteOptions options)
    {
        _options = options;
        _connections = new ConnectionPool<Connection>(() => new Connection(options));
    }

    private enum Command : ulong
    {
        QueryValidPaths = 1,
        QueryPathInfos = 2,
        DumpStorePath = 3,
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

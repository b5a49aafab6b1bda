using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using Firn.Build;
using Firn.Formats;
using Firn.Formats.Hashing;
using Firn.Formats.Nar;
using Firn.Formats.Realisations;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store.Remote.Wire;
using Firn.Store.Remote.Worker;
using Firn.Store.Transfer;

namespace Firn.Store.Remote.Client;

/// <summary>
/// A store that somebody else keeps, asked through connections of the worker protocol. Paths that were added or made a
/// temporary root stay while this is in use. May be used from several threads, each of which gets a connection for the
/// time of a question.
/// </summary>
/// <remarks>docs/store/protocols.md</remarks>
public partial class RemoteStore
    : IStore, IPathGraph, IValidityFilter, IRemoteSubstitution, ICheckingNarAdder, ITextAdder, ISignatureAdder, ITempRoots, ICollector, IVerifier, IOptimiser, IRealisations, IBuildLogAdder
{
    private readonly RemoteOptions _options;
    private readonly ConnectionPool<ClientConnection> _connections;

    public RemoteStore(RemoteOptions options)
    {
        _options = options;
        _connections = new ConnectionPool<ClientConnection>(() => new ClientConnection(options));
    }

    public StoreDir StoreDir => _options.StoreDir;

    public StoreReference Reference => _options.Reference;

    public bool? Trusted => Use(static connection => connection.Trusted);

    public string? Version => Use(static connection => connection.ServerVersion);

    public void Connect() => Use(static _ => true);

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc cref="Dispose()"/>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing) _connections.Dispose();
    }

    /// <summary>Asks something on a connection that nobody else uses meanwhile.</summary>
    internal T Use<T>(Func<ClientConnection, T> ask)
    {
        ClientConnection connection = _connections.Take();
        bool usable = false;
        try
        {
            T answer = ask(connection);
            usable = true;
            return answer;
        }
        catch (Exception e) when (e is RemoteException or InvalidPathException or RealisationConflictException)
        {
            usable = true;
            throw;
        }
        catch (IOException e)
        {
            throw new StoreException("the connection to the Nix daemon is lost: " + e.Message, e);
        }
        catch (UnexpectedEndException e) when (e.Message == ClientConnection.Disconnected)
        {
            throw new StoreException(e.Message, e);
        }
        finally
        {
            _connections.GiveBack(connection, usable && !connection.IsBroken);
        }
    }

    private WireReader AskPath(ClientConnection connection, WorkerOperation operation, StorePath path)
    {
        connection.Request(operation).Path(StoreDir, path);
        return connection.Await(null);
    }

    /// <summary>Asks for something to be done whose answer says no more than that it is.</summary>
    private void Do(WorkerOperation operation, Action<WireWriter> request) => Use(connection =>
    {
        request(connection.Request(operation));
        return connection.Await(null).Number();
    });

    public bool IsValid(StorePath path) => Use(connection => AskPath(connection, WorkerOperation.IsValidPath, path).Bool());

    public PathInfo? Find(StorePath path) => Use(connection =>
    {
        WireReader answer = AskPath(connection, WorkerOperation.QueryPathInfo, path);
        return answer.Bool() ? answer.Info(StoreDir, path) : null;
    });

    public IReadOnlySet<StorePath> FilterValid(IReadOnlyCollection<StorePath> paths) => Filter(paths, substitute: false);

    public IReadOnlySet<StorePath> SubstituteAndFilter(IReadOnlyCollection<StorePath> paths) => Filter(paths, substitute: true);

    private IReadOnlySet<StorePath> Filter(IReadOnlyCollection<StorePath> paths, bool substitute) => paths.Count == 0 ? new HashSet<StorePath>() : Use(connection =>
    {
        WireWriter request = connection.Request(WorkerOperation.QueryValidPaths);
        request.Paths(StoreDir, paths);
        if (connection.Version >= WorkerProtocol.Realisations) request.Bool(substitute);
        return connection.Await(null).Paths(StoreDir);
    });

    public IReadOnlyList<StorePath> AllValid() => Use<IReadOnlyList<StorePath>>(connection =>
    {
        connection.Request(WorkerOperation.QueryAllValidPaths);
        return [.. connection.Await(null).Paths(StoreDir)];
    });

    public IReadOnlyList<StorePath> Referrers(StorePath path) => PathsOf(WorkerOperation.QueryReferrers, path);

    public IReadOnlyList<StorePath> ValidDerivers(StorePath path) => PathsOf(WorkerOperation.QueryValidDerivers, path);

    private IReadOnlyList<StorePath> PathsOf(WorkerOperation operation, StorePath path) =>
        Use<IReadOnlyList<StorePath>>(connection => [.. AskPath(connection, operation, path).Paths(StoreDir)]);

    public IReadOnlyList<DerivationOutputPath> DerivationOutputs(StorePath derivation)
    {
        var known = new List<DerivationOutputPath>();
        foreach (var (name, path) in OutputMap(derivation))
            if (path is { } there) known.Add(new DerivationOutputPath(name, there));
        return known;
    }

    /// <summary>Every output of a valid derivation, with its path where that is known.</summary>
    private SortedDictionary<string, StorePath?> OutputMap(StorePath derivation) => Use(connection =>
    {
        var map = new SortedDictionary<string, StorePath?>(StringComparer.Ordinal);
        if (connection.Version < WorkerProtocol.AddressedQueries)
        {
            // Names and paths are sorted each for itself, so they do not tell which belongs to which; the file does.
            var read = Formats.Derivations.DerivationReader.Parse(ReadFile(derivation), derivation.DerivationName, StoreDir);
            foreach (var (name, path) in read.OutputPaths(StoreDir)) map[name] = path;
            return map;
        }
        WireReader answer = AskPath(connection, WorkerOperation.QueryDerivationOutputMap, derivation);
        for (ulong left = answer.Number(); left > 0; left--)
        {
            string name = answer.Text();
            map[name] = answer.PathOrNone(StoreDir);
        }
        return map;
    });

    public StorePath? FindByHashPart(string hashPart) => Use(connection =>
    {
        connection.Request(WorkerOperation.QueryPathFromHashPart).Text(hashPart);
        return connection.Await(null).PathOrNone(StoreDir);
    });

    public virtual void WriteNar(StorePath path, IByteSink to) => Use(connection =>
    {
        NarReader.Read(AskPath(connection, WorkerOperation.NarFromPath, path), new NarWriter(to));
        return true;
    });

    public virtual byte[] ReadFile(StorePath path, string inside = "")
    {
        using var nar = new SinkToStream(sink => WriteNar(path, sink));
        return NarContents.ReadFile(StoreDir, path, nar, inside);
    }

    public Realisation? FindRealisation(DerivationOutputId output) => Use(connection =>
    {
        if (connection.Version < WorkerProtocol.Realisations) return null;
        connection.Request(WorkerOperation.QueryRealisation).Text(output.ToString());
        WireReader answer = connection.Await(null);
        Realisation? found = null;
        for (ulong left = answer.Number(); left > 0; left--)
        {
            Realisation one = connection.Version >= WorkerProtocol.RealisationsAsJson ? Realisation.Parse(answer.Bytes(WireReader.MaxMessage))
                : new Realisation { Id = output, OutPath = answer.Path(StoreDir) };
            found ??= one;
        }
        return found;
    });

    public void RegisterRealisation(Realisation realisation) => Use(connection =>
    {
        WireWriter request = connection.Request(WorkerOperation.RegisterDrvOutput);
        if (connection.Version >= WorkerProtocol.RealisationsAsJson)
        {
            request.Bytes(realisation.ToJson());
        }
        else
        {
            request.Text(realisation.Id.ToString());
            request.Text(realisation.OutPath.BaseName);
        }
        connection.Await(null);
        return true;
    });

    public void AddTempRoot(StorePath path) => Do(WorkerOperation.AddTempRoot, request => request.Path(StoreDir, path));

    public void AddTempRoots(IReadOnlyList<StorePath> paths)
    {
        foreach (StorePath path in paths) AddTempRoot(path);
    }

    /// <summary>Makes an existing link known to collectors there.</summary>
    protected void TellIndirectRoot(string link) => Do(WorkerOperation.AddIndirectRoot, request => request.Text(link));

    /// <summary>Has the other side make a link to a path that collectors there know.</summary>
    protected string TellPermanentRoot(StorePath path, string link) => Use(connection =>
    {
        WireWriter request = connection.Request(WorkerOperation.AddPermRoot);
        request.Path(StoreDir, path);
        request.Text(link);
        return connection.Await(null).Text();
    });

    /// <summary>Every root that collectors there know.</summary>
    protected IReadOnlyList<Root> AskRoots() => Use<IReadOnlyList<Root>>(connection =>
    {
        connection.Request(WorkerOperation.FindRoots);
        WireReader answer = connection.Await(null);
        var roots = new SortedSet<Root>(Comparer<Root>.Create(static (x, y) => x.Path != y.Path ? x.Path.CompareTo(y.Path) : string.CompareOrdinal(x.Link, y.Link)));
        for (ulong left = answer.Number(); left > 0; left--)
        {
            string link = answer.Text();
            roots.Add(new Root(answer.Path(StoreDir), link));
        }
        return [.. roots];
    });

    public void Collect(CollectorRequest request, CollectorResult result)
    {
        if (request.Keeps is not null) throw new StoreAbilityException("collecting with exceptions is not supported by store '" + Reference.Render(withParameters: false) + "'");
        Use(connection =>
        {
            WireWriter to = connection.Request(WorkerOperation.CollectGarbage);
            to.Number((ulong)request.Action);
            to.Paths(StoreDir, new SortedSet<StorePath>(request.Paths));
            to.Bool(request.IgnoreLiveness);
            to.Number(request.MaxFreed);
            for (int obsolete = 0; obsolete < 3; obsolete++) to.Number(0);
            WireReader answer = connection.Await(null);
            result.Paths.UnionWith(answer.Texts());
            result.BytesFreed += answer.Number();
            answer.Number();
            return true;
        });
    }

    public bool Verify(bool checkContents, IRepairer? repairer) => Use(connection =>
    {
        WireWriter request = connection.Request(WorkerOperation.VerifyStore);
        request.Bool(checkContents);
        request.Bool(repairer is not null);
        return connection.Await(null).Bool();
    });

    public OptimiseResult Optimise()
    {
        Do(WorkerOperation.OptimiseStore, static _ => { });
        return default;
    }
}

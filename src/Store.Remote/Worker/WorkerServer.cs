using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using Firn.Build;
using Firn.Build.Scheduling;
using Firn.Formats;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.Nar;
using Firn.Formats.Realisations;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store.Remote.Wire;
using Firn.Store.Transfer;

namespace Firn.Store.Remote.Worker;

/// <summary>
/// One connection of the worker protocol, from the greeting to its end, over any two streams. Who listens, and whom to
/// trust, is not known here.
/// </summary>
/// <remarks>docs/store/protocols.md</remarks>
public sealed partial class WorkerServer
{
    private readonly WireReader _from;
    private readonly WireWriter _to;
    private readonly WorkerServices _services;
    private readonly FrameLog _log;
    private readonly CancellationTokenSource _cancel;
    private ProtocolVersion _version;
    private bool _astray;

    /// <summary>Prepares a connection.</summary>
    /// <param name="log">What the services write their messages to.</param>
    /// <param name="cancel">Ends what the client waits for: it is gone, or this process has to be.</param>
    public WorkerServer(Stream from, Stream to, WorkerServices services, FrameLog log, CancellationToken cancel = default)
    {
        _from = new WireReader(from);
        _to = new WireWriter(to);
        _services = services;
        _log = log;
        _cancel = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        log.Attach(_to);
        log.Gone = _cancel.Cancel;
    }

    private StoreDir Dir => _services.Store.StoreDir;

    private IStore Store => _services.Store;

    /// <summary>Serves until the client ends the connection.</summary>
    /// <exception cref="ProtocolException">It does not speak the protocol, or one too old.</exception>
    /// <exception cref="FormatsException">As well; or it ended in the middle of something.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public void Run()
    {
        using CancellationTokenSource cancel = _cancel;
        Greet();
        _log.Start();
        _log.Stop();
        _to.Flush();
        while (!_from.AtEnd() && !_cancel.IsCancellationRequested)
        {
            try
            {
                Perform((WorkerOperation)_from.Number());
            }
            catch (Exception e) when (IsFailure(e))
            {
                bool inOrder = _log.IsOpen && !_astray;
                string message = e is OperationCanceledException ? "interrupted by the user" : e.Message;
                _log.Fail(_version, message, e is BuildException build ? build.ExitCode : 1);
                _to.Flush();
                // Where an operation was read in part, nothing behind it has a meaning.
                if (!inOrder) return;
            }
            _to.Flush();
        }
    }

    private bool IsFailure(Exception e) =>
        e is StoreException or FormatsException or BuildException or OperationCanceledException or IOException or UnauthorizedAccessException || _services.IsFailure(e);

    private void Greet()
    {
        if (_from.Number() != WorkerProtocol.ClientMagic) throw new ProtocolException("protocol mismatch");
        _to.Number(WorkerProtocol.ServerMagic);
        _to.Number(_services.Newest.Wire);
        _to.Flush();
        ProtocolVersion theirs = ProtocolVersion.Of(_from.Small());
        _version = ProtocolVersion.Min(theirs, _services.Newest);
        if (_version >= WorkerProtocol.Features)
        {
            _from.Texts();
            _to.Texts([]);
            _to.Flush();
        }
        if (_version < WorkerProtocol.Oldest) throw new ProtocolException("the Nix client version is too old");
        // A processor to stay on, and space to reserve: nobody does either any more.
        if (_from.Small() != 0) _from.Small();
        _from.Small();
        if (_version >= WorkerProtocol.VersionShown) _to.Text(_services.Version);
        if (_version >= WorkerProtocol.TrustShown)
        {
            bool? trusted = _services.Trusted ? Store.Trusted : false;
            _to.Number(trusted switch { null => 0UL, true => 1, false => 2 });
        }
    }

    /// <summary>Works while the client waits, and takes its messages.</summary>
    private T Work<T>(Func<T> work)
    {
        _log.Start();
        T result = work();
        _log.Stop();
        return result;
    }

    private void Work(Action work)
    {
        _log.Start();
        work();
        _log.Stop();
    }

    /// <summary>As <see cref="Work(Action)"/>, with the answer that says no more than that it is done.</summary>
    private void Acknowledge(Action work)
    {
        Work(work);
        _to.Number(1);
    }

    private StorePath Path() => _from.Path(Dir);

    private void Perform(WorkerOperation operation)
    {
        switch (operation)
        {
            case WorkerOperation.IsValidPath:
                StorePath asked = Path();
                _to.Bool(Work(() => Store.IsValid(asked)));
                break;
            case WorkerOperation.QueryValidPaths:
                QueryValidPaths();
                break;
            case WorkerOperation.QueryAllValidPaths:
                _to.Paths(Dir, Work(() => Store.Require<IPathList>("Listing all paths").AllValid()));
                break;
            case WorkerOperation.QueryPathInfo:
                QueryPathInfo();
                break;
            case WorkerOperation.QueryReferrers:
                StorePath referred = Path();
                _to.Paths(Dir, Work(() => Graph("Querying referrers").Referrers(referred)));
                break;
            case WorkerOperation.QueryValidDerivers:
                StorePath derived = Path();
                _to.Paths(Dir, Work(() => Graph("Querying derivers").ValidDerivers(derived)));
                break;
            case WorkerOperation.QueryDeriver:
                StorePath output = Path();
                _to.PathOrNone(Dir, Work(() => Store.Get(output).Deriver));
                break;
            case WorkerOperation.QueryDerivationOutputs:
                StorePath derivation = Path();
                _to.Paths(Dir, Work(() =>
                {
                    var paths = new SortedSet<StorePath>();
                    foreach (var (_, path) in OutputMap(derivation))
                        if (path is { } known) paths.Add(known);
                    return paths;
                }));
                break;
            case WorkerOperation.QueryDerivationOutputNames:
                StorePath named = Path();
                _to.Texts(Work(() => OutputMap(named).Keys));
                break;
            case WorkerOperation.QueryDerivationOutputMap:
                StorePath mapped = Path();
                SortedDictionary<string, StorePath?> map = Work(() => OutputMap(mapped));
                _to.Number((ulong)map.Count);
                foreach (var (name, path) in map)
                {
                    _to.Text(name);
                    _to.PathOrNone(Dir, path);
                }
                break;
            case WorkerOperation.QueryPathFromHashPart:
                string hashPart = _from.Text();
                _to.PathOrNone(Dir, Work(() => Store.Require<IHashPartIndex>("Finding paths by their hash").FindByHashPart(hashPart)));
                break;
            case WorkerOperation.QuerySubstitutablePaths:
                SortedSet<StorePath> offered = _from.Paths(Dir);
                _to.Paths(Dir, Work(() => Substitutes(offered).Keys));
                break;
            case WorkerOperation.QuerySubstitutablePathInfo:
                StorePath one = Path();
                SortedDictionary<StorePath, Substitute> found = Work(() => Substitutes([one]));
                _to.Bool(found.Count > 0);
                foreach (Substitute substitute in found.Values) Offer(substitute);
                break;
            case WorkerOperation.QuerySubstitutablePathInfos:
                QuerySubstitutablePathInfos();
                break;
            case WorkerOperation.QueryMissing:
                QueryMissing();
                break;
            case WorkerOperation.QueryRealisation:
                QueryRealisation();
                break;
            case WorkerOperation.NarFromPath:
                NarFromPath();
                break;
            case WorkerOperation.AddToStore:
                AddToStore();
                break;
            case WorkerOperation.AddTextToStore:
                AddTextToStore();
                break;
            case WorkerOperation.AddToStoreNar:
                AddToStoreNar();
                break;
            case WorkerOperation.AddMultipleToStore:
                AddMultipleToStore();
                break;
            case WorkerOperation.AddSignatures:
                StorePath signed = Path();
                SortedSet<string> signatures = _from.Texts();
                Acknowledge(() => Store.Require<ISignatureAdder>("Adding signatures").AddSignatures(signed, signatures));
                break;
            case WorkerOperation.RegisterDrvOutput:
                RegisterRealisation();
                break;
            case WorkerOperation.AddBuildLog:
                AddBuildLog();
                break;
            case WorkerOperation.BuildPaths:
                IReadOnlyList<DerivedPath> wanted = DerivedPaths();
                BuildMode mode = Mode();
                Acknowledge(() => _services.OpenBuilder().RealiseAll(wanted, mode, _cancel.Token));
                break;
            case WorkerOperation.BuildPathsWithResults:
                BuildPathsWithResults();
                break;
            case WorkerOperation.BuildDerivation:
                BuildDerivation();
                break;
            case WorkerOperation.EnsurePath:
                StorePath ensured = Path();
                Acknowledge(() =>
                {
                    if (!Store.IsValid(ensured)) _services.OpenBuilder().RealiseAll([new DerivedPath.Opaque(ensured)], BuildMode.Normal, _cancel.Token);
                });
                break;
            case WorkerOperation.AddTempRoot:
                StorePath kept = Path();
                Acknowledge(() => Store.Require<ITempRoots>("Temporary roots").AddTempRoot(kept));
                break;
            case WorkerOperation.AddIndirectRoot:
                string indirect = _from.Text();
                Acknowledge(() => Store.Require<IRoots>("Indirect roots").AddIndirectRoot(Absolute(indirect)));
                break;
            case WorkerOperation.AddPermRoot:
                AddPermRoot();
                break;
            case WorkerOperation.SyncWithGc:
                Acknowledge(static () => { });
                break;
            case WorkerOperation.FindRoots:
                IReadOnlyList<Root> roots = Work(() => Store.Require<IRoots>("Finding roots").FindRoots(censor: !_services.Trusted));
                _to.Number((ulong)roots.Count);
                foreach (Root root in roots)
                {
                    _to.Text(root.Link);
                    _to.Path(Dir, root.Path);
                }
                break;
            case WorkerOperation.CollectGarbage:
                CollectGarbage();
                break;
            case WorkerOperation.OptimiseStore:
                Acknowledge(() => Store.Require<IOptimiser>("Optimising").Optimise());
                break;
            case WorkerOperation.VerifyStore:
                VerifyStore();
                break;
            case WorkerOperation.SetOptions:
                SetOptions();
                break;
            default:
                throw new ProtocolException($"invalid operation {(ulong)operation}");
        }
    }

    private IPathGraph Graph(string purpose) => Store.Require<IPathGraph>(purpose);

    private static string Absolute(string path) =>
        path.StartsWith('/') ? StoreDir.Canonical(path) : throw new StoreException("not an absolute path: \"" + path + "\"");

    private void SetOptions()
    {
        var options = new ClientOptions
        {
            KeepFailed = _from.Small() != 0,
            KeepGoing = _from.Small() != 0,
            Fallback = _from.Small() != 0,
            Verbosity = (int)Math.Min(_from.Small(), 7),
            MaxJobs = _from.Small(),
            MaxSilentTime = _from.Small(),
        };
        // Whether to use a hook, and two kinds of trace: nothing asks for them any more.
        _from.Small();
        options = options with { ShowBuildOutput = _from.Small() == (uint)StoreLogLevel.Error };
        _from.Small();
        _from.Small();
        options = options with { Cores = _from.Small(), Substitute = _from.Small() != 0 };
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (uint left = _from.Small(); left > 0; left--)
        {
            string name = _from.Text();
            settings[name] = _from.Text(WireReader.MaxMessage);
        }
        Work(() =>
        {
            if (_services.Apply is not { } apply) return;
            _log.Verbosity = options.Verbosity;
            apply(options with { Settings = settings });
        });
    }

    private void CollectGarbage()
    {
        ulong action = _from.Number();
        if (action > (ulong)CollectorAction.DeleteSpecific) throw new ProtocolException("Invalid GC action");
        SortedSet<StorePath> paths = _from.Paths(Dir);
        bool ignoreLiveness = _from.Bool();
        ulong maxFreed = _from.Number();
        for (int obsolete = 0; obsolete < 3; obsolete++) _from.Small();
        var result = new CollectorResult();
        Work(() =>
        {
            if (ignoreLiveness) throw new StoreException("you are not allowed to ignore liveness");
            Store.Require<ICollector>("Garbage collection").Collect(new CollectorRequest { Action = (CollectorAction)action, Paths = paths, MaxFreed = maxFreed }, result);
        });
        _to.Texts(result.Paths);
        _to.Number(result.BytesFreed);
        _to.Number(0);
    }

    private void VerifyStore()
    {
        bool contents = _from.Bool(), repair = _from.Bool();
        _to.Bool(Work(() =>
        {
            if (repair && !_services.Trusted) throw new StoreException("you are not privileged to repair paths");
            return Store.Require<IVerifier>("Verification").Verify(contents, repair ? _services.OpenRepairer?.Invoke() : null);
        }));
    }

    private void AddPermRoot()
    {
        if (!_services.Trusted)
            throw new StoreException("you are not privileged to create perm roots\n\nhint: you can just do this client-side without special privileges, and probably want to do that instead.");
        StorePath path = Path();
        string link = _from.Text();
        _to.Text(Work(() => Store.Require<IRoots>("Permanent roots").AddPermanentRoot(path, Absolute(link))));
    }
}

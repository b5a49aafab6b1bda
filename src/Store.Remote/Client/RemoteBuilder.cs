using System;
using System.Collections.Generic;
using System.Threading;
using Firn.Build;
using Firn.Build.Events;
using Firn.Build.Scheduling;
using Firn.Formats.Derivations;
using Firn.Formats.StorePaths;
using Firn.Store.Remote.Wire;
using Firn.Store.Remote.Worker;

namespace Firn.Store.Remote.Client;

/// <summary>Has things built by whoever keeps a store.</summary>
/// <param name="events">Takes what happens there.</param>
public sealed class RemoteBuilder(RemoteStore store, IBuildEvents events) : IBuilder
{
    private StoreDir Dir => store.StoreDir;

    public MissingPaths FindMissing(IReadOnlyList<DerivedPath> paths) => store.Use(connection =>
    {
        Paths(connection, WorkerOperation.QueryMissing, paths);
        WireReader answer = connection.Await(events);
        SortedSet<StorePath> build = answer.Paths(Dir), substitute = answer.Paths(Dir), unknown = answer.Paths(Dir);
        return (build, substitute, unknown, download: answer.Number(), unpacked: answer.Number());
    }) is var (build, substitute, unknown, download, unpacked)
        ? new MissingPaths(Ordered(build), [], [.. unknown]) { WillSubstitute = ByName(substitute), DownloadSize = download, UnpackedSize = unpacked }
        : throw new System.Diagnostics.UnreachableException();

    private List<StorePath> Ordered(SortedSet<StorePath> derivations)
    {
        List<StorePath> order = store.SortTopologically(derivations);
        order.Reverse();
        return order;
    }

    private static List<StorePath> ByName(SortedSet<StorePath> paths)
    {
        var sorted = new List<StorePath>(paths);
        sorted.Sort(static (x, y) => string.CompareOrdinal(x.Name, y.Name) is var order and not 0 ? order : x.CompareTo(y));
        return sorted;
    }

    private WireWriter Paths(ClientConnection connection, WorkerOperation operation, IReadOnlyList<DerivedPath> paths)
    {
        // Whatever the protocol has no words for is found before anything is sent.
        var texts = new List<string>(paths.Count);
        foreach (DerivedPath path in paths) texts.Add(path.Print(Dir, connection.Version));
        WireWriter request = connection.Request(operation);
        request.Texts(texts);
        return request;
    }

    public IReadOnlyList<BuildResult> Realise(IReadOnlyList<DerivedPath> paths, BuildMode mode = BuildMode.Normal, CancellationToken cancel = default)
    {
        (bool Known, List<BuildResult> Results) answer = Guarded(cancel, connection =>
        {
            if (connection.Version < WorkerProtocol.BuildWithResults) return (false, []);
            Paths(connection, WorkerOperation.BuildPathsWithResults, paths).Number(mode.Wire());
            WireReader from = connection.Await(events);
            var results = new List<BuildResult>();
            for (ulong left = from.Number(); left > 0; left--)
            {
                DerivedPath path = WorkerFormat.ParseDerived(from.Text(), Dir, structured: true);
                results.Add(from.Result(path, WorkerFormat.ResultParts.OfWorker(connection.Version)));
            }
            return (true, results);
        });
        return answer.Known ? InOrder(paths, answer.Results) : RealiseBlindly(paths, mode, cancel);
    }

    // A server need not keep the order, and says once what was asked twice.
    private List<BuildResult> InOrder(IReadOnlyList<DerivedPath> paths, List<BuildResult> results)
    {
        var byPath = new Dictionary<string, BuildResult>(StringComparer.Ordinal);
        foreach (BuildResult result in results) byPath[result.Path.Print(Dir)] = result;
        var ordered = new List<BuildResult>(paths.Count);
        foreach (DerivedPath path in paths)
        {
            ordered.Add(byPath.TryGetValue(path.Print(Dir), out BuildResult? result) ? result with { Path = path }
                : throw new ProtocolException("the Nix daemon says nothing of '" + path.Print(Dir) + "'"));
        }
        return ordered;
    }

    // Old servers say no more than whether all went well.
    private List<BuildResult> RealiseBlindly(IReadOnlyList<DerivedPath> paths, BuildMode mode, CancellationToken cancel)
    {
        Guarded(cancel, connection =>
        {
            Paths(connection, WorkerOperation.BuildPaths, paths).Number(mode.Wire());
            return connection.Await(events).Number();
        });
        var results = new List<BuildResult>();
        foreach (DerivedPath path in paths)
        {
            var outputs = new SortedDictionary<string, StorePath>(StringComparer.Ordinal);
            if (path is DerivedPath.Built built)
            {
                foreach (DerivationOutputPath output in store.DerivationOutputs(built.Derivation))
                    if (built.Outputs.IsDefault || built.Outputs.Contains(output.Output)) outputs[output.Output] = output.Path;
            }
            results.Add(new BuildResult(path, path is DerivedPath.Opaque ? BuildStatus.Substituted : BuildStatus.Built, null, outputs, null, default));
        }
        return results;
    }

    public IReadOnlyList<BuildResult> RealiseAll(IReadOnlyList<DerivedPath> paths, BuildMode mode = BuildMode.Normal, CancellationToken cancel = default)
    {
        IReadOnlyList<BuildResult> results = Realise(paths, mode, cancel);
        // Commands that build through a daemon end with 1, whatever failed.
        BuildResults.Check(results, Dir, events, exitCode: 1);
        return results;
    }

    public BuildResult BuildDerivation(StorePath path, Derivation derivation, BuildMode mode = BuildMode.Normal, CancellationToken cancel = default) => Guarded(cancel, connection =>
    {
        WireWriter request = connection.Request(WorkerOperation.BuildDerivation);
        request.Path(Dir, path);
        request.BasicDerivation(Dir, derivation);
        request.Number(mode.Wire());
        return connection.Await(events).Result(new DerivedPath.Built(path), WorkerFormat.ResultParts.OfWorker(connection.Version));
    });

    /// <summary>Asks with a connection that goes when the caller gives up, which ends what is done there for it.</summary>
    private T Guarded<T>(CancellationToken cancel, Func<ClientConnection, T> ask)
    {
        try
        {
            return store.Use(connection =>
            {
                using CancellationTokenRegistration end = cancel.Register(connection.Dispose);
                return ask(connection);
            });
        }
        catch (RemoteException e)
        {
            throw new BuildException(BuildStatus.MiscFailure, e.Message, e.ExitCode);
        }
        catch (Exception e) when (cancel.IsCancellationRequested && e is StoreException or ObjectDisposedException)
        {
            throw new OperationCanceledException(cancel);
        }
    }
}

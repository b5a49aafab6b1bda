using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using Firn.Build;
using Firn.Build.Scheduling;
using Firn.Formats;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.Realisations;
using Firn.Formats.StorePaths;
using Firn.Store.Remote.Wire;
using Firn.Store.Remote.Worker;
using Firn.Store.Transfer;

namespace Firn.Store.Remote.Serve;

/// <summary>What stands behind a connection of the serve protocol.</summary>
public sealed record ServeServices
{
    public required IStore Store { get; init; }

    /// <summary>Makes what builds. Without options nothing is built, but paths are taken from other stores.</summary>
    public required Func<ServeBuildOptions?, IBuilder> OpenBuilder { get; init; }

    /// <summary>Whether the client may add and build.</summary>
    public bool Write { get; init; }

    /// <summary>Takes warnings.</summary>
    public required IStoreLog Log { get; init; }
}

/// <summary>
/// One connection of the serve protocol, as <c>nix-store --serve</c> speaks it over ssh. Whoever could log in is trusted
/// with what <see cref="ServeServices.Write"/> allows; an error ends the connection.
/// </summary>
/// <remarks>docs/store/protocols.md</remarks>
public sealed class ServeServer(Stream from, Stream to, ServeServices services)
{
    private const ulong ClientMagic = 0x390c9deb;
    private const ulong ServerMagic = 0x5452eecb;

    private static readonly ProtocolVersion s_latest = new(2, 7);

    private readonly WireReader _from = new(from);
    private readonly WireWriter _to = new(to);
    private ProtocolVersion _version;

    private enum Command : ulong
    {
        QueryValidPaths = 1,
        QueryPathInfos = 2,
        DumpStorePath = 3,
        ImportPaths = 4,
        ExportPaths = 5,
        BuildPaths = 6,
        QueryClosure = 7,
        BuildDerivation = 8,
        AddToStoreNar = 9,
    }

    private StoreDir Dir => services.Store.StoreDir;

    private IStore Store => services.Store;

    /// <summary>Serves until the client ends the connection.</summary>
    /// <param name="cancel">Ends builds.</param>
    /// <exception cref="StoreException">The client does not speak the protocol, or an operation failed.</exception>
    /// <exception cref="FormatsException">What it sent is malformed.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public void Run(CancellationToken cancel = default)
    {
        if (_from.Number() != ClientMagic) throw new ProtocolException("protocol mismatch");
        _to.Number(ServerMagic);
        _to.Number(s_latest.Wire);
        _to.Flush();
        _version = ProtocolVersion.Min(ProtocolVersion.Of(_from.Small()), s_latest);
        while (!_from.AtEnd())
        {
            Perform((Command)_from.Number(), cancel);
            _to.Flush();
        }
    }

    private void Perform(Command command, CancellationToken cancel)
    {
        switch (command)
        {
            case Command.QueryValidPaths:
                QueryValidPaths(cancel);
                break;
            case Command.QueryPathInfos:
                foreach (StorePath path in _from.Paths(Dir))
                    if (Store.Find(path) is { } info) Info(info);
                _to.Text("");
                break;
            case Command.DumpStorePath:
                Store.WriteNar(_from.Path(Dir), _to);
                break;
            case Command.ImportPaths:
                Allow("importing paths");
                ExportFormat.Import(Store.Require<ILocalFsStore>("Importing paths"), _from, static _ => { });
                _to.Number(1);
                break;
            case Command.ExportPaths:
                _from.Small();
                ExportFormat.Export(Store, _from.Paths(Dir), _to);
                break;
            case Command.BuildPaths:
                BuildPaths(cancel);
                break;
            case Command.BuildDerivation:
                BuildDerivation(cancel);
                break;
            case Command.QueryClosure:
                bool outputs = _from.Small() != 0;
                SortedSet<StorePath> paths = _from.Paths(Dir);
                _to.Paths(Dir, Store.Require<ILocalFsStore>("Computing closures").Closure(paths, includeOutputs: outputs, includeDerivers: false));
                break;
            case Command.AddToStoreNar:
                AddToStoreNar();
                break;
            default:
                throw new ProtocolException($"unknown serve command {(ulong)command}");
        }
    }

    private void Allow(string what)
    {
        if (!services.Write) throw new StoreException(what + " is not allowed");
    }

    private void QueryValidPaths(CancellationToken cancel)
    {
        bool keep = _from.Small() != 0, substitute = _from.Small() != 0;
        SortedSet<StorePath> paths = _from.Paths(Dir);
        if (keep && services.Write) (Store as ITempRoots)?.AddTempRoots([.. paths]);
        if (substitute && services.Write) Substitution.TakeOffered(Store, services.OpenBuilder(null), paths, services.Log, cancel);
        _to.Paths(Dir, Substitution.Valid(Store, paths));
    }

    private void Info(PathInfo info)
    {
        _to.Path(Dir, info.Path);
        _to.PathOrNone(Dir, info.Deriver);
        _to.Paths(Dir, info.References);
        // What would come over the wire, and what it becomes: nothing is compressed here.
        _to.Number(info.NarSize);
        _to.Number(info.NarSize);
        if (_version < new ProtocolVersion(2, 4)) return;
        _to.Text(info.NarHash.ToString(HashFormat.Nix32, true));
        _to.Text(info.ContentAddress?.ToString() ?? "");
        _to.Texts(info.Signatures);
    }

    private ServeBuildOptions Options()
    {
        var options = new ServeBuildOptions { MaxSilentTime = _from.Small(), Timeout = _from.Small() };
        if (_version >= new ProtocolVersion(2, 2)) options = options with { MaxLogSize = _from.Number() };
        if (_version >= new ProtocolVersion(2, 3))
        {
            if (_from.Small() != 0) throw new StoreException("client requested repeating builds, but this is not currently implemented");
            // Whether to enforce determinism, which without repeating has no meaning.
            _from.Small();
            options = options with { ShowDifferences = true };
        }
        return _version >= new ProtocolVersion(2, 7) ? options with { KeepFailed = _from.Small() != 0 } : options;
    }

    private void BuildPaths(CancellationToken cancel)
    {
        Allow("building paths");
        List<DerivedPath> paths = _from.List(() => WorkerFormat.ParseDerived(_from.Text(), Dir, structured: false));
        ServeBuildOptions options = Options();
        try
        {
            services.OpenBuilder(options).RealiseAll(paths, BuildMode.Normal, cancel);
            _to.Number(0);
        }
        catch (Exception e) when (e is BuildException or StoreException)
        {
            _to.Number((ulong)(e is BuildException build ? build.ExitCode : 1));
            _to.Text(e.Message);
        }
    }

    private void BuildDerivation(CancellationToken cancel)
    {
        Allow("building paths");
        StorePath path = _from.Path(Dir);
        Derivation derivation = _from.BasicDerivation(Dir, path.DerivationName);
        BuildResult result = services.OpenBuilder(Options()).BuildDerivation(path, derivation, BuildMode.Normal, cancel);
        var files = new DerivationFiles(Store, Dir);
        files.Add(path, derivation);
        _to.Result(
            result,
            new WorkerFormat.ResultParts(Times: _version >= new ProtocolVersion(2, 3), CpuTimes: false, Outputs: _version >= new ProtocolVersion(2, 6)),
            made => BuiltOutputs.Of(made, (Store as IRealisations), () => files.RealisationHash(path)));
    }

    private void AddToStoreNar()
    {
        Allow("importing paths");
        PathInfo info = _from.Info(Dir, _from.Path(Dir));
        if (info.NarSize == 0) throw new StoreException("narInfo is too old and missing the narSize field");
        var nar = new LimitedReader(_from, info.NarSize);
        Store.Require<INarAdder>("Adding paths").AddNar(info, nar);
        // Where the path was valid already nobody has read it.
        nar.CopyTo(Stream.Null);
        _to.Number(1);
    }
}

using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using Firn.Build;
using Firn.Build.Scheduling;
using Firn.Formats.Derivations;
using Firn.Formats.Realisations;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store.Remote.Wire;

namespace Firn.Store.Remote.Worker;

// What is asked of the store and changes nothing but by taking paths from other stores.
public sealed partial class WorkerServer
{
    private void QueryValidPaths()
    {
        SortedSet<StorePath> paths = _from.Paths(Dir);
        bool substitute = _version >= WorkerProtocol.Realisations && _from.Small() != 0;
        _to.Paths(Dir, Work(() =>
        {
            if (substitute) Substitution.TakeOffered(Store, _services.OpenBuilder(), paths, _log, _cancel.Token);
            return Substitution.Valid(Store, paths);
        }));
    }

    private void QueryPathInfo()
    {
        StorePath path = Path();
        PathInfo? info = Work(() => Store.Find(path));
        _to.Bool(info != null);
        if (info != null) _to.Info(Dir, info);
    }

    /// <summary>The outputs of a derivation, with their paths where those are known.</summary>
    private SortedDictionary<string, StorePath?> OutputMap(StorePath path)
    {
        if (!Store.IsValid(path)) throw new InvalidPathException(Dir, path);
        var files = new DerivationFiles(Store, Dir);
        Derivation derivation = files.Read(path);
        var map = new SortedDictionary<string, StorePath?>(StringComparer.Ordinal);
        foreach ((string name, StorePath? output) in derivation.OutputPaths(Dir))
            map[name] = output ?? (derivation.Type == DerivationType.Impure ? null
                : (Store as IRealisations)?.FindRealisation(new DerivationOutputId(files.RealisationHash(path), name))?.OutPath);
        return map;
    }

    private SortedDictionary<StorePath, Substitute> Substitutes(IReadOnlyCollection<StorePath> paths)
    {
        var found = new SortedDictionary<StorePath, Substitute>();
        foreach (ISubstituter substituter in _services.Substituters().GetAwaiter().GetResult())
        {
            if (substituter.StoreDir != Dir) continue;
            var asked = new List<(StorePath Path, Task<Substitute?> Answer)>();
            foreach (StorePath path in paths)
                if (!found.ContainsKey(path)) asked.Add((path, substituter.FindAsync(path, _cancel.Token)));
            foreach (var (path, answer) in asked)
            {
                try
                {
                    if (answer.GetAwaiter().GetResult() is { } substitute) found[path] = substitute;
                }
                catch (SubstituterDisabledException)
                {
                    // Another one is asked.
                }
                catch (StoreException e)
                {
                    _log.Write(StoreLogLevel.Warning, e.Message);
                }
            }
        }
        return found;
    }

    private void Offer(Substitute substitute)
    {
        _to.PathOrNone(Dir, substitute.Info.Deriver);
        _to.Paths(Dir, substitute.Info.References);
        _to.Number(substitute.DownloadSize);
        _to.Number(substitute.Info.NarSize);
    }

    private void QuerySubstitutablePathInfos()
    {
        var paths = new SortedSet<StorePath>();
        for (ulong left = _from.Number(); left > 0; left--)
        {
            paths.Add(Path());
            // What a path is computed from would help to find it in a store with another directory, of which none is asked.
            if (_version >= WorkerProtocol.AddressedQueries) _from.ContentAddressOrNone();
        }
        SortedDictionary<StorePath, Substitute> found = Work(() => Substitutes(paths));
        _to.Number((ulong)found.Count);
        foreach (var (path, substitute) in found)
        {
            _to.Path(Dir, path);
            Offer(substitute);
        }
    }

    private List<DerivedPath> DerivedPaths() => _from.List(() => WorkerFormat.ParseDerived(_from.Text(), Dir, _version >= WorkerProtocol.DerivedPaths));

    private void QueryMissing()
    {
        List<DerivedPath> paths = DerivedPaths();
        MissingPaths missing = Work(() => _services.OpenBuilder().FindMissing(paths));
        _to.Paths(Dir, new SortedSet<StorePath>(missing.WillBuild));
        _to.Paths(Dir, new SortedSet<StorePath>(missing.WillSubstitute));
        _to.Paths(Dir, missing.Unknown);
        _to.Number(missing.DownloadSize);
        _to.Number(missing.UnpackedSize);
    }

    private void QueryRealisation()
    {
        DerivationOutputId id = DerivationOutputId.Parse(_from.Text());
        Realisation? found = Work(() => (Store as IRealisations)?.FindRealisation(id));
        _to.Bool(found != null);
        if (found == null) return;
        if (_version >= WorkerProtocol.RealisationsAsJson) _to.Bytes(found.ToJson());
        else _to.Path(Dir, found.OutPath);
    }

    private void NarFromPath()
    {
        StorePath path = Path();
        Work(() =>
        {
            if (!Store.IsValid(path)) throw new InvalidPathException(Dir, path);
        });
        Store.WriteNar(path, _to);
    }
}

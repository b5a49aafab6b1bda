using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Firn.Build.Events;
using Firn.Build.Execution;
using Firn.Formats.Derivations;
using Firn.Formats.Realisations;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Build.Scheduling;

/// <summary>Finds what would have to be done, with nothing done. Caches are asked about many paths at a time.</summary>
internal sealed class MissingFinder(BuildContext context)
{
    private readonly EventLoop _loop = new();
    private readonly DerivationFiles _derivations = new(context.Store.Contents, context.Store.Infos.StoreDir, context.Store.Plans);
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly HashSet<StorePath> _build = [];
    private readonly SortedSet<StorePath> _unknown = [], _substitute = [];
    private readonly Dictionary<StorePath, Task<Substitute?>> _lookups = [];
    private ulong _download, _unpacked;

    private StoreDir Dir => context.Store.Infos.StoreDir;

    public MissingPaths Find(IReadOnlyList<DerivedPath> paths)
    {
        _loop.Run(() => AllAsync(paths.Select(p => p switch
            {
                DerivedPath.Built b => BuiltAsync(b.Derivation, b.Outputs.IsDefault ? null : b.Outputs),
                // What they need is known only after the derivation is built.
                DerivedPath.BuiltOfBuilt inner => BuiltAsync(inner.Root, [inner.Chain[0]]),
                _ => OpaqueAsync(((DerivedPath.Opaque)p).Path),
            })),
            static () => { }, static () => throw new InvalidOperationException("questions wait although nothing holds them up"));
        List<StorePath> order = StoreQueries.SortTopologically(Dir, _build, p => (context.Store.Plans?.Infos.Find(p) ?? context.Store.Infos.Find(p))?.References ?? []);
        order.Reverse();
        return new MissingPaths(order, [.. order.Where(p => DerivationBuild.IsDownload(_derivations.Read(p)))], [.. _unknown])
        {
            WillSubstitute = [.. _substitute.OrderBy(p => p.Name, StringComparer.Ordinal).ThenBy(p => p)],
            DownloadSize = _download,
            UnpackedSize = _unpacked,
        };
    }

    private static async Task<bool> AllAsync(IEnumerable<Task> tasks)
    {
        await Task.WhenAll(tasks);
        return true;
    }

    private async Task BuiltAsync(StorePath path, IReadOnlyList<string>? wanted)
    {
        await Task.Yield();
        if (!_seen.Add(new DerivedPath.Built(path, wanted is null ? default : [.. wanted]).Print(Dir)))
        {
            return;
        }

        if (!_derivations.Knows(path) && !context.Store.Infos.IsValid(path))
        {
            _unknown.Add(path);
            return;
        }

        Derivation derivation = _derivations.Read(path);
        List<StorePath> missing = [];
        bool unknown = false;
        foreach ((string name, StorePath? output) in derivation.OutputPaths(Dir))
        {
            if (wanted is null || wanted.Contains(name))
            {
                StorePath? known = output;
                if (known is null && derivation.Type != DerivationType.Impure && context.Settings.Features.Contains("ca-derivations"))
                {
                    known = context.Store.Realisations?.FindRealisation(new DerivationOutputId(_derivations.RealisationHash(path), name))?.OutPath;
                }

                if (known is null && derivation.Type != DerivationType.Impure && _derivations.MaySubstitute(path, derivation, context.Settings)
                    && context.Settings.Features.Contains("ca-derivations"))
                {
                    known = await LookUpAsync(new DerivationOutputId(_derivations.RealisationHash(path), name));
                }

                if (known is not { } there)
                {
                    unknown = true;
                }
                else if (!context.Store.Infos.IsValid(there))
                {
                    missing.Add(there);
                }
            }
        }

        foreach (string name in wanted ?? [])
        {
            if (derivation.Output(name) is null)
            {
                throw new BuildException(BuildStatus.InputRejected, $"derivation '{Dir.Print(path)}' does not have wanted outputs '{name}'");
            }
        }

        if (missing.Count == 0 && !unknown)
        {
            return;
        }

        if (!unknown && _derivations.MaySubstitute(path, derivation, context.Settings))
        {
            ContentAddress? address = DerivationFiles.FixedAddress(derivation);
            Substitute?[] found = await Task.WhenAll(missing.Select(p => LookUp(p, address)));
            if (found.All(f => f is not null))
            {
                await AllAsync(missing.Select(OpaqueAsync));
                return;
            }
        }

        if (_build.Add(path))
        {
            await AllAsync(derivation.InputDerivations.Select(i => BuiltAsync(i.Path, [.. i.Outputs.Names.Union(i.Outputs.Dynamic.Select(d => d.Name))])));
        }
    }

    private async Task OpaqueAsync(StorePath path)
    {
        await Task.Yield();
        if (!_seen.Add(path.BaseName) || context.Store.Infos.IsValid(path))
        {
            return;
        }

        if (await LookUp(path, null) is not { } found)
        {
            _unknown.Add(path);
            return;
        }

        _substitute.Add(path);
        _download += found.DownloadSize;
        _unpacked += found.Info.NarSize;
        await AllAsync(found.Info.References.Where(r => r != found.Info.Path).Select(OpaqueAsync));
    }

    /// <summary>Where another store says that an output is; null where none says so, or none that is believed.</summary>
    private async Task<StorePath?> LookUpAsync(DerivationOutputId output)
    {
        foreach (ISubstituter substituter in await _loop.OutsideAsync(context.Substituters()))
        {
            try
            {
                if (await Lookup.FindAsync(_loop, substituter, output, CancellationToken.None) is { } found
                    && (substituter.TakenWithoutSignature || context.Store.Trust?.Accepts(found) != false))
                {
                    return found.OutPath;
                }
            }
            catch (SubstituterDisabledException)
            {
                // Another one is asked.
            }
            catch (Exception e) when (e is StoreException or Fetchers.FetchException or Formats.FormatsException)
            {
                context.Events.Post(new BuildEvent.Warning(e.Message));
            }
        }

        return null;
    }

    private Task<Substitute?> LookUp(StorePath path, ContentAddress? address)
    {
        if (!_lookups.TryGetValue(path, out Task<Substitute?>? lookup))
        {
            _lookups[path] = lookup = LookUpAsync(path, address);
        }

        return lookup;
    }

    private async Task<Substitute?> LookUpAsync(StorePath path, ContentAddress? address)
    {
        if (!context.Settings.Substitute)
        {
            return null;
        }

        foreach (ISubstituter substituter in await _loop.OutsideAsync(context.Substituters()))
        {
            try
            {
                if (await _loop.OutsideAsync(Lookup.FindAsync(substituter, Dir, path, address, CancellationToken.None)) is { } found)
                {
                    return found;
                }
            }
            catch (SubstituterDisabledException)
            {
                // Another one is asked.
            }
            catch (Exception e) when (e is StoreException or Fetchers.FetchException or Formats.FormatsException)
            {
                context.Events.Post(new BuildEvent.Warning(e.Message));
            }
        }

        return null;
    }
}

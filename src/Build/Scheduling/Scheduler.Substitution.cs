using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Firn.Build.Events;
using Firn.Formats.Realisations;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Build.Scheduling;

// Paths from other stores, each after what it refers to.
internal sealed partial class Scheduler
{
    private readonly Dictionary<(StorePath, bool), Goal> _substitutions = [];
    private int _copied, _toCopy, _copying, _copiesFailed;
    private ulong _downloadSize, _unpackedSize;

    /// <summary>The goal that takes a path from another store.</summary>
    /// <param name="repair">Replace it although it is valid.</param>
    /// <param name="address">What the path follows from, for stores with another directory.</param>
    private Goal Substitution(StorePath path, bool repair, ContentAddress? address)
    {
        if (!_substitutions.TryGetValue((path, repair), out Goal? goal))
        {
            _substitutions[(path, repair)] = goal = Begin(path, g => SubstituteAsync(g, repair, address));
        }

        return goal;
    }

    private async Task<Outcome> SubstituteAsync(Goal goal, bool repair, ContentAddress? address)
    {
        StorePath path = goal.Path;
        Store.TempRoots.AddTempRoot(path);
        if (!repair && Store.Infos.IsValid(path))
        {
            return new Outcome(BuildStatus.AlreadyValid);
        }

        string? lastError = null, badReferences = null;
        bool failed = false;
        foreach (ISubstituter substituter in await SubstitutersAsync())
        {
            if (lastError is not null)
            {
                _context.Events.Post(new BuildEvent.Warning(lastError));
                lastError = null;
            }

            Substitute? offer;
            try
            {
                offer = await _loop.OutsideAsync(Lookup.FindAsync(substituter, Dir, path, address, _stop.Token));
            }
            catch (SubstituterDisabledException)
            {
                continue;
            }
            catch (Exception e) when (IsFailure(e))
            {
                lastError = e.Message;
                continue;
            }

            if (offer is null)
            {
                continue;
            }

            PathInfo info = offer.Value.Info;

            // Before anything of the contents is read.
            if (!substituter.TakenWithoutSignature && Store.Trust?.Accepts(info with { Path = path }) == false)
            {
                _context.Events.Post(new BuildEvent.Warning(
                    $"ignoring substitute for '{Dir.Print(path)}' from '{substituter.Url}', as it's not signed by any of the keys in 'trusted-public-keys'"));
                continue;
            }

            _toCopy++;
            _downloadSize += offer.Value.DownloadSize;
            _unpackedSize += info.NarSize;
            ReportCopies();
            using Announcement announced = new(this, offer.Value);
            Outcome[] references;
            try
            {
                references = await WaitAsync(goal, [.. info.References.Where(r => r != info.Path).Select(r => Substitution(r, repair: false, null))]);
            }
            catch (CycleException e)
            {
                _context.Events.Post(new BuildEvent.Warning($"ignoring substitute for '{Dir.Print(path)}' from '{substituter.Url}', as it refers to itself by way of others: {e.Print(Dir)}"));
                continue;
            }

            if (references.Any(r => !r.Succeeded))
            {
                if (references.Any(r => r.Status == BuildStatus.Cancelled))
                {
                    return new Outcome(BuildStatus.Cancelled);
                }

                // Another store may know it with other references.
                badReferences = $"some references of path '{Dir.Print(path)}' could not be realised";
                failed |= !references.Any(r => r.Status == BuildStatus.NoSubstituters);
                continue;
            }

            string? error = await CopyAsync(substituter, info, path, repair);
            if (error is null)
            {
                announced.CameTrue();
                return new Outcome(BuildStatus.Substituted);
            }

            failed |= error.Length > 0;
        }

        if (failed)
        {
            _copiesFailed++;
        }

        if (lastError is not null)
        {
            _context.Events.Post(new BuildEvent.Warning(lastError));
        }

        return new Outcome(failed ? BuildStatus.MiscFailure : BuildStatus.NoSubstituters,
            badReferences ?? $"path '{Dir.Print(path)}' is required, but there is no substituter that can build it");
    }

    /// <summary>What the first store that knows an output says of it, and that is believed.</summary>
    /// <returns>Failed where nothing was found and a store could not be asked.</returns>
    private async Task<(Realisation? Found, bool Failed)> FindSubstituteAsync(DerivationOutputId id)
    {
        bool failed = false;
        foreach (ISubstituter substituter in await SubstitutersAsync())
        {
            Realisation? found;
            try
            {
                found = await Lookup.FindAsync(_loop, substituter, id, _stop.Token);
            }
            catch (SubstituterDisabledException)
            {
                continue;
            }
            catch (Exception e) when (IsFailure(e))
            {
                _context.Events.Post(new BuildEvent.Error(e.Message));
                failed = true;
                continue;
            }

            if (found is null)
            {
                continue;
            }

            // Whoever says what a derivation makes can put anything in its place: this needs a signature even where the path does not.
            if (!substituter.TakenWithoutSignature && Store.Trust?.Accepts(found) == false)
            {
                _context.Events.Post(new BuildEvent.Warning(
                    $"ignoring realisation of '{id}' from '{substituter.Url}', as it's not signed by any of the keys in 'trusted-public-keys'"));
                continue;
            }

            return (found, false);
        }

        return (null, failed);
    }

    /// <returns>Null where it worked; empty where the contents were gone, as if they had not been offered; else what went wrong.</returns>
    private async Task<string?> CopyAsync(ISubstituter from, PathInfo info, StorePath path, bool repair)
    {
        await _copies.TakeAsync(path.Name);
        _copying++;
        int number = NextNumber();
        bool succeeded = false;
        try
        {
            _stop.Token.ThrowIfCancellationRequested();
            _context.Events.Post(new BuildEvent.SubstitutionStarted(number, path, from.Url, info.NarSize));
            ReportCopies();
            await _loop.OutsideAsync(_threads.Run(() =>
            {
                Copy(from, info, path, repair, number);
                return true;
            }));
            _copied++;
            succeeded = true;
            return null;
        }
        catch (SubstituteGoneException e)
        {
            _context.Events.Post(new BuildEvent.Warning(e.Message));
            return "";
        }
        catch (Exception e) when (IsFailure(e))
        {
            // That a store is left alone was told when it failed.
            if (e is not SubstituterDisabledException)
            {
                _context.Events.Post(new BuildEvent.Error(e.Message));
            }

            return e.Message;
        }
        finally
        {
            _copying--;
            _copies.Release();
            _context.Events.Post(new BuildEvent.SubstitutionFinished(number, path, succeeded));
            ReportCopies();
        }
    }

    private void Copy(ISubstituter from, PathInfo info, StorePath path, bool repair, int number)
    {
        using IDisposable? entered = _context.Events.Enter(number);
        using Stream nar = new CountedReader(
            from.OpenNar(info, null, _stop.Token), done => _context.Events.Post(new BuildEvent.Copied(number, done, info.NarSize)));
        Store.Adder!.AddNar(info with { Path = path, Ultimate = false, RegistrationTime = 0 }, nar, repair);
    }

    /// <summary>A copy that is expected until it turns out that it cannot be made.</summary>
    private sealed class Announcement(Scheduler scheduler, Substitute offer) : IDisposable
    {
        private bool _true;

        public void CameTrue() => _true = true;

        public void Dispose()
        {
            if (!_true)
            {
                scheduler._toCopy--;
                scheduler._downloadSize -= offer.DownloadSize;
                scheduler._unpackedSize -= offer.Info.NarSize;
            }
        }
    }

    private async Task<IReadOnlyList<ISubstituter>> SubstitutersAsync() => !Settings.Substitute || Store.Adder is null
        ? []
        : await _loop.OutsideAsync(_context.Substituters());
}

/// <summary>Asks a store for a path as another store knows it.</summary>
internal static class Lookup
{
    /// <summary>What the substituter says of an output; null where it knows none, or is of a kind that cannot.</summary>
    public static async Task<Realisation?> FindAsync(EventLoop loop, ISubstituter substituter, DerivationOutputId output, CancellationToken cancel) =>
        substituter is IRealisationSource source ? await loop.OutsideAsync(source.FindRealisationAsync(output, cancel)) : null;

    /// <summary>What the substituter says; its path may differ from the wanted one where its directory does.</summary>
    /// <param name="address">What the path follows from, or null where it follows from a derivation.</param>
    public static async Task<Substitute?> FindAsync(ISubstituter substituter, StoreDir dir, StorePath path, ContentAddress? address, CancellationToken cancel)
    {
        if (substituter.StoreDir == dir)
        {
            return await substituter.FindAsync(path, cancel).ConfigureAwait(false) is { } same && same.Info.Path == path ? same : null;
        }

        if (address is not { } known)
        {
            return null;
        }

        // Without references the same contents have a name in any directory.
        StorePath there = substituter.StoreDir.MakeFromContentAddress(path.Name, known);
        return await substituter.FindAsync(there, cancel).ConfigureAwait(false) is { } other
            && other.Info.References.Count == 0 && other.Info.IsContentAddressed(substituter.StoreDir) ? other : null;
    }
}

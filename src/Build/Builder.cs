using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Firn.Build.Builtins;
using Firn.Build.Events;
using Firn.Build.Execution;
using Firn.Build.Hooks;
using Firn.Build.Scheduling;
using Firn.Fetchers;
using Firn.Fetchers.Downloads;
using Firn.Formats.Derivations;
using Firn.Formats.StorePaths;
using Firn.Sandbox;
using Firn.Store;

namespace Firn.Build;

/// <summary>
/// Makes store paths valid: takes them from other stores, and builds derivations, several at a time. One thread, the
/// caller's, keeps the books; what runs or copies has its own.
/// </summary>
public sealed class Builder : IBuilder
{
    private readonly BuildContext _context;

    /// <summary>Makes a builder.</summary>
    /// <param name="store">The store that is built in.</param>
    /// <param name="settings">How builds are made.</param>
    /// <param name="downloader">Its settings and mirrors are those of <c>builtin:fetchurl</c>.</param>
    /// <param name="launcher">Finds the sandbox launcher; asked when the first program is to run.</param>
    /// <param name="environment">The caller's variables, for <c>impureEnvVars</c>.</param>
    /// <param name="events">Takes what happens.</param>
    /// <param name="recursive">Serves builds that want to build; null where nothing does.</param>
    /// <param name="outer">Derivations whose builds wait for what is built here, and so cannot be built here.</param>
    /// <param name="substituters">Opens the stores that paths are taken from, in the order in which they are asked; awaited when the first path is missing.</param>
    /// <param name="openHook">Opens what offers builds to other places; null where this machine does all.</param>
    /// <param name="builtins">How builders of our own are started; null for this program with <see cref="BuiltinHost.Verb"/>, which must then call <see cref="BuiltinProcess.Run"/>.</param>
    public Builder(
        BuildStore store, BuildSettings settings, Downloader downloader, Func<string> launcher, Func<string, string?> environment, IBuildEvents events,
        Func<Task<IReadOnlyList<ISubstituter>>>? substituters = null, Func<BuiltinHost>? builtins = null, IRecursiveServer? recursive = null, IReadOnlySet<StorePath>? outer = null,
        Func<IBuildHook>? openHook = null)
    {
        Lazy<BuiltinHost> host = new(builtins ?? (static () => BuiltinHost.OfThisProgram(System.Environment.GetCommandLineArgs()[0])));
        _context = new BuildContext(store, settings, downloader, launcher, () => host.Value, environment, new SerialisedEvents(events),
            substituters ?? (static () => Task.FromResult<IReadOnlyList<ISubstituter>>([])))
        {
            Recursive = recursive,
            Outer = outer ?? new HashSet<StorePath>(),
            OpenHook = openHook,
        };
    }

    internal Builder(BuildContext context) => _context = context;

    internal BuildContext Context => _context;

    private StoreDir Dir => _context.Store.Infos.StoreDir;

    /// <summary>What <see cref="Realise"/> would have to do.</summary>
    /// <exception cref="BuildException">A derivation is missing or wrong.</exception>
    public MissingPaths FindMissing(IReadOnlyList<DerivedPath> paths)
    {
        return new MissingFinder(_context).Find(paths);
    }

    /// <summary>Makes paths valid, and tells of each what came of it. Failures of what they need are told as events.</summary>
    /// <param name="paths">What is wanted.</param>
    /// <param name="mode">What to do with what is valid already.</param>
    /// <param name="cancel">Ends all builds.</param>
    /// <returns>A result for each path, in their order.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up; no process is left.</exception>
    public IReadOnlyList<BuildResult> Realise(IReadOnlyList<DerivedPath> paths, BuildMode mode = BuildMode.Normal, CancellationToken cancel = default)
        => Realise(paths, mode, cancel, out _);

    private BuildResult[] Realise(IReadOnlyList<DerivedPath> paths, BuildMode mode, CancellationToken cancel, out ExitStatus exit)
    {
        using Scheduler scheduler = new(_context, cancel);
        BuildResult[] results = scheduler.Realise(paths, mode);
        exit = scheduler.Exit;
        return results;
    }

    /// <inheritdoc />
    public BuildResult BuildDerivation(StorePath path, Derivation derivation, BuildMode mode = BuildMode.Normal, CancellationToken cancel = default)
    {
        using Scheduler scheduler = new(_context, cancel);
        scheduler.Supply(path, derivation);
        return scheduler.Realise([new DerivedPath.Built(path)], mode)[0];
    }

    /// <summary>Makes paths valid or fails as a whole.</summary>
    /// <returns>The outputs of each path, in their order.</returns>
    /// <exception cref="BuildException">Something failed; its exit code is that of the commands of the field.</exception>
    public IReadOnlyList<BuildResult> RealiseAll(IReadOnlyList<DerivedPath> paths, BuildMode mode = BuildMode.Normal, CancellationToken cancel = default)
    {
        BuildResult[] results = Realise(paths, mode, cancel, out ExitStatus exit);
        BuildResults.Check(results, Dir, _context.Events, exit.Code);
        return results;
    }
}

using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using Firn.Build.Builtins;
using Firn.Build.Events;
using Firn.Build.Hooks;
using Firn.Fetchers.Downloads;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Build;

/// <summary>What all builds of one builder share.</summary>
internal sealed record BuildContext(
    BuildStore Store,
    BuildSettings Settings,
    Downloader Downloader,
    Func<string> Launcher,
    Func<BuiltinHost> BuiltinHost,
    Func<string, string?> Environment,
    IBuildEvents Events,
    Func<Task<IReadOnlyList<ISubstituter>>> Substituters)
{
    /// <summary>Whether files that others may have open are taken as they are; only to show in a test what that would lead to.</summary>
    public bool TrustsOpenFiles { get; init; }

    /// <summary>What serves builds that want to build; null where nothing does.</summary>
    public IRecursiveServer? Recursive { get; init; }

    /// <summary>Opens what offers builds to other places; null where this machine does all.</summary>
    public Func<IBuildHook>? OpenHook { get; init; }

    /// <summary>Derivations whose builds wait for what is built here.</summary>
    public IReadOnlySet<StorePath> Outer { get; init; } = new HashSet<StorePath>();

    public int Cores => Settings.Cores > 0 ? Settings.Cores : System.Environment.ProcessorCount;
}

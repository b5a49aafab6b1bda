using System;
using Firn.Build.Events;
using Firn.Fetchers.Downloads;

namespace Firn.Build;

/// <summary>What all builds of one builder share.</summary>
internal sealed record BuildContext(
    BuildStore Store,
    BuildSettings Settings,
    Downloader Downloader,
    Func<string> Launcher,
    Func<string, string?> Environment,
    IBuildEvents Events)
{
    public int Cores => Settings.Cores > 0 ? Settings.Cores : System.Environment.ProcessorCount;
}

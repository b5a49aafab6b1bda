using System;
using System.IO;
using Firn.Cli.Settings;
using Firn.Store.BinaryCache;

namespace Firn.Cli.Wiring;

/// <summary>Binds what binary caches need to settings and environment.</summary>
internal static class CacheWiring
{
    public static BinaryCacheServices Services(CommandContext context)
    {
        NixSettings settings = context.Settings;
        return new BinaryCacheServices
        {
            StoreDir = StoreOpening.Logical,
            Activities = context.Log,
            Downloader = BuilderWiring.MakeDownloader(context),
            Answers = CacheDirectory() is not { } directory ? null : new AnswerCache(
                Path.Combine(directory, AnswerCache.FileName),
                new AnswerLifetimes
                {
                    Present = TimeSpan.FromSeconds(settings.Int("narinfo-cache-positive-ttl")),
                    Absent = TimeSpan.FromSeconds(settings.Int("narinfo-cache-negative-ttl")),
                    Cache = TimeSpan.FromSeconds(settings.Int("narinfo-cache-meta-ttl")),
                },
                context.Warn),
            FilesAsServer = Environment.GetEnvironmentVariable("_NIX_FORCE_HTTP") == "1",
        };
    }

    /// <summary>Where caches of the user lie; null without a home.</summary>
    public static string? CacheDirectory() =>
        Variable("NIX_CACHE_HOME") is { } own ? own
        : Variable("XDG_CACHE_HOME") is { } xdg ? Path.Combine(xdg, "nix")
        : Variable("HOME") is { } home ? Path.Combine(home, ".cache", "nix")
        : null;

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}

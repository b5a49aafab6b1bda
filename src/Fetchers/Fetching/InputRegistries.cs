using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using Firn.Fetchers.Inputs;
using Firn.Formats.StorePaths;

namespace Firn.Fetchers.Fetching;

/// <summary>Which registries may say what an indirect input means.</summary>
public enum RegistryUse
{
    /// <summary>None of them.</summary>
    None,

    /// <summary>Only what holds for everybody: flags and the global registry.</summary>
    Limited,

    /// <summary>All of them.</summary>
    All,
}

/// <summary>What indirect inputs mean: registries, searched in order. Read when they are first needed.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-registry</remarks>
public sealed class InputRegistries
{
    private const int MaxSteps = 100;
    private const string FileName = "flake-registry.json";

    private readonly Lazy<Registry> _user;
    private readonly Lazy<Registry> _system;
    private readonly Lazy<Registry> _global;

    internal InputRegistries(FetchSettings settings, InputSchemes schemes, FetchStore store, Lazy<DownloadCache> downloads, Action<string> warn)
    {
        _user = OfFile(RegistryKind.User, settings.UserRegistry);
        _system = OfFile(RegistryKind.System, settings.SystemRegistry);
        string global = settings.Registry;
        _global = global.Length == 0 || global.StartsWith('/')
            ? OfFile(RegistryKind.Global, global)
            : Once(() => Registry.Parse(RegistryKind.Global, global, Downloaded(), schemes, warn));

        byte[] Downloaded()
        {
            // It is to be there the next time, when perhaps nothing can be downloaded.
            StorePath path = downloads.Value.File(global, FileName).Path;
            store.Keep?.Invoke(path, Path.Combine(settings.CacheDirectory, FileName));
            return store.Contents.ReadFile(path);
        }

        Lazy<Registry> OfFile(RegistryKind kind, string? path) =>
            Once(() => path is { Length: > 0 } ? Registry.Read(kind, path, schemes, warn) : new Registry(kind));

        // A failure to download it is one only for who asks next.
        static Lazy<Registry> Once(Func<Registry> read) => new(read, LazyThreadSafetyMode.PublicationOnly);
    }

    /// <summary>What flags of the command line say.</summary>
    public Registry Flags { get; } = new(RegistryKind.Flag);

    /// <summary>The user's own registry.</summary>
    public Registry User => _user.Value;

    /// <summary>All registries in the order in which they are searched.</summary>
    public IEnumerable<Registry> All
    {
        get
        {
            yield return Flags;
            yield return _user.Value;
            yield return _system.Value;
            yield return _global.Value;
        }
    }

    /// <summary>The direct input that an indirect one means, perhaps in several steps; with what the registry says beyond it.</summary>
    /// <exception cref="FetchException">No entry fits, or entries lead in a circle.</exception>
    public (Input Input, InputAttributes Extra) Resolve(Input input, RegistryUse use)
    {
        Input current = input;
        InputAttributes extra = new();
        if (use == RegistryUse.None)
        {
            return (current, extra);
        }

        for (int step = 0; step < MaxSteps; step++)
        {
            if (Find(current, use) is not { } found)
            {
                return current.IsDirect ? (current, extra) : throw new FetchException($"cannot find flake '{current}' in the flake registries");
            }

            current = found.Exact ? found.To : found.To.WithOverrides(found.From.Ref is null ? current.Ref : null, found.From.Rev is null ? current.RevText : null);
            extra = found.Extra;
        }

        throw new FetchException($"cycle detected in flake registry for '{current}'");
    }

    private RegistryEntry? Find(Input input, RegistryUse use)
    {
        foreach (Registry registry in use == RegistryUse.All ? All : [Flags, _global.Value])
        {
            foreach (RegistryEntry entry in registry.Entries)
            {
                if (entry.Fits(input))
                {
                    return entry;
                }
            }
        }

        return null;
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using Firn.Formats.Logging;

namespace Firn.Fetchers.Fetching;

/// <summary>How inputs are fetched; bound to nix.conf by the command line.</summary>
public sealed record FetchSettings
{
    /// <summary>Where fetched things are remembered, such as <c>~/.cache/nix</c>; made when it is needed.</summary>
    public required string CacheDirectory { get; init; }

    /// <summary>For how many seconds a download is not asked for again (<c>tarball-ttl</c>).</summary>
    public long TarballTtl { get; init; } = 3600;

    /// <summary>Whether a working tree with changes may be fetched (<c>allow-dirty</c>).</summary>
    public bool AllowDirty { get; init; } = true;

    /// <summary>Whether to tell the user about one (<c>warn-dirty</c>).</summary>
    public bool WarnDirty { get; init; } = true;

    /// <summary>Tokens for forges by host or <c>host/path</c> (<c>access-tokens</c>).</summary>
    public IReadOnlyDictionary<string, string> AccessTokens { get; init; } = new Dictionary<string, string>();

    /// <summary>Takes what is fetched and copied into the store.</summary>
    public IActivityLog Activities { get; init; } = new NoActivityLog();

    /// <summary>The file or URL of the registry of indirect inputs; empty for none (<c>flake-registry</c>).</summary>
    public string Registry { get; init; } = "";

    /// <summary>The file of the user's own registry; null for none.</summary>
    public string? UserRegistry { get; init; }

    /// <summary>The file of the registry of the machine; null for none.</summary>
    public string? SystemRegistry { get; init; }

    /// <summary>The folder that <c>NIX_CACHE_HOME</c>, <c>XDG_CACHE_HOME</c> and <c>HOME</c> lead to.</summary>
    public static string DefaultCacheDirectory(Func<string, string?> environment) =>
        environment("NIX_CACHE_HOME") is { Length: > 0 } own ? own
        : environment("XDG_CACHE_HOME") is { Length: > 0 } xdg ? Path.Combine(xdg, "nix")
        : Path.Combine(environment("HOME") is { Length: > 0 } home ? home : "/root", ".cache", "nix");
}

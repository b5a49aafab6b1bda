using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Threading;
using Firn.Fetchers.Downloads;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;

namespace Firn.Build.Builtins;

/// <summary>
/// What a builder of our own gets, in its own process (<see cref="BuiltinProcess"/>). It starts no program.
/// </summary>
internal sealed record BuiltinContext
{
    public required Derivation Derivation { get; init; }

    public required StoreDir StoreDir { get; init; }

    /// <summary>The directory that the store's files are in.</summary>
    public required string RealStoreDir { get; init; }

    /// <summary>Absolute path of each output, which does not exist yet.</summary>
    public required IReadOnlyDictionary<string, string> Outputs { get; init; }

    public required Downloader Downloader { get; init; }

    public required IReadOnlyList<string> HashedMirrors { get; init; }

    /// <summary>Takes lines for the log.</summary>
    public required Action<string> Log { get; init; }

    /// <summary>Told the URL of each download when it begins.</summary>
    public required Action<string> Begin { get; init; }

    public required DownloadProgress Progress { get; init; }

    /// <summary>Makes a tree of a NAR at a path that does not exist.</summary>
    public required Action<Stream, string> RestoreNar { get; init; }

    public required CancellationToken Cancel { get; init; }

    /// <summary>Set by a download to the URL that gave the contents, for messages.</summary>
    public string? Url { get; set; }

    /// <summary>A variable of the derivation.</summary>
    /// <exception cref="BuiltinException">It has none of that name.</exception>
    public string Variable(string name) => Find(name) ?? throw new BuiltinException($"attribute '{name}' missing");

    /// <summary>A variable of the derivation, or null.</summary>
    public string? Find(string name) => Derivation.Variable(Encoding.UTF8.GetBytes(name)) is { } value ? Encoding.UTF8.GetString(value) : null;

    public string Out => Outputs.TryGetValue("out", out string? path)
        ? path
        : throw new BuiltinException($"'{Encoding.UTF8.GetString(Derivation.Builder)}' requires an 'out' output");

    /// <summary>Where a path of the store really is.</summary>
    public string Real(string path) => StoreDir.Contains(path) ? RealStoreDir + path[StoreDir.Path.Length..] : path;

    /// <summary>The hash that the one output must have, with its method.</summary>
    public ContentAddress? Wanted => Derivation.Output("out") is DerivationOutput.Fixed output ? output.Address : null;
}

/// <summary>A builder of our own failed; the message goes to the log.</summary>
internal sealed class BuiltinException(string message) : Exception(message);

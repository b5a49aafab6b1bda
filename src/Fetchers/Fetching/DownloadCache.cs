using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using Firn.Fetchers.Archives;
using Firn.Fetchers.Downloads;
using Firn.Fetchers.Inputs;
using Firn.Fetchers.Urls;
using Firn.Formats.Hashing;
using Firn.Formats.Logging;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Fetchers.Fetching;

/// <summary>A downloaded file in the store.</summary>
/// <param name="EntityTag">The server's entity tag; empty for none.</param>
/// <param name="ImmutableUrl">A URL that always gives these contents, or null.</param>
public sealed record DownloadedFile(StorePath Path, string EntityTag, string Url, string? ImmutableUrl);

/// <summary>The tree of a downloaded archive in the store.</summary>
/// <param name="LastModified">The latest time among its entries, seconds since 1970.</param>
public sealed record DownloadedTree(StorePath Path, Hash NarHash, ulong LastModified, string? ImmutableUrl);

/// <summary>Downloads that are not repeated while they are fresh, and after that only if they changed.</summary>
public sealed class DownloadCache(FetchStore store, FetchCache cache, Downloader downloader, Action<string> warn, IActivityLog activities)
{
    private const string FileKind = "file", TreeKind = "tarball";

    /// <summary>Puts what a URL gives into the store.</summary>
    /// <param name="headers">Headers to ask with.</param>
    /// <exception cref="FetchException">It cannot be downloaded, and was not before.</exception>
    public DownloadedFile File(string url, string name, IReadOnlyList<(string Name, string Value)>? headers = null)
    {
        InputAttributes Key(string of) => new InputAttributes().With("url", of).With("name", name);
        CacheEntry? known = cache.Find(FileKind, Key(url));
        DownloadedFile? cached = known is null ? null : FileOf(known.Value);
        cached = cached is not null && store.Infos.IsValid(cached.Path) ? cached : null;
        if (cached is not null && !known!.Expired)
        {
            return cached;
        }

        using TemporaryDirectory temporary = new();
        string path = Path.Combine(temporary.Path, "file");
        DownloadResult result;
        try
        {
            result = Download(url, path, cached?.EntityTag, headers);
        }
        catch (DownloadException e) when (cached is not null)
        {
            warn($"{e.Message}; using cached version");
            return cached;
        }

        DownloadedFile file = new(
            result.NotModified ? cached!.Path : store.Sources.Add(new Source { Name = name, File = path, Method = ContentAddressMethod.Flat }).Path,
            result.EntityTag ?? cached?.EntityTag ?? "",
            result.Url,
            result.ImmutableUrl);
        InputAttributes value = new InputAttributes().With("path", file.Path.BaseName).With("etag", file.EntityTag).With("url", file.Url);
        value = file.ImmutableUrl is null ? value : value.With("immutableUrl", file.ImmutableUrl);
        cache.Put(FileKind, Key(url), value);
        if (result.Url != url)
        {
            cache.Put(FileKind, Key(result.Url), value);
        }

        return file;
    }

    /// <summary>Puts the tree in the archive that a URL gives into the store, without a directory that is all there is at its top.</summary>
    /// <param name="headers">Headers to ask with.</param>
    /// <param name="shown">What messages call it; null for the URL.</param>
    /// <exception cref="FetchException">It cannot be downloaded or unpacked.</exception>
    public DownloadedTree Tree(string url, string name, IReadOnlyList<(string Name, string Value)>? headers = null, string? shown = null)
    {
        CheckLocalArchive(url);
        InputAttributes Key(string of) => new InputAttributes().With("url", of);
        CacheEntry? known = cache.Find(TreeKind, Key(url));
        DownloadedTree? cached = known is null ? null : TreeOf(known.Value, name);
        if (cached is not null && !known!.Expired)
        {
            return cached;
        }

        using TemporaryDirectory temporary = new();
        string path = Path.Combine(temporary.Path, "archive");
        string directory = Path.Combine(temporary.Path, "tree");
        DownloadResult result;
        long modified = 0;
        // The words of the field, though trees are unpacked into the store here.
        using (activities.Begin(Verbosity.Info, ActivityType.Unknown, $"unpacking '{shown ?? url}' into the Git cache"))
        {
            result = Download(url, path, cached is null ? null : known!.Value.FindText("etag"), headers);
            if (!result.NotModified)
            {
                Directory.CreateDirectory(directory);
                using FileStream archive = System.IO.File.OpenRead(path);
                modified = Archive.Unpack(archive, directory);
            }
        }

        InputAttributes value;
        DownloadedTree tree;
        if (result.NotModified)
        {
            value = known!.Value;
            tree = cached!;
        }
        else
        {
            using Activity copying = activities.Begin(Verbosity.Chatty, ActivityType.Unknown, $"copying '«{shown ?? url}»/' to the store");
            PathInfo info = store.Sources.Add(new Source { Name = name, File = TopOf(directory) });
            tree = new DownloadedTree(info.Path, info.NarHash, (ulong)Math.Max(modified, 0), result.ImmutableUrl);
            value = new InputAttributes().With("etag", result.EntityTag ?? "").With("narHash", info.NarHash.ToString(HashFormat.Sri, true)).With("lastModified", tree.LastModified);
            value = result.ImmutableUrl is null ? value : value.With("immutableUrl", result.ImmutableUrl);
        }

        cache.Put(TreeKind, Key(url), value);
        if (result.Url != url)
        {
            cache.Put(TreeKind, Key(result.Url), value);
        }

        return tree;
    }

    // An archive that holds a single directory stands for that directory.
    private static string TopOf(string directory)
    {
        FileSystemInfo[] entries = new DirectoryInfo(directory).GetFileSystemInfos();
        return entries is [DirectoryInfo { LinkTarget: null } only] ? only.FullName : directory;
    }

    private static DownloadedFile FileOf(InputAttributes value) =>
        new(new StorePath(value.Text("path")), value.Text("etag"), value.Text("url"), value.FindText("immutableUrl"));

    // What is remembered counts as long as the store has it, under this name or the usual one.
    private DownloadedTree? TreeOf(InputAttributes value, string name)
    {
        Hash hash = Hash.ParseSri(value.Text("narHash"));
        ulong modified = value.FindNumber("lastModified") ?? 0;
        StorePath path = PathOf(hash, name);
        if (store.Infos.IsValid(path))
        {
            return new DownloadedTree(path, hash, modified, value.FindText("immutableUrl"));
        }

        StorePath usual = PathOf(hash, "source");
        return name != "source" && store.Infos.IsValid(usual)
            ? new DownloadedTree(store.Sources.Add(new Source { Name = name, File = store.RealPaths.RealPath(usual) }).Path, hash, modified, value.FindText("immutableUrl"))
            : null;
    }

    private StorePath PathOf(Hash hash, string name) => store.Dir.MakeFromContentAddress(name, new ContentAddress(ContentAddressMethod.NixArchive, hash));

    private DownloadResult Download(string url, string path, string? entityTag, IReadOnlyList<(string Name, string Value)>? headers)
    {
        using FileStream file = new(path, FileMode.CreateNew, FileAccess.ReadWrite);
        return downloader.DownloadAsync(url, new DownloadTarget(file), entityTag is { Length: > 0 } ? entityTag : null, null, CancellationToken.None, headers).GetAwaiter().GetResult();
    }

    // Common mistakes with local files, in words that help.
    private static void CheckLocalArchive(string text)
    {
        Url url = Url.Parse(text);
        if (url.Scheme != "file")
        {
            return;
        }

        string path = url.FilePath();
        if (!path.StartsWith('/'))
        {
            throw new FetchException($"tarball '{url}' must use an absolute path. The 'file' scheme does not support relative paths.");
        }

        if (!Path.Exists(path))
        {
            throw new FetchException($"tarball \"{path}\" does not exist.");
        }

        if (Directory.Exists(path))
        {
            throw new FetchException(Path.Exists(Path.Combine(path, ".git"))
                ? $"tarball \"{path}\" is a git repository, not a tarball. Please use `git+file` as the scheme."
                : $"tarball \"{path}\" is a directory, not a file.");
        }
    }
}

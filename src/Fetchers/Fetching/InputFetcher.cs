using System;
using System.Collections.Concurrent;
using System.IO;
using Firn.Fetchers.Downloads;
using Firn.Fetchers.Inputs;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Fetchers.Fetching;

/// <summary>An input in the store.</summary>
/// <param name="Input">The same with all that is known about it now, <c>narHash</c> among it.</param>
public sealed record FetchedInput(StorePath Path, Input Input);

/// <summary>Puts inputs into the store, each once for each process; what a cache remembers is not fetched anew.</summary>
public sealed class InputFetcher : IDisposable
{
    private readonly FetchStore _store;
    private readonly FetchCache _cache;
    private readonly Lazy<DownloadCache> _downloads;
    private readonly ForgeFetcher _forges;
    private readonly GitFetcher _git;
    private readonly MercurialFetcher _mercurial;
    private readonly InputSchemes _schemes;
    private readonly ConcurrentDictionary<(InputAttributes, string), FetchedInput> _fetched = [];

    /// <param name="downloader">Null where nothing may be downloaded.</param>
    /// <param name="warn">Receives the text of each warning.</param>
    public InputFetcher(FetchSettings settings, InputSchemes schemes, FetchStore store, Downloader? downloader, Action<string> warn)
    {
        _store = store;
        _schemes = schemes;
        _cache = new FetchCache(settings.CacheDirectory, settings.TarballTtl);
        Downloader Required() => downloader ?? throw new FetchException("cannot download anything: this evaluation has no downloader");
        _downloads = new Lazy<DownloadCache>(() => new DownloadCache(store, _cache, Required(), warn, settings.Activities));
        _forges = new ForgeFetcher(settings, store, _cache, _downloads, warn);
        _git = new GitFetcher(settings, schemes, store, _cache, Required, warn);
        _mercurial = new MercurialFetcher(settings, store, _cache, warn);
        Registries = new InputRegistries(settings, schemes, store, _downloads, warn);
    }

    /// <summary>Downloads of single files and archives.</summary>
    public DownloadCache Downloads => _downloads.Value;

    /// <summary>What indirect inputs mean.</summary>
    public InputRegistries Registries { get; }

    /// <summary>Fetches an input.</summary>
    /// <exception cref="FetchException">It cannot be fetched, or is not what it says it is.</exception>
    /// <exception cref="StoreException">The store refuses.</exception>
    public FetchedInput Fetch(Input input)
    {
        (InputAttributes, string) key = (input.Attributes, input.Type);
        return _fetched.TryGetValue(key, out FetchedInput? known) ? known : _fetched[key] = FetchNow(input);
    }

    /// <summary>Makes inputs be fetched again that this process fetched before.</summary>
    public void Forget() => _fetched.Clear();

    /// <summary>Makes a working copy of the repository of an input, or of its tree where it has no repository.</summary>
    /// <param name="destination">Made by this.</param>
    /// <exception cref="FetchException">It cannot be cloned, or something is there already.</exception>
    public void Clone(Input input, string destination)
    {
        switch (input.Type)
        {
            case "git":
                _git.Clone(input, destination);
                break;
            case "github" or "gitlab" or "sourcehut":
                Input repository = _schemes.FromUrl(_schemes.ParseUrl(ForgeFetcher.RepositoryUrl(input), lenient: false));
                Clone(repository.WithOverrides(input.Ref, input.RevText), destination);
                break;
            default:
                if (Path.Exists(destination))
                {
                    throw new FetchException($"cannot clone into existing path \"{destination}\"");
                }

                WritableCopy.Make(_store.RealPaths.RealPath(Fetch(input).Path), destination);
                break;
        }
    }

    /// <summary>Writes a file in the folder that an input is fetched from.</summary>
    /// <param name="path">Relative to the top of the input.</param>
    /// <param name="commit">The message to commit it with; null for no commit.</param>
    /// <exception cref="FetchException">The input has no such folder, or it cannot be written.</exception>
    public void PutFile(Input input, string path, byte[] contents, string? commit)
    {
        string folder = input.SourcePath ?? throw new FetchException($"input '{input}' does not support modifying file '{path}'");
        try
        {
            File.WriteAllBytes(Path.Combine(folder, path), contents);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FetchException(e.Message, e);
        }

        switch (input.Type)
        {
            case "git":
                GitFetcher.FileChanged(folder, path, commit);
                break;
            case "hg":
                MercurialFetcher.FileChanged(folder, path, commit);
                break;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _cache.Dispose();

    private FetchedInput FetchNow(Input input)
    {
        // A final input has all its attributes, so having its tree is enough. Another one may be given more by fetching it.
        if (input.IsFinal && input.NarHash is not null)
        {
            StorePath path = input.StorePathIn(_store.Dir);
            if (_store.Infos.IsValid(path) || _store.Substitute?.Invoke(path) == true)
            {
                return new FetchedInput(path, input);
            }
        }

        try
        {
            (StorePath path, Input result) = Unchecked(input);
            result = result.With(Input.FinalAttribute, true).CheckedAgainst(input);
            Hash hash = (_store.Infos.Find(path) ?? throw new InvalidPathException(_store.Dir, path)).NarHash;
            string sri = hash.ToString(HashFormat.Sri, true);
            return input.NarHash is { } asked && asked != hash
                // The field has the two hashes in this order.
                ? throw new HashMismatchException($"NAR hash mismatch in input '{input}', expected '{sri}' but got '{asked.ToString(HashFormat.Sri, true)}'", inStore: true)
                : new FetchedInput(path, result.With("narHash", sri));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FetchException(e.Message, e);
        }
    }

    private (StorePath Path, Input Result) Unchecked(Input input) => input.Scheme is null
        ? throw new FetchException($"cannot fetch unsupported input '{input.Attributes.ToJson()}'")
        : input.Type switch
        {
            "path" => FetchPath(input),
            "file" => FetchFile(input),
            "tarball" => FetchTarball(input),
            "git" => _git.Fetch(input),
            "hg" => _mercurial.Fetch(input),
            "indirect" => throw new FetchException($"indirect input '{input}' cannot be fetched directly"),
            _ => _forges.Fetch(input),
        };

    private (StorePath Path, Input Result) FetchFile(Input input)
    {
        // A tree like any other in the store, though it is but one file.
        StorePath file = Downloads.File(input.Attributes.Text("url"), input.Name).Path;
        PathInfo tree = _store.Sources.Add(new Source { Name = input.Name, File = _store.RealPaths.RealPath(file) });
        return (tree.Path, WithHash(input, tree.NarHash));
    }

    private static Input WithHash(Input input, Hash hash) => input.With("narHash", hash.ToString(HashFormat.Sri, true));

    private (StorePath Path, Input Result) FetchTarball(Input input)
    {
        DownloadedTree tree = Downloads.Tree(input.Attributes.Text("url"), input.Name);
        if (tree.ImmutableUrl is { } immutable)
        {
            // The server names a URL that goes on giving the same: that one is the exact input.
            input = _schemes.FromUrl(immutable);
            if (input.Type != "tarball")
            {
                throw new FetchException("tarball 'Link' headers that redirect to non-tarball URLs are not supported");
            }
        }

        input = tree.LastModified == 0 || input.LastModified is not null ? input : input.With("lastModified", tree.LastModified);
        return (tree.Path, WithHash(input, tree.NarHash));
    }

    private (StorePath Path, Input Result) FetchPath(Input input)
    {
        string text = input.Attributes.Text("path");
        if (!text.StartsWith('/'))
        {
            throw new FetchException($"cannot fetch input '{input}' because it uses a relative path");
        }

        string file = StoreDir.Canonical(text);
        ulong modified = 0;
        if (!_store.Dir.TryParse(file, out StorePath path) || path.Name != "source" || !_store.Infos.IsValid(path))
        {
            if (!Path.Exists(file) && new FileInfo(file).LinkTarget is null)
            {
                throw new FetchException($"path '/{file}' does not exist");
            }

            path = _store.Sources.Add(new Source { Name = "source", File = file }).Path;
            modified = FileTimes.Latest(file);
        }

        return (path, input.LastModified is null ? input.With("lastModified", modified) : input);
    }
}

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Firn.Fetchers;
using Firn.Fetchers.Compression;
using Firn.Formats;
using Firn.Formats.Logging;
using Firn.Formats.NarInfo;
using Firn.Formats.Nar;
using Firn.Formats.Realisations;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store.Transfer;

namespace Firn.Store.BinaryCache;

/// <summary>
/// A store that is files: a <c>.narinfo</c> file with the facts and a compressed NAR with the contents of each path.
/// For several threads.
/// </summary>
/// <remarks>Nix manual, store/types/http-binary-cache-store and protocols/binary-cache</remarks>
public partial class BinaryCacheStore : IStore, IForgetful, ISubstituter, INarAdder, INarReceiver, IParallelStore, ISignatureAdder, IBuildLogs, IBuildLogAdder, IRealisations, IRealisationSource, IValidityFilter, IHashPartIndex
{
    /// <summary>Paths of listings of a directory whose names are not known end so.</summary>
    public const string MissingName = "x";

    internal const string CacheInfo = "nix-cache-info";
    private const int LongestCacheInfo = 1 << 20;
    private const int LongestNarInfo = 16 << 20;
    private const int LongestRealisation = 1 << 20;
    private const int LongestLog = 256 << 20;
    private const int QueriesAtATime = 64;

    private readonly ICacheFiles _files;
    private readonly AnswerCache? _answers;
    private readonly BinaryCacheOptions _options;
    private readonly IStoreLog _log;
    private readonly IActivityLog _activities;
    private readonly ConcurrentDictionary<string, Task<NarInfoFile?>> _infos = new(StringComparer.Ordinal);
    private readonly Lock _connecting = new();
    private Task? _connection;
    private bool _wantsMassQuery;
    private int _priority;

    internal BinaryCacheStore(StoreReference reference, StoreDir storeDir, ICacheFiles files, BinaryCacheOptions options, AnswerCache? answers, IStoreLog log, IActivityLog activities)
    {
        Reference = reference;
        StoreDir = storeDir;
        _files = files;
        _options = options;
        _answers = answers;
        _log = log;
        _activities = activities;
    }

    public StoreReference Reference { get; }

    public StoreDir StoreDir { get; }

    public string Url => _files.Url;

    public virtual bool? Trusted => null;

    public string? Version => null;

    public int Priority => _options.Priority ?? _priority;

    public bool TakenWithoutSignature => _options.TakenWithoutSignature;

    /// <summary>More than processors: some wait for the network or the disk.</summary>
    public int ObjectsAtATime => Math.Max(4, Environment.ProcessorCount * 3 / 2);

    public bool WantsMassQuery => _options.WantsMassQuery ?? _wantsMassQuery;

    public void Dispose()
    {
        _files.Dispose();
        foreach (PieceCompressor compressor in _compressors) compressor.Dispose();
        GC.SuppressFinalize(this);
    }

    public void Connect() => ConnectAsync().GetAwaiter().GetResult();

    /// <summary>Reads what the cache says of itself, once; an empty place becomes a cache.</summary>
    /// <exception cref="StoreException">It is no cache, one for another store directory, or does not answer.</exception>
    public Task ConnectAsync()
    {
        lock (_connecting)
        {
            if (_connection is null || _connection.IsFaulted || _connection.IsCanceled) _connection = ReadCacheInfoAsync();
            return _connection;
        }
    }

    private async Task ReadCacheInfoAsync()
    {
        CacheFacts facts;
        if (_answers?.FindCache(Url) is { } known)
        {
            facts = known;
        }
        else
        {
            byte[]? text = await _files.ReadAsync(CacheInfo, LongestCacheInfo, CancellationToken.None).ConfigureAwait(false);
            if (text is null)
            {
                // An upload waits for the server.
                await Task.Yield();
                MakeCache();
                facts = new CacheFacts(StoreDir.Path, false, 0);
            }
            else
            {
                facts = ParseCacheInfo(Encoding.UTF8.GetString(text));
            }
        }

        if (facts.StoreDir != StoreDir.Path)
            throw new StoreException("binary cache '" + Url + "' is for Nix stores with prefix '" + facts.StoreDir + "', not '" + StoreDir.Path + "'");
        _answers?.PutCache(Url, facts);
        (_wantsMassQuery, _priority) = (facts.WantsMassQuery, facts.Priority);
    }

    private void MakeCache()
    {
        try
        {
            _files.Write(CacheInfo, Encoding.UTF8.GetBytes("StoreDir: " + StoreDir.Path + "\n"), "text/x-nix-cache-info");
        }
        catch (StoreException e) when (e.InnerException is DownloadException)
        {
            throw new StoreException("'" + Url + "' does not appear to be a binary cache", e);
        }
    }

    private CacheFacts ParseCacheInfo(string text)
    {
        CacheFacts facts = new(StoreDir.Path, false, 0);
        foreach (string line in text.Split('\n'))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0) continue;
            string value = line[(colon + 1)..].Trim();
            facts = line[..colon] switch
            {
                "StoreDir" => facts with { StoreDir = value },
                "WantMassQuery" => facts with { WantsMassQuery = value == "1" },
                "Priority" => facts with
                {
                    Priority = int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int priority)
                        ? priority
                        : throw new StoreException("binary cache '" + Url + "' has invalid priority '" + value + "'"),
                },
                _ => facts,
            };
        }
        return facts;
    }

    public async Task<Substitute?> FindAsync(StorePath path, CancellationToken cancel) =>
        await FindInfoAsync(path, cancel).ConfigureAwait(false) is { } info ? new Substitute(Facts(info), info.FileSize) : null;

    public PathInfo? Find(StorePath path) => FindInfo(path) is { } info ? Facts(info) : null;

    public bool IsValid(StorePath path) => FindInfo(path) is not null;

    public IReadOnlySet<StorePath> FilterValid(IReadOnlyCollection<StorePath> paths) => FilterValidAsync(paths).GetAwaiter().GetResult();

    /// <summary>Those of the paths that the cache has; many are asked for at a time.</summary>
    public async Task<IReadOnlySet<StorePath>> FilterValidAsync(IReadOnlyCollection<StorePath> paths, CancellationToken cancel = default)
    {
        using SemaphoreSlim places = new(QueriesAtATime);
        List<Task<bool>> questions = new(paths.Count);
        foreach (StorePath path in paths) questions.Add(AskAsync(path));
        bool[] valid = await Task.WhenAll(questions).ConfigureAwait(false);
        HashSet<StorePath> found = [];
        int i = 0;
        foreach (StorePath path in paths)
            if (valid[i++]) found.Add(path);
        return found;

        async Task<bool> AskAsync(StorePath path)
        {
            await places.WaitAsync(cancel).ConfigureAwait(false);
            try
            {
                return await FindInfoAsync(path, cancel).ConfigureAwait(false) is not null;
            }
            finally
            {
                places.Release();
            }
        }
    }

    public void Forget(IEnumerable<StorePath> paths)
    {
        foreach (StorePath path in paths) _infos.TryRemove(path.HashPart, out _);
    }

    /// <summary>The path with these 32 digits.</summary>
    public StorePath? FindByHashPart(string hashPart) => InfoAsync(hashPart, null, CancellationToken.None).GetAwaiter().GetResult()?.Path;

    /// <summary>The facts of a path with those of its files.</summary>
    public NarInfoFile? FindInfo(StorePath path) => FindInfoAsync(path, CancellationToken.None).GetAwaiter().GetResult();

    private async Task<NarInfoFile?> FindInfoAsync(StorePath path, CancellationToken cancel)
    {
        NarInfoFile? info = await InfoAsync(path.HashPart, path, cancel).ConfigureAwait(false);
        // The file is named by digits alone: another name under them is another path.
        return info is not null && (info.Path == path || path.Name == MissingName) && info.Path.HashPart == path.HashPart ? info : null;
    }

    private Task<NarInfoFile?> InfoAsync(string hashPart, StorePath? path, CancellationToken cancel)
    {
        if (_infos.TryGetValue(hashPart, out Task<NarInfoFile?>? known) && !known.IsFaulted && !known.IsCanceled) return known;
        Task<NarInfoFile?> question = ReadInfoAsync(hashPart, path, cancel);
        _infos[hashPart] = question;
        return question;
    }

    private async Task<NarInfoFile?> ReadInfoAsync(string hashPart, StorePath? path, CancellationToken cancel)
    {
        await ConnectAsync().ConfigureAwait(false);
        if (_answers is not null && _answers.TryFind(Url, hashPart, out string? text)) return text is null ? null : Checked(Parse(text, hashPart), path);
        string asked = path is { } known ? StoreDir.Print(known) : hashPart;
        using Activity activity = _activities.Begin(Verbosity.Talkative, ActivityType.QueryPathInfo, $"querying info about '{asked}' on '{Url}'", asked, Url);
        using IDisposable entered = activity.Enter();
        byte[]? bytes = await _files.ReadAsync(hashPart + ".narinfo", LongestNarInfo, cancel).ConfigureAwait(false);
        text = bytes is null ? null : Encoding.UTF8.GetString(bytes);
        NarInfoFile? info = text is null ? null : Parse(text, hashPart);
        _answers?.Put(Url, hashPart, text);
        return info is null ? null : Checked(info, path);
    }

    // Told once; whoever asked is told that there is nothing.
    private NarInfoFile Checked(NarInfoFile info, StorePath? asked)
    {
        if (asked is { } path && info.Path != path && (path.Name != MissingName || info.Path.HashPart != path.HashPart))
            _log.Write(StoreLogLevel.Error, "asked '" + Url + "' for '" + StoreDir.Print(path) + "' but got '" + StoreDir.Print(info.Path) + "'");
        return info;
    }

    private NarInfoFile Parse(string text, string hashPart)
    {
        try
        {
            return NarInfoFile.Parse(text, hashPart + ".narinfo", StoreDir);
        }
        catch (FormatsException e)
        {
            throw new StoreException(e.Message + " (in binary cache '" + Url + "')", e);
        }
    }

    private static PathInfo Facts(NarInfoFile info)
    {
        string[] signatures = new string[info.Signatures.Length];
        for (int i = 0; i < signatures.Length; i++) signatures[i] = info.Signatures[i].ToString();
        return new PathInfo
        {
            Path = info.Path,
            NarHash = info.NarHash,
            NarSize = info.NarSize,
            References = info.References,
            Deriver = info.Deriver,
            Signatures = signatures,
            ContentAddress = info.ContentAddress,
        };
    }

    public Stream OpenNar(PathInfo info, Action<long>? progress, CancellationToken cancel)
    {
        NarInfoFile file = FindInfo(info.Path) ?? throw new InvalidPathException(StoreDir, info.Path);
        if (_options.LocalNarCache is { } directory) return new NarStream(OpenKept(directory, file, progress, cancel), info.NarSize, new NarErrors(info, StoreDir, _files), cancel);
        CompressionKind kind = Kind(file);
        if (kind != CompressionKind.None && WholeNar.Fits(file, info))
            return new WholeNar(_files.Open(file.Url, progress, cancel), kind, file, new NarErrors(info, StoreDir, _files), cancel);
        return new NarStream(OpenDecompressed(file, progress, cancel), info.NarSize, new NarErrors(info, StoreDir, _files), cancel);
    }

    private CompressionKind Kind(NarInfoFile file) => Compressed.TryParse(file.Compression, out CompressionKind kind) ? kind
        : throw new StoreException(Compressed.Unsupported(file.Compression) + " of '" + StoreDir.Print(file.Path) + "' in binary cache '" + Url + "'");

    private Stream OpenDecompressed(NarInfoFile file, Action<long>? progress, CancellationToken cancel)
    {
        CompressionKind kind = Kind(file);
        Stream packed = _files.Open(file.Url, progress, cancel);
        // A NAR is read in pieces of eight bytes.
        return new BufferedStream(Compressed.Decompress(packed, kind), 1 << 16);
    }

    // Whole NARs by their hash, so that one directory serves for several caches.
    private Stream OpenKept(string directory, NarInfoFile file, Action<long>? progress, CancellationToken cancel)
    {
        string kept = Path.Combine(directory, file.NarHash.ToString(Formats.Hashing.HashFormat.Nix32, false) + ".nar");
        if (!File.Exists(kept))
        {
            Directory.CreateDirectory(directory);
            string temporary = kept + ".tmp." + Environment.ProcessId + "." + Environment.CurrentManagedThreadId;
            try
            {
                using (NarStream nar = new(OpenDecompressed(file, progress, cancel), file.NarSize, new NarErrors(Facts(file), StoreDir, _files), cancel))
                using (FileStream to = new(temporary, FileMode.Create, FileAccess.Write))
                    NarReader.Read(nar, new NarWriter(new StreamSink(to)));
                File.Move(temporary, kept, overwrite: true);
            }
            finally
            {
                File.Delete(temporary);
            }
        }
        return new FileStream(kept, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16);
    }

    public void WriteNar(StorePath path, IByteSink to)
    {
        PathInfo info = this.Get(path);
        using Stream nar = OpenNar(info, null, CancellationToken.None);
        byte[] buffer = new byte[1 << 16];
        for (ulong left = info.NarSize; left > 0;)
        {
            int n = nar.Read(buffer, 0, (int)Math.Min(left, (ulong)buffer.Length));
            to.Write(buffer.AsSpan(0, n));
            left -= (ulong)n;
        }
    }

    public byte[] ReadFile(StorePath path, string inside = "")
    {
        using Stream nar = OpenNar(this.Get(path), null, CancellationToken.None);
        return NarContents.ReadFile(StoreDir, path, nar, inside);
    }

    public byte[]? FindLog(StorePath path)
    {
        if (path.IsDerivation) return Log(path);
        return Find(path)?.Deriver is { } deriver ? Log(deriver) : null;
    }

    private byte[]? Log(StorePath derivation)
    {
        Connect();
        return _files.ReadAsync("log/" + derivation.BaseName, LongestLog, CancellationToken.None).GetAwaiter().GetResult();
    }

    /// <summary>The realisation of one output, signed or not.</summary>
    public Realisation? FindRealisation(DerivationOutputId output) => FindRealisationAsync(output, CancellationToken.None).GetAwaiter().GetResult();

    public async Task<Realisation?> FindRealisationAsync(DerivationOutputId output, CancellationToken cancel)
    {
        await ConnectAsync().ConfigureAwait(false);
        if (_answers is not null && _answers.TryFindRealisation(Url, output.ToString(), out string? known))
            return known is null ? null : Parse(Encoding.UTF8.GetBytes(known), output);
        byte[]? text = await _files.ReadAsync(RealisationFile(output), LongestRealisation, cancel).ConfigureAwait(false);
        Realisation? found = text is null ? null : Parse(text, output);
        _answers?.PutRealisation(Url, output.ToString(), text is null ? null : Encoding.UTF8.GetString(text));
        return found;
    }

    private Realisation Parse(byte[] text, DerivationOutputId output)
    {
        try
        {
            Realisation found = Realisation.Parse(text);
            return found.Id == output ? found : throw new StoreException("binary cache '" + Url + "' gives a realisation of '" + found.Id + "' for '" + output + "'");
        }
        catch (FormatsException e)
        {
            throw new StoreException("while parsing file '" + RealisationFile(output) + "' as a realisation for key '" + output + "': " + e.Message, e);
        }
    }

    private static string RealisationFile(DerivationOutputId output) => "realisations/" + output + ".doi";
}

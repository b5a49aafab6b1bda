using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Firn.Fetchers;
using Firn.Fetchers.Compression;
using Firn.Fetchers.Downloads;

namespace Firn.Store.BinaryCache;

/// <summary>A binary cache on a server. After a failure it is left alone for a while, so that others are asked instead.</summary>
/// <param name="ownsDownloader">Dispose the downloader with this.</param>
internal sealed class HttpFiles(string url, Downloader downloader, bool ownsDownloader, BinaryCacheOptions options, Action<string> warn) : ICacheFiles
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(60);

    private readonly Uri _base = new(url + "/");
    private long _disabledUntil;

    public string Url => url;

    public void Dispose()
    {
        if (ownsDownloader) downloader.Dispose();
    }

    // A .narinfo file may name another server, or have a query; what it names is checked by its hash.
    private string Place(string name) => Uri.TryCreate(_base, name, out Uri? place) && place.Scheme is "http" or "https"
        ? place.AbsoluteUri
        : throw new StoreException("binary cache '" + url + "' names '" + name + "', which is no http or https URL");

    private void CheckEnabled()
    {
        if (Environment.TickCount64 < Volatile.Read(ref _disabledUntil)) throw new SubstituterDisabledException(url);
    }

    public StoreException Failed(FetchException failure)
    {
        // What is wrong with one file says nothing of the server.
        if (failure is not DownloadException { GaveUp: true }) return new StoreException(failure.Message, failure);
        long now = Environment.TickCount64;
        long before = Interlocked.Exchange(ref _disabledUntil, now + (long)s_pause.TotalMilliseconds);
        if (before <= now) warn("disabling binary cache '" + url + "' for " + (int)s_pause.TotalSeconds + " seconds");
        return new StoreException(failure.Message, failure);
    }

    public async Task<byte[]?> ReadAsync(string name, int max, CancellationToken cancel)
    {
        CheckEnabled();
        try
        {
            // What the cache says of itself is asked first: that shows whether it is alive at all.
            return await downloader.ReadAsync(Place(name), max, cancel, name == BinaryCacheStore.CacheInfo ? 2 : int.MaxValue).ConfigureAwait(false);
        }
        catch (DownloadException e) when (e.NotFound || (e.Refused && name != BinaryCacheStore.CacheInfo))
        {
            return null;
        }
        catch (FetchException e)
        {
            throw Failed(e);
        }
    }

    public Stream Open(string name, Action<long>? progress, CancellationToken cancel)
    {
        CheckEnabled();
        try
        {
            return downloader.Open(Place(name), progress is null ? null : (received, _) => progress(received), cancel);
        }
        // Where nobody may list what there is, what is not there is forbidden.
        catch (DownloadException e) when (e.NotFound || e.Refused)
        {
            throw new SubstituteGoneException("file '" + name + "' does not exist in binary cache '" + url + "'");
        }
        catch (FetchException e)
        {
            throw Failed(e);
        }
    }

    public async Task<bool> ExistsAsync(string name, CancellationToken cancel)
    {
        CheckEnabled();
        try
        {
            return await downloader.ExistsAsync(Place(name), cancel).ConfigureAwait(false);
        }
        catch (FetchException e)
        {
            throw Failed(e);
        }
    }

    public void Write(string name, ReadOnlyMemory<byte> contents, string mediaType)
    {
        byte[] bytes = contents.ToArray();
        string encoding = name.EndsWith(".narinfo", StringComparison.Ordinal) ? options.NarInfoCompression
            : name.EndsWith(".ls", StringComparison.Ordinal) ? options.ListingCompression
            : name.StartsWith("log/", StringComparison.Ordinal) ? options.LogCompression
            : "";
        if (encoding is not ("" or "none")) bytes = Encode(bytes, encoding);
        else encoding = "";
        Put(name, () => new MemoryStream(bytes, writable: false), mediaType, encoding.Length == 0 ? null : encoding);
    }

    private static byte[] Encode(byte[] bytes, string encoding)
    {
        if (!Compressed.TryParse(encoding, out CompressionKind kind)) throw new StoreException(Compressed.Unsupported(encoding));
        MemoryStream packed = new();
        using (Stream stream = Compressed.Compress(packed, kind)) stream.Write(bytes);
        return packed.ToArray();
    }

    private void Put(string name, Func<Stream> contents, string mediaType, string? encoding)
    {
        try
        {
            downloader.PutAsync(Place(name), contents, mediaType, encoding, CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (FetchException e)
        {
            throw new StoreException("while uploading to HTTP binary cache at '" + url + "': " + e.Message, e);
        }
    }

    public FileStream CreateTemporary() =>
        new(Path.Combine(Path.GetTempPath(), "firn-nar-" + Guid.NewGuid().ToString("N")), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, 1 << 16);

    public void Take(string temporary, string name, string mediaType)
    {
        Put(name, () => new FileStream(temporary, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), mediaType, null);
        File.Delete(temporary);
    }
}

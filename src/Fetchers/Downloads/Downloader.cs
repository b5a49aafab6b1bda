using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Firn.Fetchers.Mirrors;

namespace Firn.Fetchers.Downloads;

/// <summary>Downloads files over http, https and file URLs, and from mirrors. Safe for several threads.</summary>
public sealed partial class Downloader : IDisposable
{
    private const int TooManyRequests = 20;

    private readonly DownloadSettings _settings;
    private readonly MirrorTable _mirrors;
    private readonly Action<string> _warn;
    private readonly Lazy<HttpClient> _client;

    /// <summary>Makes a downloader.</summary>
    /// <param name="settings">How downloads are made.</param>
    /// <param name="mirrors">Resolves <c>mirror://</c>.</param>
    /// <param name="warn">Told about each failure that is followed by another attempt.</param>
    public Downloader(DownloadSettings settings, MirrorTable mirrors, Action<string> warn)
    {
        _settings = settings;
        _mirrors = mirrors;
        _warn = warn;
        _client = new Lazy<HttpClient>(MakeClient);
    }

    /// <summary>How downloads are made.</summary>
    public DownloadSettings Settings => _settings;

    /// <summary>Resolves <c>mirror://</c>.</summary>
    public MirrorTable Mirrors => _mirrors;

    /// <summary>The same with connections of its own, on which a server is shown a certificate.</summary>
    public Downloader Identified(ClientCertificate certificate) => new(_settings with { ClientCertificate = certificate }, _mirrors, _warn);

    /// <summary>Downloads one file.</summary>
    /// <param name="url">An http, https, file or mirror URL.</param>
    /// <param name="target">Where it goes.</param>
    /// <param name="entityTag">Ask for the contents only where they have another entity tag.</param>
    /// <param name="progress">Told how it goes on, or null.</param>
    /// <param name="cancel">Gives up.</param>
    /// <param name="headers">Headers to ask with beyond our own, or null.</param>
    /// <exception cref="DownloadException">No server gave it.</exception>
    /// <exception cref="FetchException">The URL is of an unknown kind or names no known mirror.</exception>
    public async Task<DownloadResult> DownloadAsync(
        string url, DownloadTarget target, string? entityTag, DownloadProgress? progress, CancellationToken cancel,
        IReadOnlyList<(string Name, string Value)>? headers = null)
    {
        IReadOnlyList<string> servers = _mirrors.Resolve(url);
        List<DownloadException>? failures = null;
        foreach (string server in servers)
        {
            try
            {
                return await FromServerAsync(server, target, entityTag, progress, headers, cancel).ConfigureAwait(false);
            }
            catch (DownloadException e)
            {
                (failures ??= []).Add(e);
            }
        }

        if (failures!.Count == 1)
        {
            throw failures[0];
        }

        StringBuilder text = new($"unable to download '{url}' from any of its {failures.Count} servers:");
        foreach (DownloadException failure in failures)
        {
            text.Append("\n  ").Append(failure.Message.Split('\n')[0]);
        }

        throw new DownloadException(url, text.ToString(), failures.TrueForAll(f => f.NotFound) ? 404 : null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_client.IsValueCreated)
        {
            _client.Value.Dispose();
        }
    }

    private async Task<DownloadResult> FromServerAsync(
        string url, DownloadTarget target, string? entityTag, DownloadProgress? progress,
        IReadOnlyList<(string Name, string Value)>? headers, CancellationToken cancel)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? uri))
        {
            throw new FetchException($"URL '{url}' doesn't have a scheme");
        }

        switch (uri.Scheme)
        {
            case "file":
                return FromFile(url, uri, target, progress, cancel);
            case "http" or "https":
                break;
            default:
                throw new DownloadException(url, $"unable to download '{url}': Unsupported protocol (1) Protocol \"{uri.Scheme}\" not supported", null);
        }

        target.Restart();
        Resume resume = new();
        using Transfer transfer = Transfer.Begin(_settings.Activities, "downloading", url);
        DownloadProgress told = (received, total) =>
        {
            transfer.Progress(received, total);
            progress?.Invoke(received, total);
        };
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await OverHttpAsync(url, uri, target, entityTag, resume, told, headers, cancel).ConfigureAwait(false);
            }
            catch (TransientException e)
            {
                await PauseAsync(url, "download", e, attempt, cancel).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits before the next attempt, or gives up.</summary>
    private async Task PauseAsync(string url, string verb, TransientException failure, int attempt, CancellationToken cancel, int attempts = int.MaxValue)
    {
        attempts = Math.Min(attempts, _settings.Attempts);
        if (attempt >= attempts)
        {
            throw new DownloadException(url, $"unable to {verb} '{url}': {failure.Message}", failure.Status, failure.InnerException) { GaveUp = true };
        }

        // Who has too much to do is not helped by another question at once.
        TimeSpan pause = _settings.FirstPause * (failure is { Status: 429, RetryAfter: null } ? TooManyRequests : 1) * Math.Pow(2, attempt - 1) * (0.9 + (Random.Shared.NextDouble() * 0.2));
        if (failure.RetryAfter is { } asked && asked > pause && asked < TimeSpan.FromMinutes(2))
        {
            pause = asked;
        }

        _warn($"unable to {verb} '{url}': {failure.Message.Split('\n')[0]}; retrying in {(int)pause.TotalMilliseconds} ms (attempt {attempt}/{attempts})");
        await Task.Delay(pause, cancel).ConfigureAwait(false);
    }

    private static DownloadResult FromFile(string url, Uri uri, DownloadTarget target, DownloadProgress? progress, CancellationToken cancel)
    {
        try
        {
            if (Directory.Exists(uri.LocalPath))
            {
                // What others download of a folder is a list of what is in it.
                target.Restart();
                target.Write(Encoding.UTF8.GetBytes(ListOf(uri.LocalPath)));
                return new DownloadResult(url, NotModified: false, null, File.GetLastWriteTimeUtc(uri.LocalPath), null);
            }

            using FileStream file = new(uri.LocalPath, FileMode.Open, FileAccess.Read);
            target.Restart();
            byte[] buffer = new byte[1 << 16];
            for (int n; (n = file.Read(buffer)) > 0;)
            {
                cancel.ThrowIfCancellationRequested();
                target.Write(buffer.AsSpan(0, n));
                progress?.Invoke(target.Length, file.Length);
            }

            return new DownloadResult(url, NotModified: false, null, File.GetLastWriteTimeUtc(uri.LocalPath), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DownloadException(url, $"unable to download '{url}': Could not read a file:// file (37) Could not open file {uri.LocalPath}", null, e);
        }
    }

    private static string ListOf(string directory) => string.Concat(
        new DirectoryInfo(directory).EnumerateFileSystemInfos().Select(static entry => entry.Name).Where(static name => name[0] != '.').Order(StringComparer.Ordinal).Select(static name => name + "\n"));

    private async Task<DownloadResult> OverHttpAsync(
        string url, Uri uri, DownloadTarget target, string? entityTag, Resume resume, DownloadProgress progress,
        IReadOnlyList<(string Name, string Value)>? headers, CancellationToken cancel)
    {
        if (target.Length > 0 && resume.Validator is null)
        {
            // Nothing says that the rest would belong to the same contents.
            target.Restart();
        }

        List<(string Name, string Value)> own = [];
        if (entityTag is not null)
        {
            own.Add(("If-None-Match", entityTag));
        }

        own.AddRange(target.Length > 0
            ? [("Range", $"bytes={target.Length}-"), ("If-Range", resume.Validator!)]
            : [ContentEncodings.Accepted]);
        Question question = new(HttpMethod.Get, uri) { Headers = own, SecretHeaders = headers ?? [] };
        using CancellationTokenSource stalled = Stalled(cancel);
        int? status = null;
        try
        {
            using HttpResponseMessage response = await SendAsync(url, question, HttpCompletionOption.ResponseHeadersRead, stalled.Token).ConfigureAwait(false);
            status = (int)response.StatusCode;
            if (response.StatusCode == HttpStatusCode.NotModified)
            {
                return new DownloadResult(Final(response, url), NotModified: true, entityTag, null, Immutable(response));
            }

            if (!response.IsSuccessStatusCode)
            {
                await RefuseAsync(url, response, target, stalled.Token).ConfigureAwait(false);
            }

            if (target.Length > 0
                && (response.StatusCode != HttpStatusCode.PartialContent || response.Content.Headers.ContentRange?.From != target.Length))
            {
                target.Restart();
            }

            string? tag = response.Headers.ETag?.ToString();
            string? encoding = ContentEncodings.Of(response);
            // Of what is decoded on the way no part can be asked for.
            resume.Validator = encoding is null ? Validator(response) : null;
            await ReceiveAsync(url, response, encoding, target, progress, stalled).ConfigureAwait(false);
            return new DownloadResult(Final(response, url), NotModified: false, tag, response.Content.Headers.LastModified, Immutable(response));
        }
        catch (Exception e) when (Transient(e, cancel, status) is { } transient)
        {
            throw transient;
        }
    }

    private async Task ReceiveAsync(
        string url, HttpResponseMessage response, string? encoding, DownloadTarget target, DownloadProgress progress, CancellationTokenSource stalled)
    {
        long start = target.Length, received = 0;
        long? length = response.Content.Headers.ContentLength;
        SpeedLimit speed = new(_settings.BytesPerSecond);
        Stream body = await response.Content.ReadAsStreamAsync(stalled.Token).ConfigureAwait(false);
        byte[] buffer = new byte[1 << 16];
        if (encoding is null)
        {
            for (int n; (n = await PieceAsync(buffer).ConfigureAwait(false)) > 0;)
            {
                target.Write(buffer.AsSpan(0, n));
            }
        }
        else
        {
            // Decoders ask for the next piece themselves.
            using Stream decoded = ContentEncodings.Open(url, new PulledStream(b => PieceAsync(b).AsTask().GetAwaiter().GetResult()), encoding);
            for (int n; (n = decoded.Read(buffer)) > 0;)
            {
                target.Write(buffer.AsSpan(0, n));
            }
        }

        if (length is { } expected && expected != received)
        {
            throw new TransientException(CurlError.PartialFile.Text((int)response.StatusCode), (int)response.StatusCode, null);
        }

        async ValueTask<int> PieceAsync(Memory<byte> piece)
        {
            stalled.CancelAfter(_settings.StalledTimeout);
            int n = await body.ReadAsync(piece, stalled.Token).ConfigureAwait(false);
            stalled.CancelAfter(Timeout.InfiniteTimeSpan);
            received += n;
            if (n > 0)
            {
                progress(start + received, start + length);
            }

            await speed.WaitAsync(received, stalled.Token).ConfigureAwait(false);
            return n;
        }
    }

    private static string? Validator(HttpResponseMessage response) =>
        response.Headers.ETag is { IsWeak: false } strong ? strong.Tag : response.Content.Headers.LastModified?.ToString("R");

    private static string Final(HttpResponseMessage response, string url) => response.RequestMessage?.RequestUri?.AbsoluteUri ?? url;

    private static string? Immutable(HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues("Link", out IEnumerable<string>? links))
        {
            return null;
        }

        foreach (string link in links)
        {
            int start = link.IndexOf('<'), end = link.IndexOf('>');
            if (start >= 0 && end > start && link.AsSpan(end).Contains("rel=\"immutable\"", StringComparison.Ordinal))
            {
                return link[(start + 1)..end];
            }
        }

        return null;
    }

    /// <summary>What ties the parts of one download together.</summary>
    private sealed class Resume
    {
        public string? Validator { get; set; }
    }
}

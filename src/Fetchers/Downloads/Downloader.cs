using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Firn.Fetchers.Mirrors;

namespace Firn.Fetchers.Downloads;

/// <summary>Downloads files over http, https and file URLs, and from mirrors. Safe for several threads.</summary>
public sealed partial class Downloader : IDisposable
{
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
            throw new DownloadException(url, $"unable to {verb} '{url}': {failure.Message}", failure.Status, failure.InnerException);
        }

        TimeSpan pause = _settings.FirstPause * Math.Pow(2, attempt - 1) * (0.9 + (Random.Shared.NextDouble() * 0.2));
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

    private async Task<DownloadResult> OverHttpAsync(
        string url, Uri uri, DownloadTarget target, string? entityTag, Resume resume, DownloadProgress progress,
        IReadOnlyList<(string Name, string Value)>? headers, CancellationToken cancel)
    {
        using HttpRequestMessage request = Request(HttpMethod.Get, uri);
        foreach ((string name, string value) in headers ?? [])
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (entityTag is not null)
        {
            request.Headers.TryAddWithoutValidation("If-None-Match", entityTag);
        }

        if (target.Length > 0)
        {
            if (resume.Validator is null)
            {
                // Nothing says that the rest would belong to the same contents.
                target.Restart();
            }
            else
            {
                request.Headers.TryAddWithoutValidation("Range", $"bytes={target.Length}-");
                request.Headers.TryAddWithoutValidation("If-Range", resume.Validator);
            }
        }

        using CancellationTokenSource stalled = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        stalled.CancelAfter(_settings.StalledTimeout);
        try
        {
            using HttpResponseMessage response = await SendAsync(url, request, HttpCompletionOption.ResponseHeadersRead, stalled.Token).ConfigureAwait(false);
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
            resume.Validator = response.Headers.ETag is { IsWeak: false } strong ? strong.Tag : response.Content.Headers.LastModified?.ToString("R");
            long? total = response.Content.Headers.ContentLength + target.Length;
            Stream body = await response.Content.ReadAsStreamAsync(stalled.Token).ConfigureAwait(false);
            byte[] buffer = new byte[1 << 16];
            while (true)
            {
                stalled.CancelAfter(_settings.StalledTimeout);
                int n = await body.ReadAsync(buffer, stalled.Token).ConfigureAwait(false);
                if (n == 0)
                {
                    break;
                }

                target.Write(buffer.AsSpan(0, n));
                progress(target.Length, total);
            }

            if (total is { } expected && expected != target.Length)
            {
                throw new TransientException("Transferred a partial file (18)", null, null);
            }

            return new DownloadResult(Final(response, url), NotModified: false, tag, response.Content.Headers.LastModified, Immutable(response));
        }
        catch (Exception e) when (Transient(e, cancel) is { } transient)
        {
            throw transient;
        }
    }

    private HttpRequestMessage Request(HttpMethod method, Uri uri)
    {
        HttpRequestMessage request = new(method, uri);
        request.Headers.TryAddWithoutValidation("User-Agent", _settings.UserAgent);
        if (_settings.Http2 && uri.Scheme == "https")
        {
            request.Version = HttpVersion.Version20;
        }

        Authorise(request, uri);
        return request;
    }

    private async Task<HttpResponseMessage> SendAsync(string url, HttpRequestMessage request, HttpCompletionOption completion, CancellationToken cancel)
    {
        try
        {
            return await _client.Value.SendAsync(request, completion, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is UriFormatException or NotSupportedException or InvalidOperationException)
        {
            // From http the handler follows to any scheme, and stumbles over the URL then.
            throw new DownloadException(url, $"unable to download '{url}': HTTP error 302 (redirection to something other than http and https)", 302, e);
        }
    }

    /// <summary>The failure of a connection in the words that users know, or null where it is something else.</summary>
    private static TransientException? Transient(Exception e, CancellationToken cancel) => e switch
    {
        OperationCanceledException when !cancel.IsCancellationRequested => new TransientException("Timeout was reached (28)", null, e),
        HttpRequestException request => new TransientException(Describe(request), null, e),
        HttpIOException io => new TransientException(Describe(io.HttpRequestError), null, e),
        IOException { InnerException: System.Net.Sockets.SocketException } => new TransientException("Failure when receiving data from the peer (56)", null, e),
        _ => null,
    };

    private static async Task RefuseAsync(string url, HttpResponseMessage response, DownloadTarget? target, CancellationToken cancel, string verb = "download")
    {
        int status = (int)response.StatusCode;
        byte[] start = new byte[1 << 16];
        int length = 0;
        Stream body = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        for (int n; length < start.Length && (n = await body.ReadAsync(start.AsMemory(length), cancel).ConfigureAwait(false)) > 0;)
        {
            length += n;
        }

        string text = $"HTTP error {status}";
        string answer = Encoding.UTF8.GetString(start, 0, length);

        // What is short was most likely written for people; so was a page.
        if (answer.Length > 0 && (length < 1024 || answer.Contains("<html>", StringComparison.Ordinal)))
        {
            text += "\n\nresponse body:\n\n" + answer.TrimEnd('\n', '\r');
        }

        if (status == 416)
        {
            // The file shrank since the first part came.
            target?.Restart();
        }

        if (status is 408 or 416 or 429 or 500 or 502 or 503 or 504 or >= 520 and <= 527)
        {
            throw new TransientException(text, status, null) { RetryAfter = response.Headers.RetryAfter?.Delta };
        }

        throw new DownloadException(url, $"unable to {verb} '{url}': {text}", status);
    }

    private void Authorise(HttpRequestMessage request, Uri uri)
    {
        // The handler drops this header when it follows a redirect, so no other host sees it.
        string? pair = uri.UserInfo.Length > 0
            ? Uri.UnescapeDataString(uri.UserInfo)
            : Netrc.Find(_settings, uri.Host) is { } entry ? entry.Login + ":" + entry.Password : null;
        if (pair is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
        }
    }

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

    // In the words of curl, which users of Nix know and search for.
    private static string Describe(HttpRequestException e) => Describe(e.HttpRequestError) + e.HttpRequestError switch
    {
        // The rest of the handler's message is "(host:port)".
        HttpRequestError.NameResolutionError when Place(e.Message) is { } place => $" Could not resolve host: {place[..place.LastIndexOf(':')]}",
        HttpRequestError.ConnectionError when Place(e.Message) is { } place => $" Failed to connect to {place}: Could not connect to server",
        _ => "",
    };

    private static string? Place(string message) =>
        message.EndsWith(')') && message.LastIndexOf('(') is >= 0 and int open && message.AsSpan(open).Contains(':') ? message[(open + 1)..^1] : null;

    private static string Describe(HttpRequestError error) => error switch
    {
        HttpRequestError.NameResolutionError => "Could not resolve hostname (6)",
        HttpRequestError.ConnectionError => "Could not connect to server (7)",
        HttpRequestError.SecureConnectionError => "SSL peer certificate or SSH remote key was not OK (60)",
        HttpRequestError.ResponseEnded => "Transferred a partial file (18)",
        HttpRequestError.ProxyTunnelError => "Could not resolve proxy name (5)",
        HttpRequestError.HttpProtocolError or HttpRequestError.InvalidResponse or HttpRequestError.VersionNegotiationError => "Weird server reply (8)",
        _ => "Failure when receiving data from the peer (56)",
    };

    private HttpClient MakeClient()
    {
        SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = true,
            MaxAutomaticRedirections = 10,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = _settings.ConnectTimeout <= TimeSpan.Zero ? Timeout.InfiniteTimeSpan : _settings.ConnectTimeout,
            MaxConnectionsPerServer = _settings.Connections > 0 ? _settings.Connections : int.MaxValue,
            UseCookies = false,
        };
        if (_settings.CertificateFile is { } file && File.Exists(file))
        {
            X509ChainPolicy policy = new()
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            policy.CustomTrustStore.ImportFromPemFile(file);
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        }

        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>What ties the parts of one download together.</summary>
    private sealed class Resume
    {
        public string? Validator { get; set; }
    }

    /// <summary>A failure that may be another time's success.</summary>
    private sealed class TransientException(string message, int? status, Exception? cause) : Exception(message, cause)
    {
        public int? Status { get; } = status;

        public TimeSpan? RetryAfter { get; init; }
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Firn.Fetchers.Downloads;

// How servers are asked, and what their answers and failures mean.
public sealed partial class Downloader
{
    private const int MostRedirects = 10;

    /// <summary>
    /// Asks, and follows redirections. They are followed here and not by the handler, which would forget the password on
    /// the way from one file of a server to another.
    /// </summary>
    private async Task<HttpResponseMessage> SendAsync(string url, Question question, HttpCompletionOption completion, CancellationToken cancel)
    {
        Uri uri = question.Uri;
        HttpMethod method = question.Method;
        for (int redirects = 0; ; redirects++)
        {
            HttpRequestMessage request = Request(question, method, uri);
            HttpResponseMessage response;
            try
            {
                response = await _client.Value.SendAsync(request, completion, cancel).ConfigureAwait(false);
            }
            catch
            {
                request.Dispose();
                throw;
            }

            int status = (int)response.StatusCode;
            if (status is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } location)
            {
                return response;
            }

            response.Dispose();
            request.Dispose();
            if (!Uri.TryCreate(uri, location, out uri!) || uri.Scheme is not ("http" or "https"))
            {
                throw new DownloadException(url, $"unable to download '{url}': HTTP error {status} (curl error: Unsupported protocol)", status);
            }

            if (redirects == MostRedirects)
            {
                throw new DownloadException(url, $"unable to download '{url}': HTTP error {status} (curl error: Number of redirects hit maximum amount)", status);
            }

            if ((status == 303 && method != HttpMethod.Head) || (status is 301 or 302 && method == HttpMethod.Post))
            {
                method = HttpMethod.Get;
            }
        }
    }

    private HttpRequestMessage Request(Question question, HttpMethod method, Uri uri)
    {
        HttpRequestMessage request = new(method, uri);
        request.Headers.TryAddWithoutValidation("User-Agent", _settings.UserAgent);
        request.Headers.TryAddWithoutValidation("Accept", "*/*");
        if (_settings.Http2 && uri.Scheme == "https")
        {
            request.Version = HttpVersion.Version20;
        }

        bool same = uri.Scheme == question.Uri.Scheme && uri.Host == question.Uri.Host && uri.Port == question.Uri.Port;
        Authorise(request, uri, same ? question.Uri.UserInfo : "");
        Add(request, question.Headers);
        if (same)
        {
            Add(request, question.SecretHeaders);
        }

        if (method == question.Method)
        {
            request.Content = question.Content?.Invoke();
        }

        return request;
    }

    private static void Add(HttpRequestMessage request, IReadOnlyList<(string Name, string Value)> headers)
    {
        foreach ((string name, string value) in headers)
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }

    private void Authorise(HttpRequestMessage request, Uri uri, string inherited)
    {
        string user = uri.UserInfo.Length > 0 ? uri.UserInfo : inherited;
        string? pair = user.Contains(':', StringComparison.Ordinal)
            ? Uri.UnescapeDataString(user)
            : Netrc.Find(_settings, uri.Host, user.Length > 0 ? Uri.UnescapeDataString(user) : null) is { } entry ? entry.Login + ":" + entry.Password
            : user.Length > 0 ? Uri.UnescapeDataString(user) + ":" : null;
        if (pair is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
        }
    }

    /// <summary>The failure of a connection in the words that users know, or null where it is something else.</summary>
    /// <param name="status">That of the answer, where one had begun.</param>
    private static TransientException? Transient(Exception e, CancellationToken cancel, int? status = null)
    {
        CurlError? error = e switch
        {
            OperationCanceledException when !cancel.IsCancellationRequested => CurlError.Timeout,
            HttpRequestException request => CurlError.Of(request),
            HttpIOException io => CurlError.Of(io.HttpRequestError),
            IOException { InnerException: System.Net.Sockets.SocketException } => CurlError.Receiving,
            _ => null,
        };
        return error is null ? null : new TransientException(error.Text(status), status, e);
    }

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
        string answer = ContentEncodings.Of(response) is null ? Encoding.UTF8.GetString(start, 0, length) : "";

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

        if (status is 408 or 416 or 429 or >= 500 and not (501 or 505 or 511))
        {
            throw new TransientException(text, status, null) { RetryAfter = RetryAfter(response) };
        }

        throw new DownloadException(url, $"unable to {verb} '{url}': {text}", status);
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - DateTimeOffset.UtcNow,
        _ => null,
    };

    private HttpClient MakeClient()
    {
        SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = _settings.ConnectTimeout <= TimeSpan.Zero ? Timeout.InfiniteTimeSpan : _settings.ConnectTimeout,
            MaxConnectionsPerServer = _settings.Connections > 0 ? _settings.Connections : int.MaxValue,
            UseCookies = false,
            UseProxy = _settings.Proxies != ProxySettings.None,
            Proxy = new EnvironmentProxy(_settings.Proxies),
        };
        if (_settings.CertificateFile is { } file && File.Exists(file))
        {
            X509ChainPolicy policy = new()
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            policy.CustomTrustStore.ImportFromPemFile(file);
            handler.SslOptions.CertificateChainPolicy = policy;
        }

        if (_settings.ClientCertificate is { } client)
        {
            X509Certificate2 certificate = client.Load();
            handler.SslOptions.LocalCertificateSelectionCallback = (_, host, _, _, _) => host == client.Host ? certificate : null!;
        }

        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>What a server is asked, wherever it sends us.</summary>
    private sealed record Question(HttpMethod Method, Uri Uri)
    {
        public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

        /// <summary>Headers for the server of the URL alone.</summary>
        public IReadOnlyList<(string Name, string Value)> SecretHeaders { get; init; } = [];

        /// <summary>Opens what is sent, for each time that it is.</summary>
        public Func<HttpContent>? Content { get; init; }
    }

    /// <summary>A failure that may be another time's success.</summary>
    private sealed class TransientException(string message, int? status, Exception? cause) : Exception(message, cause)
    {
        public int? Status { get; } = status;

        public TimeSpan? RetryAfter { get; init; }
    }
}

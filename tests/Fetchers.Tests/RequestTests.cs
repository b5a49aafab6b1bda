using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using Firn.Fetchers.Downloads;
using Firn.Fetchers.Mirrors;
using Xunit;

namespace Firn.Fetchers.Tests;

/// <summary>How servers are asked: redirections, passwords, encodings, proxies, certificates.</summary>
public sealed class RequestTests
{
    private static readonly DownloadSettings s_quick = new() { FirstPause = TimeSpan.FromMilliseconds(1), Attempts = 3, StalledTimeout = TimeSpan.FromSeconds(20) };

    private readonly List<string> _warnings = [];

    private static byte[] Bytes(string s) => Encoding.UTF8.GetBytes(s);

    private static string Basic(string pair) => "Authorization: Basic " + Convert.ToBase64String(Bytes(pair));

    private Downloader Open(DownloadSettings? settings = null) => new(settings ?? s_quick, new MirrorTable(MirrorTable.ParseSetting(""), _ => null, () => []), _warnings.Add);

    private async Task<(string Text, DownloadResult Result)> Get(string url, DownloadSettings? settings = null, IReadOnlyList<(string, string)>? headers = null)
    {
        using Downloader downloader = Open(settings);
        MemoryStream file = new();
        DownloadResult result = await downloader.DownloadAsync(url, new DownloadTarget(file), null, null, CancellationToken.None, headers);
        return (Encoding.UTF8.GetString(file.ToArray()), result);
    }

    private static string WithUser(string url, string user) => url.Replace("http://", $"http://{user}@", StringComparison.Ordinal);

    [Theory]
    [InlineData(301)]
    [InlineData(303)]
    [InlineData(308)]
    public async Task Within_a_server_a_redirect_keeps_what_it_was_told(int status)
    {
        using LoopbackServer server = new(r => r.StartsWith("GET /a ", StringComparison.Ordinal) ? new(status, [], "Location: b?c=d") : new(200, Bytes("there")));
        (string text, DownloadResult result) = await Get(WithUser(server.Url, "me:secret") + "/a", headers: [("Private-Token", "t")]);
        Assert.Equal("there", text);
        Assert.EndsWith("/b?c=d", result.Url);
        Assert.All(server.Requests, r => Assert.Contains(Basic("me:secret"), r, StringComparison.Ordinal));
        Assert.All(server.Requests, r => Assert.Contains("Private-Token: t", r, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Another_server_is_told_nothing_but_what_the_netrc_file_says_of_it()
    {
        using LoopbackServer other = new(_ => new(200, Bytes("there")));
        using LoopbackServer server = new(_ => new(302, [], $"Location: {other.Url}/b"));
        IReadOnlyList<(string, string)> token = [("Authorization", "token t"), ("Private-Token", "t")];
        await Get(WithUser(server.Url, "me:secret") + "/a", headers: token);
        Assert.Contains("Authorization: token t", server.Requests.Single(), StringComparison.Ordinal);
        Assert.DoesNotMatch("(?i)authorization|private-token", other.Requests.Single());

        using LoopbackServer named = new(_ => new(302, [], $"Location: {other.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal)}/b"));
        await Get(named.Url + "/a", s_quick with { NetrcText = "machine 127.0.0.1 login me password secret machine localhost login you password hidden" });
        Assert.Contains(Basic("me:secret"), named.Requests.Single(), StringComparison.Ordinal);
        Assert.Contains(Basic("you:hidden"), other.Requests.Last(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/loop", "HTTP error 302 (curl error: Number of redirects hit maximum amount)", 11)]
    [InlineData("ftp://127.0.0.1/x", "HTTP error 302 (curl error: Unsupported protocol)", 1)]
    [InlineData("file:///etc/passwd", "HTTP error 302 (curl error: Unsupported protocol)", 1)]
    [InlineData("http://[", "HTTP error 302", 1)]
    [InlineData("//", "HTTP error 302 (curl error: Unsupported protocol)", 1)]
    public async Task A_redirect_that_leads_nowhere_is_an_error(string location, string message, int requests)
    {
        using LoopbackServer server = new(_ => new(302, [], "Location: " + location));
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => Get(server.Url + "/a"));
        Assert.EndsWith(message, e.Message, StringComparison.Ordinal);
        Assert.Equal(requests, server.Requests.Count);
    }

    [Theory]
    [InlineData("501", 1)]
    [InlineData("505", 1)]
    [InlineData("409", 1)]
    [InlineData("500", 3)]
    [InlineData("507", 3)]
    [InlineData("408", 3)]
    public async Task What_may_pass_is_tried_again(string status, int requests)
    {
        using LoopbackServer server = new(_ => new(int.Parse(status), []));
        await Assert.ThrowsAsync<DownloadException>(() => Get(server.Url + "/a"));
        Assert.Equal(requests, server.Requests.Count);
    }

    [Fact]
    public async Task Who_has_too_much_to_do_is_left_alone_for_longer()
    {
        using LoopbackServer server = new(_ => new(429, []));
        await Assert.ThrowsAsync<DownloadException>(() => Get(server.Url + "/a", s_quick with { FirstPause = TimeSpan.FromMilliseconds(10) }));
        Assert.True(int.Parse(Regex.Match(_warnings[0], "retrying in ([0-9]+) ms").Groups[1].Value) > 100, _warnings[0]);
    }

    private static byte[] Pack(string encoding, byte[] bytes)
    {
        MemoryStream packed = new();
        using (Stream s = encoding switch
        {
            "gzip" or "x-gzip" => new GZipStream(packed, CompressionMode.Compress),
            "deflate" => new ZLibStream(packed, CompressionMode.Compress),
            "br" => new BrotliStream(packed, CompressionMode.Compress),
            _ => packed,
        })
        {
            s.Write(bytes);
        }

        return packed.ToArray();
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("x-gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    [InlineData("identity")]
    public async Task What_a_server_packs_is_unpacked(string encoding)
    {
        byte[] text = Bytes(string.Concat(Enumerable.Range(0, 50_000).Select(i => $"line {i}\n"))), packed = Pack(encoding, text);
        int broken = 0;
        using LoopbackServer server = new(r => Interlocked.Increment(ref broken) % 2 == 1
            ? new(200, packed[..(packed.Length / 2)], "Content-Encoding: " + encoding, "ETag: \"t\"", "Accept-Ranges: bytes") { Length = packed.Length }
            : r.Contains("\r\nRange:", StringComparison.Ordinal)
                ? new(206, packed[(packed.Length / 2)..], "ETag: \"t\"", $"Content-Range: bytes {packed.Length / 2}-{packed.Length - 1}/{packed.Length}")
                : new(200, packed, "Content-Encoding: " + encoding, "ETag: \"t\""));
        (string got, _) = await Get(server.Url + "/a");
        Assert.Equal(Encoding.UTF8.GetString(text), got);
        using Downloader downloader = Open();
        Assert.Equal(text, await downloader.ReadAsync(server.Url + "/b", 1 << 20, CancellationToken.None));
        MemoryStream streamed = new();
        using (Stream s = downloader.Open(server.Url + "/c", null, CancellationToken.None))
        {
            s.CopyTo(streamed);
        }

        Assert.Equal(text, streamed.ToArray());
        // A part can only be had of what is not packed.
        Assert.All(server.Requests, r => Assert.NotEqual(r.Contains("\r\nRange:", StringComparison.Ordinal), r.Contains("\r\nAccept-Encoding:", StringComparison.Ordinal)));
        Assert.Equal(encoding == "identity", server.Requests.Any(r => r.Contains("\r\nRange:", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public async Task What_cannot_be_unpacked_is_an_error(string encoding)
    {
        using LoopbackServer server = new(_ => new(200, Bytes("this is no such stream"), "Content-Encoding: " + encoding));
        using Downloader downloader = Open();
        foreach (Func<Task> get in (Func<Task>[])[() => Get(server.Url + "/a"), () => downloader.ReadAsync(server.Url + "/a", 1000, CancellationToken.None)])
        {
            DownloadException e = await Assert.ThrowsAsync<DownloadException>(get);
            Assert.EndsWith("(curl error: Unrecognized or bad HTTP Content or Transfer-Encoding)", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_small_file_stays_small_when_unpacked()
    {
        byte[] packed = Pack("gzip", new byte[10 << 20]);
        using LoopbackServer server = new(_ => new(200, packed, "Content-Encoding: gzip"));
        using Downloader downloader = Open();
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => downloader.ReadAsync(server.Url + "/a", 1 << 20, CancellationToken.None));
        Assert.Contains("longer than 1048576 bytes", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_proxy_is_asked_in_place_of_the_server()
    {
        using LoopbackServer proxy = new(r => r.Contains("\r\nProxy-Authorization: Basic " + Convert.ToBase64String(Bytes("me:secret")), StringComparison.Ordinal)
            ? new(200, Bytes("by proxy")) : new(407, [], "Proxy-Authenticate: Basic realm=\"x\""));
        using LoopbackServer direct = new(_ => new(200, Bytes("direct")));
        ProxySettings proxies = ProxySettings.FromEnvironment(name => name switch
        {
            "http_proxy" => WithUser(proxy.Url, "me:secret"),
            "NO_PROXY" => "localhost, 127.0.0.0/8",
            _ => null,
        });
        (string text, _) = await Get("http://no.such.host.invalid/a", s_quick with { Proxies = proxies });
        Assert.Equal("by proxy", text);
        Assert.StartsWith("GET http://no.such.host.invalid/a HTTP/1.1\r\n", proxy.Requests.Last(), StringComparison.Ordinal);
        (text, _) = await Get(direct.Url + "/a", s_quick with { Proxies = proxies });
        Assert.Equal("direct", text);
    }

    [Theory]
    [InlineData("http://a.example.org/", "example.org", false)]
    [InlineData("http://a.example.org/", ".example.org", false)]
    [InlineData("http://example.org/", ".example.org", false)]
    [InlineData("http://myexample.org/", "example.org", true)]
    [InlineData("http://example.org/", "*", false)]
    [InlineData("http://10.1.2.3/", "10.1.0.0/16", false)]
    [InlineData("http://10.2.2.3/", "10.1.0.0/16,10.3.0.1", true)]
    [InlineData("http://[::1]/", "::1", false)]
    [InlineData("http://example.org/", "", true)]
    [InlineData("https://example.org/", "", false)]
    public void Some_hosts_are_asked_directly(string url, string except, bool proxied)
    {
        EnvironmentProxy proxy = new(new ProxySettings("proxy:3128", null, null, except));
        Assert.Equal(proxied, !proxy.IsBypassed(new Uri(url)));
        Assert.Equal(proxied ? "http://proxy:3128/" : null, proxy.GetProxy(new Uri(url))?.AbsoluteUri);
    }

    [Theory]
    [InlineData("ftp://proxy")]
    [InlineData("http://user:secret@:x")]
    public async Task A_proxy_that_is_none_is_an_error_without_its_password(string url)
    {
        FetchException e = await Assert.ThrowsAsync<FetchException>(() => Get("http://no.such.host.invalid/a", s_quick with { Proxies = new ProxySettings(url, null, null, null) }));
        Assert.Contains("http_proxy", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("machine h login a password b", "a:b")]
    [InlineData("machine other login x password y\nmachine H\n\tlogin a\n\taccount z\n\tpassword b\n", "a:b")]
    [InlineData("machine h login a password \"b \\\"c\\\"\"", "a:b \"c\"")]
    [InlineData("# machine h login x password y\nmachine h login a password b", "a:b")]
    [InlineData("macdef init\nmachine h login x password y\n\nmachine h login a password b", "a:b")]
    [InlineData("machine g login x password y default login a password b", "a:b")]
    [InlineData("machine h login a", null)]
    [InlineData("machine g login x password y", null)]
    public void Passwords_are_found(string text, string? found)
    {
        (string Login, string Password)? entry = Netrc.Find(new DownloadSettings { NetrcText = text }, "h");
        Assert.Equal(found, entry is { } e ? e.Login + ":" + e.Password : null);
    }

    [Fact]
    public async Task A_name_in_the_url_chooses_the_password()
    {
        using LoopbackServer server = new(_ => new(200, Bytes("x")));
        await Get(WithUser(server.Url, "two") + "/a", s_quick with { NetrcText = "machine 127.0.0.1 login one password 1\nmachine 127.0.0.1 login two password 2" });
        Assert.Contains(Basic("two:2"), server.Requests.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_speed_is_kept_to_and_everything_comes()
    {
        byte[] text = new byte[200_000];
        using LoopbackServer server = new(_ => new(200, text));
        (string got, _) = await Get(server.Url + "/a", s_quick with { BytesPerSecond = 2_000_000 });
        Assert.Equal(text.Length, got.Length);
    }

    [Fact]
    public async Task A_server_that_wants_a_certificate_gets_it()
    {
        string dir = Directory.CreateTempSubdirectory("firn-tls-").FullName;
        try
        {
            using RSA key = RSA.Create(2048);
            CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            SubjectAlternativeNameBuilder names = new();
            names.AddDnsName("localhost");
            request.CertificateExtensions.Add(names.Build());
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            using X509Certificate2 own = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
            File.WriteAllText(dir + "/cert", own.ExportCertificatePem());
            File.WriteAllText(dir + "/key", key.ExportPkcs8PrivateKeyPem());
            using TcpListener listener = new(IPAddress.Loopback, 0);
            listener.Start();
            string url = $"https://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}/a";
            Task<string?> served = ServeAsync(listener, own);
            using Downloader plain = Open(s_quick with { CertificateFile = dir + "/cert", Attempts = 1 });
            using Downloader identified = plain.Identified(new ClientCertificate("localhost", dir + "/cert", dir + "/key"));
            Assert.Equal("x", Encoding.UTF8.GetString(await identified.ReadAsync(url, 10, CancellationToken.None)));
            Assert.Equal("CN=localhost", await served);

            served = ServeAsync(listener, own);
            Assert.Equal("x", Encoding.UTF8.GetString(await plain.ReadAsync(url, 10, CancellationToken.None)));
            Assert.Null(await served);

            // Whom nobody vouches for is not believed.
            served = ServeAsync(listener, own);
            using Downloader doubting = Open(s_quick with { Attempts = 1 });
            DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => doubting.ReadAsync(url, 10, CancellationToken.None));
            Assert.Contains("SSL peer certificate or SSH remote key was not OK (60)", e.Message, StringComparison.Ordinal);
            await Assert.ThrowsAnyAsync<Exception>(() => served);
        }
        finally
        {
            Directory.Delete(dir, recursive: true);
        }
    }

    /// <summary>One answer; gives the name in the client's certificate.</summary>
    private static async Task<string?> ServeAsync(TcpListener listener, X509Certificate2 certificate)
    {
        using TcpClient client = await listener.AcceptTcpClientAsync();
        using SslStream tls = new(client.GetStream(), false, (_, _, _, _) => true);
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate, ClientCertificateRequired = true });
        byte[] head = new byte[1];
        StringBuilder text = new();
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await tls.ReadAsync(head) > 0)
        {
            text.Append((char)head[0]);
        }

        await tls.WriteAsync(Bytes("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx"));
        return tls.RemoteCertificate?.Subject;
    }
}

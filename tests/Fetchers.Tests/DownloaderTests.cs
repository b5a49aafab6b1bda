using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Firn.Fetchers.Downloads;
using Firn.Fetchers.Mirrors;
using Firn.Formats.Hashing;
using Xunit;

namespace Firn.Fetchers.Tests;

public sealed class DownloaderTests
{
    private static readonly DownloadSettings s_quick = new()
    {
        FirstPause = TimeSpan.FromMilliseconds(1),
        Attempts = 3,
        StalledTimeout = TimeSpan.FromSeconds(5),
    };

    private readonly List<string> _warnings = [];

    private static byte[] Bytes(string s) => Encoding.UTF8.GetBytes(s);

    private static MirrorTable Mirrors(string setting = "") => new(MirrorTable.ParseSetting(setting), _ => null, () => []);

    private async Task<(string Text, DownloadResult Result)> Get(string url, DownloadSettings? settings = null, MirrorTable? mirrors = null, string? tag = null)
    {
        using Downloader downloader = new(settings ?? s_quick, mirrors ?? Mirrors(), _warnings.Add);
        MemoryStream file = new();
        DownloadTarget target = new(file, HashAlgorithm.Sha256);
        DownloadResult result = await downloader.DownloadAsync(url, target, tag, null, CancellationToken.None);
        Assert.Equal(Hash.Sha256(file.ToArray()), target.Finish()[0]);
        return (Encoding.UTF8.GetString(file.ToArray()), result);
    }

    [Fact]
    public async Task A_file_arrives_with_its_facts()
    {
        using LoopbackServer server = new(_ => new(200, Bytes("hello"), "ETag: \"t\"", "Last-Modified: Fri, 01 Jan 2021 00:00:00 GMT", "Link: <http://x/y>; rel=\"immutable\""));
        (string text, DownloadResult result) = await Get(server.Url + "/a");
        Assert.Equal("hello", text);
        Assert.Equal("\"t\"", result.EntityTag);
        Assert.Equal(1609459200, result.LastModified!.Value.ToUnixTimeSeconds());
        Assert.Equal("http://x/y", result.ImmutableUrl);
        Assert.StartsWith("GET /a HTTP/1.1\r\n", server.Requests.Single());
    }

    [Fact]
    public async Task Contents_that_did_not_change_are_not_sent_again()
    {
        using LoopbackServer server = new(r => r.Contains("If-None-Match: \"t\"", StringComparison.Ordinal) ? new(304, []) : new(200, Bytes("hello")));
        (string text, DownloadResult result) = await Get(server.Url + "/a", tag: "\"t\"");
        Assert.True(result.NotModified);
        Assert.Equal("", text);
    }

    [Fact]
    public async Task A_broken_transfer_goes_on_where_it_broke()
    {
        using LoopbackServer server = new(r => r.Contains("Range: bytes=3-", StringComparison.Ordinal)
            ? new(206, Bytes("lo!"), "Content-Range: bytes 3-5/6", "ETag: \"v1\"")
            : new(200, Bytes("hel"), "ETag: \"v1\"") { Length = 6 });
        (string text, _) = await Get(server.Url + "/a");
        Assert.Equal("hello!"[..3] + "lo!", text);
        Assert.Contains("If-Range: \"v1\"", server.Requests.Last());
        Assert.Single(_warnings);
        Assert.Contains("HTTP error 200 (curl error: Transferred a partial file); retrying in", _warnings[0]);
    }

    [Fact]
    public async Task Without_a_validator_a_broken_transfer_begins_anew()
    {
        int n = 0;
        using LoopbackServer server = new(_ => n++ == 0 ? new(200, Bytes("xxx")) { Length = 6 } : new(200, Bytes("second")));
        Assert.Equal("second", (await Get(server.Url + "/a")).Text);
        Assert.DoesNotContain("Range:", server.Requests.Last());
    }

    [Fact]
    public async Task A_server_that_ignores_the_range_is_read_from_the_start()
    {
        int n = 0;
        using LoopbackServer server = new(_ => n++ == 0 ? new(200, Bytes("abc"), "ETag: \"1\"") { Length = 6 } : new(200, Bytes("other!"), "ETag: \"2\""));
        Assert.Equal("other!", (await Get(server.Url + "/a")).Text);
    }

    [Fact]
    public async Task A_busy_server_is_asked_again()
    {
        int n = 0;
        using LoopbackServer server = new(_ => n++ < 2 ? new(503, []) : new(200, Bytes("ok")));
        Assert.Equal("ok", (await Get(server.Url + "/a")).Text);
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task What_is_not_there_is_not_asked_for_twice()
    {
        using LoopbackServer server = new(_ => new(404, Bytes("gone"), "Content-Type: text/plain"));
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => Get(server.Url + "/a"));
        Assert.Equal($"unable to download '{server.Url}/a': HTTP error 404\n\nresponse body:\n\ngone", e.Message);
        Assert.True(e.NotFound);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_silent_server_is_given_up()
    {
        using LoopbackServer server = new(_ => new(200, Bytes("late")) { Pause = TimeSpan.FromSeconds(20) });
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(
            () => Get(server.Url + "/a", s_quick with { StalledTimeout = TimeSpan.FromMilliseconds(200), Attempts = 2 }));
        Assert.EndsWith("Timeout was reached (28)", e.Message);
    }

    [Fact]
    public async Task A_port_nobody_listens_on_is_an_error()
    {
        string url;
        using (LoopbackServer server = new(_ => new(200, [])))
        {
            url = server.Url;
        }

        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => Get(url + "/a"));
        Assert.Equal($"unable to download '{url}/a': Could not connect to server (7) Failed to connect to {url["http://".Length..]}: Could not connect to server", e.Message);
        Assert.Equal(2, _warnings.Count);
    }

    [Fact]
    public async Task File_urls_are_read()
    {
        string file = Path.GetTempFileName();
        File.WriteAllText(file, "here");
        Assert.Equal("here", (await Get("file://" + file)).Text);
        File.Delete(file);
        string folder = Directory.CreateTempSubdirectory("firn-download-test.").FullName;
        File.WriteAllText(folder + "/b", "");
        File.WriteAllText(folder + "/.hidden", "");
        Directory.CreateDirectory(folder + "/a");
        Assert.Equal("a\nb\n", (await Get("file://" + folder)).Text);
        Directory.Delete(folder, recursive: true);

        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => Get("file://" + file));
        Assert.Contains("unable to download 'file://" + file, e.Message);
    }

    [Fact]
    public async Task The_next_mirror_is_asked_where_one_fails()
    {
        using LoopbackServer bad = new(_ => new(404, []));
        using LoopbackServer good = new(r => r.StartsWith("GET /pool/x ", StringComparison.Ordinal) ? new(200, Bytes("mirrored")) : new(500, []));
        Assert.Equal("mirrored", (await Get("mirror://m/pool/x", mirrors: Mirrors($"m={bad.Url} {good.Url}/"))).Text);
        Assert.Single(bad.Requests);
    }

    [Fact]
    public async Task When_all_mirrors_fail_each_is_named()
    {
        using LoopbackServer one = new(_ => new(404, [])), two = new(_ => new(410, []));
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => Get("mirror://m/x", mirrors: Mirrors($"m={one.Url} {two.Url}")));
        Assert.Contains($"unable to download '{one.Url}/x': HTTP error 404", e.Message);
        Assert.Contains($"unable to download '{two.Url}/x': HTTP error 410", e.Message);
    }

    [Theory]
    [InlineData("ftp://h/x", "Unsupported protocol (1) Protocol \"ftp\" not supported")]
    [InlineData("nonsense", "URL 'nonsense' doesn't have a scheme")]
    [InlineData("mirror://none/p/q", "no server is known for 'mirror://none/p/q'; set 'mirrors = none=URL' in nix.conf or NIX_MIRRORS_none in the environment to the server that has 'p/q'")]
    public async Task What_cannot_be_downloaded_is_said(string url, string message)
    {
        FetchException e = await Assert.ThrowsAnyAsync<FetchException>(() => Get(url));
        Assert.Contains(message, e.Message);
    }
}

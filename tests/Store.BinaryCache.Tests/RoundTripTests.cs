using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using Firn.Formats.NarInfo;
using Firn.Formats.Signing;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store.Local;
using Xunit;

namespace Firn.Store.BinaryCache.Tests;

/// <summary>What is written to a cache comes back.</summary>
public sealed class RoundTripTests
{
    private static byte[] Nar(IStoreContents store, StorePath path)
    {
        ByteBuffer nar = new();
        store.WriteNar(path, nar);
        return nar.ToArray();
    }

    [Theory]
    [InlineData("", ".nar.xz")]
    [InlineData("?compression=zstd&parallel-compression=true", ".nar.zst")]
    [InlineData("?compression=bzip2", ".nar.bz2")]
    [InlineData("?compression=gzip", ".nar")]
    [InlineData("?compression=br&compression-level=3", ".nar.br")]
    [InlineData("?compression=lz4", ".nar.lz4")]
    [InlineData("?compression=lzip&compression-level=1", ".nar.lzip")]
    [InlineData("?compression=lzma&compression-level=1", ".nar")]
    [InlineData("?compression=none", ".nar")]
    public void Every_compression_comes_back(string parameters, string extension)
    {
        using Scene scene = new();
        using LocalStore store = scene.NewStore("a"), other = scene.NewStore("b");
        StorePath small = scene.AddText(store, "small", "text"), big = scene.AddTree(store, "big", 500_000, small);
        using (BinaryCacheStore cache = scene.Cache(parameters))
        {
            cache.AddNar(store.Get(small), new MemoryStream(Nar(store, small)));
            cache.AddNar(store.Get(big), to => store.WriteNar(big, to));
            Assert.EndsWith(extension, cache.FindInfo(big)!.Url, StringComparison.Ordinal);
        }

        using CacheServer server = new(scene.CacheDirectory);
        foreach (string url in (string[])["file://" + scene.CacheDirectory, server.Url])
        {
            using BinaryCacheStore cache = scene.Open(url);
            Assert.Equal(Nar(store, big), Nar(cache, big));
            Assert.Equal("text", Encoding.UTF8.GetString(cache.ReadFile(small)));
            Assert.Equal(500_000, cache.ReadFile(big, "data").Length);
        }

        using BinaryCacheStore from = scene.Open(server.Url + "/");
        Scene.Take(from, other, small);
        Scene.Take(from, other, big);
        Assert.Equal(store.Get(big).NarHash, other.Get(big).NarHash);
        Assert.Equal([small], other.Get(big).References);
        Assert.Equal(Nar(store, big), Nar(other, big));
        Assert.Empty(Directory.EnumerateFiles(scene.CacheDirectory, ".tmp*"));
    }

    [Fact]
    public void A_reference_that_the_cache_lacks_is_refused_and_nothing_is_left()
    {
        using Scene scene = new();
        using LocalStore store = scene.NewStore("a");
        StorePath small = scene.AddText(store, "small", "text"), big = scene.AddTree(store, "big", 1000, small);
        using BinaryCacheStore cache = scene.Cache();
        StoreException e = Assert.Throws<StoreException>(() => cache.AddNar(store.Get(big), to => store.WriteNar(big, to)));
        Assert.Contains("because the reference '" + scene.Dir.Print(small) + "' is not valid", e.Message, StringComparison.Ordinal);
        Assert.False(cache.IsValid(big));
        Assert.Equal([scene.CacheDirectory + "/nix-cache-info"], Directory.EnumerateFiles(scene.CacheDirectory, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void Contents_other_than_announced_are_not_taken()
    {
        using Scene scene = new();
        using LocalStore store = scene.NewStore("a");
        StorePath small = scene.AddText(store, "small", "text"), other = scene.AddText(store, "other", "xxxx");
        using BinaryCacheStore cache = scene.Cache();
        Assert.Contains("hash mismatch importing path", Assert.Throws<StoreException>(() => cache.AddNar(store.Get(small), new MemoryStream(Nar(store, other)))).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(scene.CacheDirectory + "/" + small.HashPart + ".narinfo"));
    }

    [Fact]
    public void Keys_of_the_url_sign()
    {
        using Scene scene = new();
        using LocalStore store = scene.NewStore("a");
        StorePath small = scene.AddText(store, "small", "text");
        SecretKey key = SecretKey.Generate("cache-1"), second = SecretKey.Generate("cache-2");
        File.WriteAllText(scene.Root + "/key", key.ToSecretText());
        File.WriteAllText(scene.Root + "/second", second.ToSecretText());
        using BinaryCacheStore cache = scene.Cache("?secret-key=" + scene.Root + "/key&secret-keys=" + scene.Root + "/second");
        cache.AddNar(store.Get(small) with { ContentAddress = null }, to => store.WriteNar(small, to));
        using BinaryCacheStore again = scene.Cache();
        PathInfo info = again.Get(small);
        Assert.Equal(2, info.CountGoodSignatures(scene.Dir, [key.PublicKey, second.PublicKey]));
        Assert.Equal(0, info.CountGoodSignatures(scene.Dir, [SecretKey.Generate("cache-1").PublicKey]));
        again.AddSignatures(small, ["third:" + Convert.ToBase64String(new byte[64])]);
        Assert.Equal(3, scene.Cache().Get(small).Signatures.Count);
    }

    [Fact]
    public void Listings_and_debug_information_are_written_on_request()
    {
        using Scene scene = new();
        using LocalStore store = scene.NewStore("a");
        string tree = scene.Root + "/tree";
        Directory.CreateDirectory(tree + "/lib/debug/.build-id/02");
        File.WriteAllText(tree + "/lib/debug/.build-id/02/623eda209c26a59b1a8638ff7752f6b945c26b.debug", "foo\n");
        File.WriteAllText(tree + "/lib/debug/.build-id/02/not-one.debug", "foo\n");
        File.CreateSymbolicLink(tree + "/link", "xyzzy");
        StorePath path = store.Add(new Source { Name = "debug", File = tree }).Path;
        using BinaryCacheStore cache = scene.Cache("?write-nar-listing=1&index-debug-info=true&compression=none");
        cache.AddNar(store.Get(path), to => store.WriteNar(path, to));
        string listing = File.ReadAllText(scene.CacheDirectory + "/" + path.HashPart + ".ls");
        Assert.StartsWith("{\"root\":{\"entries\":{\"lib\":", listing, StringComparison.Ordinal);
        Assert.EndsWith("\"link\":{\"target\":\"xyzzy\",\"type\":\"symlink\"}},\"type\":\"directory\"},\"version\":1}", listing, StringComparison.Ordinal);
        int at = int.Parse(listing.Split("\"narOffset\":")[1].Split(',')[0], System.Globalization.CultureInfo.InvariantCulture);
        byte[] nar = File.ReadAllBytes(scene.CacheDirectory + "/" + cache.FindInfo(path)!.Url);
        Assert.Equal("foo\n", Encoding.UTF8.GetString(nar, at, 4));
        string index = Directory.GetFiles(scene.CacheDirectory + "/debuginfo").Single();
        Assert.Equal("02623eda209c26a59b1a8638ff7752f6b945c26b.debug", Path.GetFileName(index));
        Assert.Equal("{\"archive\":\"../" + cache.FindInfo(path)!.Url + "\",\"member\":\"lib/debug/.build-id/02/623eda209c26a59b1a8638ff7752f6b945c26b.debug\"}", File.ReadAllText(index));
    }

    [Fact]
    public void A_server_takes_uploads_and_logs()
    {
        using Scene scene = new();
        using LocalStore store = scene.NewStore("a");
        StorePath small = scene.AddText(store, "small", "text");
        Directory.CreateDirectory(scene.Root + "/server");
        using CacheServer server = new(scene.Root + "/server", (request, count) => count == 0 && request.Contains("narinfo", StringComparison.Ordinal) && request.StartsWith("PUT", StringComparison.Ordinal) ? new Fault { Status = 503 } : null);
        using (BinaryCacheStore cache = scene.Open(server.Url))
        {
            cache.AddNar(store.Get(small), to => store.WriteNar(small, to));
            cache.AddLog(new StorePath(small.HashPart + "-x.drv"), "the log"u8.ToArray());
        }

        using BinaryCacheStore read = scene.Open("file://" + scene.Root + "/server");
        Assert.Equal("text", Encoding.UTF8.GetString(read.ReadFile(small)));
        Assert.Equal("the log", Encoding.UTF8.GetString(read.FindLog(new StorePath(small.HashPart + "-x.drv"))!));
        Assert.Null(read.FindLog(new StorePath(small.HashPart + "-y.drv")));
        Assert.Equal([small], ((DirectoryCacheStore)read).AllValid());
        Assert.Equal(small, read.FindByHashPart(small.HashPart));
    }

    [Theory]
    [InlineData(302)]
    [InlineData(307)]
    public void An_upload_follows_a_server_elsewhere(int status)
    {
        using Scene scene = new();
        using LocalStore store = scene.NewStore("a");
        StorePath big = scene.AddTree(store, "big", 300_000);
        Directory.CreateDirectory(scene.Root + "/server");
        Directory.CreateDirectory(scene.Root + "/other");
        using CacheServer other = new(scene.Root + "/other", (request, count) => request.StartsWith("PUT /nar/", StringComparison.Ordinal) && count == 0 ? new Fault { Status = 503 } : null);
        using CacheServer server = new(scene.Root + "/server", (request, _) => request.StartsWith("PUT", StringComparison.Ordinal) ? new Fault { Status = status, Headers = ["Location: " + other.Url + request["PUT ".Length..]] } : null);
        using (BinaryCacheStore cache = scene.Open(server.Url)) cache.AddNar(store.Get(big), to => store.WriteNar(big, to));
        Assert.Empty(Directory.EnumerateFiles(scene.Root + "/server"));
        using BinaryCacheStore read = scene.Open("file://" + scene.Root + "/other");
        Assert.Equal(Nar(store, big), Nar(read, big));
    }

    [Theory]
    [InlineData("compression=nonsense")]
    [InlineData("narinfo-compression=nonsense")]
    [InlineData("parallel-compression=perhaps")]
    [InlineData("priority=high")]
    [InlineData("secret-key=/no/such/key")]
    [InlineData("tls-private-key=/no/such/key")]
    [InlineData("tls-certificate=/no/such/certificate")]
    public void Parameters_without_sense_are_refused(string parameters)
    {
        using Scene scene = new();
        StoreException e = Assert.Throws<StoreException>(() => scene.Open("http://127.0.0.1:1?" + parameters).Connect());
        Assert.Contains(parameters.Split('='), part => e.Message.Contains(part, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("compress")]
    [InlineData("lrzip")]
    [InlineData("lzop")]
    public void A_method_that_is_not_known_here_is_one_clear_error(string compression)
    {
        using Scene scene = new();
        using LocalStore store = scene.NewStore("a");
        StorePath small = scene.AddText(store, "small", "text");
        using BinaryCacheStore cache = scene.Cache("?compression=" + compression);
        Assert.Equal($"compression method '{compression}' is not supported", Assert.Throws<StoreException>(() => cache.AddNar(store.Get(small), to => store.WriteNar(small, to))).Message);
        Assert.Empty(cache is DirectoryCacheStore listed ? listed.AllValid() : []);
    }

    [Fact]
    public void What_the_cache_says_of_itself_holds_unless_the_url_says_otherwise()
    {
        using Scene scene = new();
        Directory.CreateDirectory(scene.CacheDirectory);
        File.WriteAllText(scene.CacheDirectory + "/nix-cache-info", "StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 30\n");
        using BinaryCacheStore plain = scene.Cache(), other = scene.Cache("?priority=7&want-mass-query=false&trusted=1");
        plain.Connect();
        other.Connect();
        Assert.Equal((30, true, false), (plain.Priority, plain.WantsMassQuery, plain.TakenWithoutSignature));
        Assert.Equal((7, false, true), (other.Priority, other.WantsMassQuery, other.TakenWithoutSignature));
        File.WriteAllText(scene.CacheDirectory + "/nix-cache-info", "StoreDir: /gnu/store\n");
        Assert.Equal("binary cache 'file://" + scene.CacheDirectory + "' is for Nix stores with prefix '/gnu/store', not '/nix/store'", Assert.Throws<StoreException>(() => scene.Cache().Connect()).Message);
    }

    [Fact]
    public void Answers_of_a_server_are_kept_for_their_time()
    {
        using Scene scene = new();
        using LocalStore store = scene.NewStore("a");
        StorePath small = scene.AddText(store, "small", "text"), absent = scene.AddText(store, "absent", "nothing");
        using (BinaryCacheStore cache = scene.Cache()) cache.AddNar(store.Get(small), to => store.WriteNar(small, to));
        using CacheServer server = new(scene.CacheDirectory);
        for (int i = 0; i < 3; i++)
        {
            using BinaryCacheStore cache = scene.Open(server.Url, keep: true);
            Assert.Equal([small], cache.FilterValid([small, absent]));
            Assert.Equal(store.Get(small).NarHash, cache.Get(small).NarHash);
        }

        Assert.Equal(3, server.Requests.Count);
        using Scene impatient = new(new AnswerLifetimes { Absent = TimeSpan.Zero });
        for (int i = 0; i < 3; i++)
        {
            using BinaryCacheStore cache = impatient.Open(server.Url, keep: true);
            Assert.Equal([small], cache.FilterValid([small, absent]));
        }

        Assert.Equal(3 + 2 + 3, server.Requests.Count);
    }

    [Fact]
    public void Many_questions_share_connections()
    {
        using Scene scene = new();
        using LocalStore store = scene.NewStore("a");
        Directory.CreateDirectory(scene.CacheDirectory);
        File.WriteAllText(scene.CacheDirectory + "/nix-cache-info", "StoreDir: /nix/store\n");
        using CacheServer server = new(scene.CacheDirectory);
        using BinaryCacheStore cache = scene.Open(server.Url);
        StorePath[] paths = [.. Enumerable.Range(0, 300).Select(i => scene.Dir.MakeText("p" + i, Formats.Hashing.Hash.Sha256([(byte)i, (byte)(i >> 8)]), []))];
        Assert.Empty(cache.FilterValid(paths));
        Assert.Equal(301, server.Requests.Count);
        Assert.InRange(server.Connections, 1, 26);
    }

    [Fact]
    public void Whole_nars_are_kept_where_told()
    {
        using Scene scene = new();
        using LocalStore store = scene.NewStore("a");
        StorePath small = scene.AddText(store, "small", "text");
        using (BinaryCacheStore cache = scene.Cache()) cache.AddNar(store.Get(small), to => store.WriteNar(small, to));
        using (BinaryCacheStore first = scene.Cache("?local-nar-cache=" + scene.Root + "/nars")) Assert.Equal("text", Encoding.UTF8.GetString(first.ReadFile(small)));
        Directory.Delete(scene.CacheDirectory + "/nar", recursive: true);
        using (BinaryCacheStore second = scene.Cache("?local-nar-cache=" + scene.Root + "/nars")) Assert.Equal("text", Encoding.UTF8.GetString(second.ReadFile(small)));
        Assert.Throws<SubstituteGoneException>(() => scene.Cache().ReadFile(small));
    }
}

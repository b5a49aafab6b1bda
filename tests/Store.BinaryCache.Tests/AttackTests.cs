using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using Firn.Fetchers.Compression;
using Firn.Formats;
using Firn.Formats.NarInfo;
using Firn.Formats.StorePaths;
using Firn.Store.Local;
using Xunit;

namespace Firn.Store.BinaryCache.Tests;

/// <summary>Caches that lie, and servers that fail: nothing of that becomes valid.</summary>
public sealed class AttackTests
{
    /// <summary>A cache with one path and a store that is to take it.</summary>
    private static (StorePath Path, string NarInfo) Prepare(Scene scene, string parameters = "", int size = 100_000)
    {
        using LocalStore store = scene.NewStore("origin");
        StorePath path = scene.AddTree(store, "thing", size);
        using BinaryCacheStore cache = scene.Cache(parameters);
        cache.AddNar(store.Get(path), to => store.WriteNar(path, to));
        return (path, scene.CacheDirectory + "/" + path.HashPart + ".narinfo");
    }

    private static void Edit(string file, string field, string value) =>
        File.WriteAllLines(file, File.ReadAllLines(file).Select(l => l.StartsWith(field + ": ", StringComparison.Ordinal) ? field + ": " + value : l));

    private static Exception Refused(Scene scene, BinaryCacheStore cache, StorePath path)
    {
        using LocalStore store = scene.NewStore("target");
        Exception? e = Record.Exception(() => Scene.Take(cache, store, path));
        Assert.True(e is StoreException or FormatsException, e?.ToString() ?? "it was taken");
        Assert.False(store.IsValid(path));
        return e!;
    }

    [Fact]
    public void Another_path_under_the_same_digits_is_not_the_path()
    {
        using Scene scene = new();
        (StorePath path, string narInfo) = Prepare(scene);
        Edit(narInfo, "StorePath", "/nix/store/" + path.HashPart + "-other");
        Assert.False(scene.Cache().IsValid(path));
        Assert.Contains(scene.Messages, m => m.EndsWith($"for '/nix/store/{path}' but got '/nix/store/{path.HashPart}-other'", StringComparison.Ordinal));
        Edit(narInfo, "StorePath", "/nix/store/" + new string('a', 32) + "-thing");
        Assert.False(scene.Cache().IsValid(path));
        Edit(narInfo, "StorePath", "/etc/passwd");
        Assert.Throws<StoreException>(() => scene.Cache().IsValid(path));
    }

    [Theory]
    [InlineData("../../../etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("nar/../../secret")]
    [InlineData("nar/./x")]
    public void No_file_outside_of_a_directory_is_read(string url)
    {
        using Scene scene = new();
        (StorePath path, string narInfo) = Prepare(scene);
        File.WriteAllText(scene.Root + "/secret", "secret");
        Edit(narInfo, "URL", url);
        Assert.Matches("must not (be absolute|contain)", Refused(scene, scene.Cache(), path).Message);
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://example.org/x")]
    public void A_server_cannot_name_files_of_this_machine(string url)
    {
        using Scene scene = new();
        (StorePath path, string narInfo) = Prepare(scene);
        Edit(narInfo, "URL", url);
        using CacheServer server = new(scene.CacheDirectory);
        Assert.Contains("no http or https URL", Refused(scene, scene.Open(server.Url), path).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_redirect_to_a_file_is_not_followed()
    {
        using Scene scene = new();
        (StorePath path, _) = Prepare(scene, "?compression=none");
        string nar = Directory.GetFiles(scene.CacheDirectory + "/nar").Single();
        using CacheServer server = new(scene.CacheDirectory, (request, _) => request.Contains("/nar/", StringComparison.Ordinal) ? new Fault { Status = 302, Headers = ["Location: file://" + nar] } : null);
        Assert.Contains("302", Refused(scene, scene.Open(server.Url), path).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Hash_and_size_have_to_be_right(bool hash)
    {
        using Scene scene = new();
        (StorePath path, string narInfo) = Prepare(scene);
        NarInfoFile info = scene.Cache().FindInfo(path)!;
        if (hash)
        {
            Edit(narInfo, "NarHash", "sha256:" + new string('0', 52));
        }
        else
        {
            Edit(narInfo, "NarSize", (info.NarSize + 8).ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        Refused(scene, scene.Cache(), path);
        Edit(narInfo, "NarSize", (info.NarSize - 8).ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.Contains("is longer than", Refused(scene, scene.Cache(), path).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("xz")]
    [InlineData("zstd")]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("bzip2")]
    [InlineData("none")]
    public void Nars_that_are_cut_off_or_damaged_are_refused(string compression)
    {
        using Scene scene = new();
        (StorePath path, _) = Prepare(scene, "?compression=" + compression);
        string nar = Directory.GetFiles(scene.CacheDirectory + "/nar").Single();
        byte[] good = File.ReadAllBytes(nar);
        File.WriteAllBytes(nar, good[..(good.Length / 2)]);
        Refused(scene, scene.Cache(), path);
        byte[] damaged = [.. good];
        damaged[good.Length / 4] ^= 0x40;
        File.WriteAllBytes(nar, damaged);
        Refused(scene, scene.Cache(), path);
        File.WriteAllBytes(nar, []);
        Refused(scene, scene.Cache(), path);
    }

    [Theory]
    [InlineData("xz")]
    [InlineData("zstd")]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("bzip2")]
    public void A_bomb_goes_off_no_further_than_announced(string compression)
    {
        using Scene scene = new();
        (StorePath path, _) = Prepare(scene, "?compression=" + compression, size: 1000);
        string nar = Directory.GetFiles(scene.CacheDirectory + "/nar").Single();
        Compressed.TryParse(compression, out CompressionKind kind);
        // A NAR of one file of 16 MiB of nothing: some KiB when packed.
        using (Stream bomb = Compressed.Compress(File.Create(nar), kind, 1))
        {
            Formats.Nar.NarWriter writer = new(new Formats.Sinks.StreamSink(bomb));
            writer.BeginRegular(false, 16 << 20);
            byte[] nothing = new byte[1 << 20];
            for (int i = 0; i < 16; i++) writer.Contents(nothing);
            writer.EndRegular();
        }

        Assert.Contains("is longer than", Refused(scene, scene.Cache(), path).Message, StringComparison.Ordinal);
        FileInfo left = new(scene.Root + "/target/nix/store/" + path.BaseName);
        Assert.True(!left.Exists || left.Length < 1 << 20);
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData(".")]
    [InlineData("")]
    public void Names_in_a_nar_cannot_lead_elsewhere(string name)
    {
        using Scene scene = new();
        (StorePath path, string narInfo) = Prepare(scene, "?compression=none", size: 1000);
        MemoryStream evil = new();
        foreach (string text in (string[])["nix-archive-1", "(", "type", "directory", "entry", "(", "name", name, "node", "(", "type", "regular", "contents", "evil", ")", ")", ")"])
        {
            byte[] bytes = Encoding.ASCII.GetBytes(text);
            evil.Write(BitConverter.GetBytes((ulong)bytes.Length));
            evil.Write(bytes);
            evil.Write(new byte[-bytes.Length & 7]);
        }

        File.WriteAllBytes(Directory.GetFiles(scene.CacheDirectory + "/nar").Single(), evil.ToArray());
        Edit(narInfo, "NarHash", "sha256:" + Formats.Hashing.Hash.Sha256(evil.ToArray()).ToString(Formats.Hashing.HashFormat.Nix32, false));
        Edit(narInfo, "NarSize", evil.Length.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.Contains("invalid file name", Refused(scene, scene.Cache(), path).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_narinfo_file_may_not_be_endless()
    {
        using Scene scene = new();
        (StorePath path, string narInfo) = Prepare(scene);
        File.AppendAllText(narInfo, "X: " + new string('x', 20 << 20) + "\n");
        Assert.Contains("longer than", Assert.Throws<StoreException>(() => scene.Cache().IsValid(path)).Message, StringComparison.Ordinal);
        using CacheServer server = new(scene.CacheDirectory);
        Assert.Contains("longer than", Assert.Throws<StoreException>(() => scene.Open(server.Url).IsValid(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_transfer_goes_on_where_it_broke()
    {
        using Scene scene = new(stalledSeconds: 2);
        (StorePath path, _) = Prepare(scene);
        using CacheServer server = new(scene.CacheDirectory, (request, count) => !request.Contains("/nar/", StringComparison.Ordinal) ? null
            : count == 0 ? new Fault { TruncateAfter = 20_000 } : count == 1 ? new Fault { StallAfter = 10_000 } : null);
        using LocalStore store = scene.NewStore("target");
        Scene.Take(scene.Open(server.Url), store, path);
        Assert.True(store.IsValid(path));
        Assert.Equal(2, server.Requests.Count(r => r.EndsWith(" range", StringComparison.Ordinal)));
        Assert.Contains(scene.Messages, m => m.Contains("retrying in", StringComparison.Ordinal));
    }

    [Fact]
    public void A_server_that_fails_for_a_moment_is_asked_again()
    {
        using Scene scene = new();
        (StorePath path, _) = Prepare(scene);
        int[] statuses = [500, 429];
        using CacheServer server = new(scene.CacheDirectory, (request, count) => count < 2 && !request.EndsWith("cache-info", StringComparison.Ordinal) || (count < 1 && request.EndsWith("cache-info", StringComparison.Ordinal)) ? new Fault { Status = statuses[count], Headers = ["Retry-After: 0"] } : null);
        using LocalStore store = scene.NewStore("target");
        Scene.Take(scene.Open(server.Url), store, path);
        Assert.True(store.IsValid(path));
    }

    [Fact]
    public void A_server_that_keeps_failing_is_left_alone()
    {
        using Scene scene = new();
        (StorePath path, _) = Prepare(scene);
        using CacheServer server = new(scene.CacheDirectory, (request, _) => request.EndsWith("narinfo", StringComparison.Ordinal) ? new Fault { Status = 500 } : null);
        using BinaryCacheStore cache = scene.Open(server.Url);
        Assert.Contains("HTTP error 500", Assert.Throws<StoreException>(() => cache.IsValid(path)).Message, StringComparison.Ordinal);
        int asked = server.Requests.Count;
        Assert.Throws<SubstituterDisabledException>(() => cache.IsValid(path));
        Assert.Equal(asked, server.Requests.Count);
        Assert.Contains("disabling binary cache '" + server.Url + "' for 60 seconds", scene.Messages);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(401)]
    [InlineData(403)]
    public void A_nar_that_went_is_told_apart_from_a_failure(int status)
    {
        using Scene scene = new();
        (StorePath path, _) = Prepare(scene);
        using CacheServer server = new(scene.CacheDirectory, (request, _) => request.Contains("/nar/", StringComparison.Ordinal) ? new Fault { Status = status } : null);
        Assert.IsType<SubstituteGoneException>(Refused(scene, scene.Open(server.Url), path));
    }

    [Fact]
    public void A_server_that_changes_its_mind_half_way_gives_nothing()
    {
        using Scene scene = new();
        (StorePath path, _) = Prepare(scene, "?compression=none");
        using CacheServer server = new(scene.CacheDirectory, (request, count) => !request.Contains("/nar/", StringComparison.Ordinal) ? null
            : count == 0 ? new Fault { TruncateAfter = 50_000 } : new Fault { Change = b => [.. b.Select(x => (byte)(x ^ 1))] });
        Refused(scene, scene.Open(server.Url), path);
    }
}

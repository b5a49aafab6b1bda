using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using Firn.Formats.Signing;
using Firn.Formats.StorePaths;
using Firn.Store.Local;
using Xunit;

namespace Firn.Store.BinaryCache.Tests;

/// <summary>Caches that we wrote, read by the reference implementation, and the other way round.</summary>
public sealed class InteropTests
{
    private static string Run(Scene scene, string store, string command, params string[] arguments)
    {
        string directory = Environment.GetEnvironmentVariable("FIRN_REFERENCE_BIN") ?? "/usr/bin";
        ProcessStartInfo start = new(Path.Combine(directory, command), arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (string name in start.Environment.Keys.Where(n => n.StartsWith("NIX_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["NIX_REMOTE"] = scene.Root + "/" + store;
        start.Environment["NIX_CONF_DIR"] = scene.Root + "/conf";
        start.Environment["NIX_CONFIG"] = "build-users-group =\nsubstituters =\nexperimental-features = nix-command";
        start.Environment["HOME"] = scene.Root + "/home";
        start.Environment["XDG_CACHE_HOME"] = scene.Root + "/home/" + store;
        using Process process = Process.Start(start)!;
        System.Threading.Tasks.Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : "failed: " + error.Result;
    }

    private static (StorePath Small, StorePath Big) Fill(Scene scene, LocalStore store)
    {
        StorePath small = scene.AddText(store, "small", "text");
        StorePath big = scene.AddTree(store, "big", 200_000, small);
        // Without a content address signatures matter.
        store.Register([store.Get(big) with { ContentAddress = null }]);
        return (small, big);
    }

    [Theory]
    [InlineData("xz", false)]
    [InlineData("xz", true)]
    [InlineData("zstd", true)]
    [InlineData("bzip2", false)]
    [InlineData("gzip", false)]
    [InlineData("br", false)]
    [InlineData("lz4", false)]
    [InlineData("lzip", false)]
    [InlineData("lzma", false)]
    [InlineData("none", false)]
    public void The_reference_takes_from_what_we_wrote_and_signed(string compression, bool parallel)
    {
        using Scene scene = new();
        using LocalStore store = scene.NewStore("a");
        (StorePath small, StorePath big) = Fill(scene, store);
        SecretKey key = SecretKey.Generate("cache-1"), other = SecretKey.Generate("cache-1");
        File.WriteAllText(scene.Root + "/key", key.ToSecretText());
        using (BinaryCacheStore cache = scene.Cache("?secret-key=" + scene.Root + "/key&compression=" + compression + "&parallel-compression=" + parallel.ToString().ToLowerInvariant()))
        {
            foreach (StorePath path in (StorePath[])[small, big])
            {
                cache.AddNar(store.Get(path), to => store.WriteNar(path, to));
            }
        }

        using CacheServer server = new(scene.CacheDirectory);
        foreach (string url in (string[])["file://" + scene.CacheDirectory, server.Url])
        {
            string target = url.StartsWith('f') ? "b" : "c";
            string[] arguments = ["-r", scene.Dir.Print(big), "--option", "substituters", url, "--option", "trusted-public-keys"];
            Assert.StartsWith("failed", Run(scene, target, "nix-store", [.. arguments, other.PublicKey.ToString()]), StringComparison.Ordinal);
            Assert.Equal(scene.Dir.Print(big) + "\n", Run(scene, target, "nix-store", [.. arguments, key.PublicKey.ToString()]));
            using LocalStore taken = scene.NewStore(target);
            Assert.Equal(store.Get(big).NarHash, taken.Get(big).NarHash);
            Assert.False(taken.Verify(checkContents: true, null));
        }
    }

    [Theory]
    [InlineData("xz")]
    [InlineData("zstd")]
    [InlineData("bzip2")]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("lz4")]
    [InlineData("lzip")]
    [InlineData("lzma")]
    [InlineData("none")]
    public void We_take_from_what_the_reference_wrote_and_signed(string compression)
    {
        using Scene scene = new();
        SecretKey key = SecretKey.Generate("cache-1");
        File.WriteAllText(scene.Root + "/key", key.ToSecretText());
        StorePath small, big;
        using (LocalStore store = scene.NewStore("a")) (small, big) = Fill(scene, store);
        string url = "file://" + scene.CacheDirectory + "?secret-key=" + scene.Root + "/key&write-nar-listing=1&compression=" + compression;
        Assert.Equal("", Run(scene, "a", "nix", "copy", "--to", url, scene.Dir.Print(big)));
        using CacheServer server = new(scene.CacheDirectory);
        using BinaryCacheStore cache = scene.Open(server.Url);
        Assert.Equal(1, cache.Get(big).CountGoodSignatures(scene.Dir, [key.PublicKey]));
        using LocalStore target = scene.NewStore("b");
        Scene.Take(cache, target, small);
        Scene.Take(cache, target, big);
        Assert.False(target.Verify(checkContents: true, null));
        using LocalStore origin = scene.NewStore("a");
        Assert.Equal(origin.Get(big).NarHash, target.Get(big).NarHash);
        Assert.Equal([small], target.Get(big).References);
    }

    [Fact]
    public void What_we_write_is_what_the_reference_writes()
    {
        using Scene scene = new();
        SecretKey key = SecretKey.Generate("cache-1");
        File.WriteAllText(scene.Root + "/key", key.ToSecretText());
        string parameters = "?secret-key=" + scene.Root + "/key&write-nar-listing=1&compression=none";
        using LocalStore store = scene.NewStore("a");
        (StorePath small, StorePath big) = Fill(scene, store);
        string tree = scene.Root + "/odd";
        Directory.CreateDirectory(tree + "/empty");
        File.WriteAllText(tree + "/nothing", "");
        File.WriteAllText(tree + "/quote\"d", "x");
        StorePath odd = store.Add(new Source { Name = "odd", File = tree }).Path;
        Assert.Equal("", Run(scene, "a", "nix", "copy", "--to", "file://" + scene.Root + "/theirs" + parameters, scene.Dir.Print(big), scene.Dir.Print(odd)));
        using (BinaryCacheStore cache = scene.Cache(parameters))
        {
            foreach (StorePath path in (StorePath[])[small, big, odd])
            {
                cache.AddNar(store.Get(path), to => store.WriteNar(path, to));
            }
        }

        foreach (string file in Directory.EnumerateFiles(scene.Root + "/theirs", "*", SearchOption.AllDirectories))
        {
            string ours = scene.CacheDirectory + file[(scene.Root + "/theirs").Length..];
            if (file.EndsWith(".ls", StringComparison.Ordinal))
            {
                Assert.Equal(Normal(file), Normal(ours));
            }
            else
            {
                Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(ours));
            }
        }

        Assert.Equal(3 * 3 + 1, Directory.EnumerateFiles(scene.CacheDirectory, "*", SearchOption.AllDirectories).Count());
    }

    // Old versions write members in another order, or "executable" where it is false.
    private static string Normal(string file)
    {
        using Process jq = Process.Start(new ProcessStartInfo("jq", ["-S", "-c", "del(.. | .executable? | select(. == false))", file]) { RedirectStandardOutput = true })!;
        return jq.StandardOutput.ReadToEnd();
    }
}

using System;
using System.IO;
using System.Threading.Tasks;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary><c>min-free</c> and <c>max-free</c> at work.</summary>
public sealed class AutoCollectionTests
{
    [Fact]
    public async Task ABuildThatFillsTheDiskIsWatched()
    {
        using FirnProcess firn = new();
        string space = firn.Write("space", "100000000");
        string garbage = firn.Run("nix-store", "--add", firn.Write("garbage", "garbage")).Output.Trim();
        string kept = firn.Run("nix-store", "--add", firn.Write("kept", "kept")).Output.Trim();
        File.CreateSymbolicLink(Path.Combine(Directory.CreateDirectory(firn.Directory + "/store/nix/var/nix/gcroots").FullName, "kept"), kept);
        firn.Variables["_NIX_TEST_FREE_SPACE_FILE"] = space;
        string file = firn.Write("x.nix", $$"""
            derivation { name = "x"; system = builtins.currentSystem; builder = "/bin/sh"; # It ends when the garbage has gone.
              args = [ "-c" "while [ -e /outside/{{Path.GetFileName(garbage)}} ]; do /bin/sleep 0.1; done; echo done > $out" ]; }
            """);
        Task<Outcome> build = Task.Run(() => firn.Run("nix-build", file, "--no-out-link", "--option", "min-free", "1000000", "--option", "max-free", "2000000", "--option", "min-free-check-interval", "1",
            "--option", "sandbox-paths", $"/bin/sh=/bin/busybox /bin/sleep=/bin/busybox /outside={firn.Directory}/store/nix/store", "--option", "timeout", "60"));
        await Task.Delay(TimeSpan.FromSeconds(1.5));
        Assert.False(build.IsCompleted);
        firn.Write("space", "1000");
        Outcome built = await build;
        Assert.True(built.Status == 0, built.Error);
        Assert.Contains("running auto-GC to free 1999000 bytes", built.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(firn.Directory + "/store" + garbage));
        Assert.True(File.Exists(firn.Directory + "/store" + kept));
    }
}

using System;
using System.IO;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary>Store URLs, and the store of a user who has no other.</summary>
public sealed class StoreOpeningTests : IDisposable
{
    private readonly FirnProcess _firn = new();

    public void Dispose() => _firn.Dispose();

    private string At(string url) => url.Replace("@", _firn.Work, StringComparison.Ordinal);

    [Theory]
    [InlineData("@/a", "@/a/nix/store", "@/a/nix/var/nix/db")]
    [InlineData("./a", "@/a/nix/store", "@/a/nix/var/nix/db")]
    [InlineData("local://@/a", "@/a/nix/store", "@/a/nix/var/nix/db")]
    [InlineData("local?root=@/a", "@/a/nix/store", "@/a/nix/var/nix/db")]
    [InlineData("local://?root=@/a", "@/a/nix/store", "@/a/nix/var/nix/db")]
    [InlineData("@/a?real=@/r&state=@/s", "@/r", "@/s/db")]
    [InlineData("auto?root=@/a&state=@/s", "@/a/nix/store", "@/s/db")]
    [InlineData("local?store=@/x&state=@/s", "@/x", "@/s/db")]
    public void UrlsSayWhereTheStoreIs(string url, string store, string database)
    {
        Outcome outcome = _firn.Run("nix-store", "--store", At(url), "--init");
        Assert.Equal((0, ""), (outcome.Status, outcome.Error));
        Assert.True(Directory.Exists(At(store)) && File.Exists(At(database) + "/db.sqlite"));
    }

    [Theory]
    [InlineData("xyz", "error: Cannot parse Nix store 'xyz'")]
    [InlineData("xyz://", "error: don't know how to open Nix store with scheme 'xyz'")]
    [InlineData("local?root=rel", "error: not an absolute path: \"rel\"")]
    [InlineData("@/a?state=rel", "error: not an absolute path: \"rel\"")]
    [InlineData("@/a?read-only=maybe", "error: Boolean setting 'read-only' has invalid value 'maybe'")]
    [InlineData("@/a?require-sigs=maybe", "error: Boolean setting 'require-sigs' has invalid value 'maybe'")]
    [InlineData("@/a?priority=x", "error: setting 'priority' has invalid value 'x'")]
    [InlineData("@/a?read-only=true", "error: experimental Nix feature 'read-only-local-store' is disabled; add '--extra-experimental-features read-only-local-store' to enable it")]
    [InlineData("unix://@/none", "error: cannot connect to socket at '@/none': No such file or directory")]
    public void WrongUrlsAreErrors(string url, string message)
    {
        Outcome outcome = _firn.Run("nix-store", "--store", At(url), "-q", "--hash", "/nix/store/00000000000000000000000000000000-x");
        Assert.Equal((1, At(message)), (outcome.Status, outcome.Error.Split('\n')[0]));
    }

    [Theory]
    [InlineData("@/a?foo=1", "warning: unknown setting 'foo'\n")]
    [InlineData("@/a?use-roots-daemon=true", "warning: Ignoring setting 'use-roots-daemon' because experimental feature 'local-overlay-store' is not enabled\n")]
    public void OddUrlsAreWarnings(string url, string message)
    {
        Outcome outcome = _firn.Run("nix-store", "--store", At(url), "--init");
        Assert.Equal((0, message), (outcome.Status, outcome.Error));
    }

    [Fact]
    public void AUserAloneGetsAStoreOfHisOwn()
    {
        string home = Path.Combine(_firn.Directory, "alone");
        OrdinaryUser.MakeHome(home);
        File.WriteAllText(Path.Combine(home, "x.nix"), """
            derivation { name = "x"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo made in $PWD > $out" ]; }
            """);
        Outcome built = OrdinaryUser.Run(home, "nix-build", "x.nix", "--option", "sandbox-paths", "/bin/sh=/bin/busybox");
        Assert.True(built.Status == 0, built.Error);
        string root = home + "/data/nix/root";
        Assert.Matches($"^warning: /nix/var/nix (does not exist|is not writable), so Nix will use \"{root}\" as a chroot store\n", built.Error);
        Assert.Equal("made in /build\n", File.ReadAllText(root + built.Output.Trim()));
        Assert.Equal(built.Output.Trim(), new FileInfo(home + "/result").LinkTarget);
        // The second time it is no news.
        Outcome verified = OrdinaryUser.Run(home, "nix-store", "--verify", "--check-contents");
        Assert.Equal(0, verified.Status);
        Assert.DoesNotContain("chroot", verified.Error, StringComparison.Ordinal);
    }
}

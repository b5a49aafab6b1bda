using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
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
        Directory.CreateDirectory(home);
        File.Copy(Path.Combine(FirnProcess.Bin, "nix"), Path.Combine(home, "nix-build"));
        File.CreateSymbolicLink(Path.Combine(home, "nix-store"), "nix-build");
        File.Copy(Environment.GetEnvironmentVariable("FIRN_LAUNCHER") ?? Path.Combine(FirnProcess.Bin, "../libexec/firn-launcher"), Path.Combine(home, "launcher"));
        File.WriteAllText(Path.Combine(home, "x.nix"), """
            derivation { name = "x"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo made in $PWD > $out" ]; }
            """);
        Outcome built = AsUser(home, "nix-build", "x.nix", "--option", "sandbox-paths", "/bin/sh=/bin/busybox");
        Assert.True(built.Status == 0, built.Error);
        string root = home + "/data/nix/root";
        Assert.Matches($"^warning: /nix/var/nix (does not exist|is not writable), so Nix will use \"{root}\" as a chroot store\n", built.Error);
        Assert.Equal("made in /build\n", File.ReadAllText(root + built.Output.Trim()));
        Assert.Equal(built.Output.Trim(), new FileInfo(home + "/result").LinkTarget);
        // The second time it is no news.
        Outcome verified = AsUser(home, "nix-store", "--verify", "--check-contents");
        Assert.Equal(0, verified.Status);
        Assert.DoesNotContain("chroot", verified.Error, StringComparison.Ordinal);
    }

    /// <summary>Runs a command as somebody who owns nothing but the directory.</summary>
    private static Outcome AsUser(string home, string command, params string[] arguments)
    {
        ProcessStartInfo start = Environment.UserName == "root"
            ? new("sh", ["-c", "chmod 755 \"$HOME/..\" && chown -R 12345:12345 \"$HOME\" && exec setpriv --reuid 12345 --regid 12345 --clear-groups \"$@\"", "sh", Path.Combine(home, command), .. arguments])
            : new(Path.Combine(home, command), arguments);
        start.WorkingDirectory = home;
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("NIX_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["HOME"] = home;
        start.Environment["XDG_DATA_HOME"] = home + "/data";
        start.Environment["NIX_CONF_DIR"] = home + "/none";
        start.Environment["FIRN_LAUNCHER"] = home + "/launcher";
        using Process process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Outcome(process.ExitCode, output, error.Result);
    }
}

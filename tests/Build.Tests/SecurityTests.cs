using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Firn.Formats.StorePaths;
using Xunit;

namespace Firn.Build.Tests;

/// <summary>What a malicious builder tries.</summary>
public sealed class SecurityTests
{
    [Theory]
    [InlineData("mkdir $out; touch $out/f; chmod 4755 $out/f", "Operation not permitted")]
    [InlineData("mkdir $out; touch $out/f; chmod g+s $out/f", "Operation not permitted")]
    [InlineData("ln $(command -v busybox) $out", "ln: ")]
    [InlineData("echo x >> $(command -v busybox)", "")]
    [InlineData("mkdir $out; mknod $out/n b 8 0", "Operation not permitted")]
    [InlineData("mkdir $out; mkfifo $out/p", "has an unsupported type")]
    [InlineData("mkdir $out; chmod 777 $out", "suspicious ownership or permission on ")]
    [InlineData("cat /proc/1/root/../etc/shadow", "")]
    public void It_is_refused(string script, string message)
    {
        using Workshop w = new();
        StorePath d = w.Script("evil", script);
        Assert.Contains(message, w.Fail(d).Message);
        Assert.False(w.Store.IsValid(w.OutputOf(d)));
        Assert.Empty(w.Leftovers());
        Assert.False(w.Store.Verify(checkContents: true, null));
    }

    /// <summary>The same without the filter: the modes are made, and nothing but the canonical ones stays.</summary>
    [Theory]
    [InlineData("mkdir $out; touch $out/f; chmod 4755 $out/f; stat -c %a $out/f", "4755")]
    [InlineData("mkdir $out; touch $out/f; chmod 2755 $out/f; stat -c %a $out/f", "2755")]
    public void Without_the_filter_it_succeeds(string script, string mode)
    {
        using Workshop w = new(s => s with { FilterSyscalls = false });
        StorePath d = w.Script("evil", script);
        w.Build(d);
        Assert.Equal(mode, w.Log);
        Assert.Equal((UnixFileMode)0x16d, File.GetUnixFileMode(w.Store.RealPath(w.OutputOf(d)) + "/f"));
    }

    [Fact]
    public void Links_in_the_build_directory_lead_nowhere_when_it_is_removed()
    {
        using Workshop w = new();
        string victim = Directory.CreateTempSubdirectory("firn-victim-").FullName;
        File.WriteAllText(victim + "/file", "kept");
        StorePath d = w.Script("links", $"ln -s {victim} dir; ln -s {victim}/file file; mkdir -p a/b; chmod 0 a; ln -s / a2; echo > $out");
        w.Build(d);
        Assert.Empty(w.Leftovers());
        Assert.Equal("kept", File.ReadAllText(victim + "/file"));
        Directory.Delete(victim, recursive: true);
    }

    /// <summary>What stands there is a trap: deleting by paths, links followed, reaches the files that they name.</summary>
    [Fact]
    public void Deleting_a_build_directory_by_path_would_follow_the_links_in_it()
    {
        using Workshop w = new(s => s with { KeepFailed = true });
        string victim = Directory.CreateTempSubdirectory("firn-victim-").FullName;
        File.WriteAllText(victim + "/file", "lost");
        w.Fail(w.Script("links", $"ln -s {victim} dir; exit 1"));
        string kept = Assert.Single(Directory.EnumerateDirectories(w.Settings.BuildDir));
        foreach (string file in Directory.EnumerateFiles(kept + "/build/dir"))
        {
            File.Delete(file);
        }

        Assert.Empty(Directory.EnumerateFiles(victim));
        Directory.Delete(victim, recursive: true);
    }

    [Fact]
    public void A_link_as_output_is_taken_as_a_link()
    {
        using Workshop w = new();
        StorePath d = w.Script("l", "ln -s /etc/shadow $out");
        w.Build(d);
        Assert.Equal("/etc/shadow", new FileInfo(w.Store.RealPath(w.OutputOf(d))).LinkTarget);
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode("/etc/shadow") & UnixFileMode.OtherRead);
    }

    [Fact]
    public void Moving_the_directories_of_the_root_does_not_redirect_the_output()
    {
        using Workshop w = new();
        StorePath d = w.Script("m", "echo mine > $out; mkdir -p /fake; mv /nix/store /nix/moved || true; ln -s /etc /nix/store || true");
        w.Build(d);
        Assert.Equal("mine\n", w.Text(w.OutputOf(d)));
        Assert.Empty(w.Leftovers());
    }

    [Fact]
    public void The_store_shows_no_other_build()
    {
        using Workshop w = new(s => s with { MaxJobs = 2 });
        StorePath a = w.Script("a", "echo secret > $out; echo secret > /tmp/shared; sleep 1"), b = w.Script("b", "sleep 0.5; ls /nix/store /tmp /build > /build/l; ! grep -q secret /build/l; ! ls /nix/store | grep -q -- '-a$'; echo > $out");
        w.Build(a, b);
        Assert.True(w.Store.IsValid(w.OutputOf(b)));
    }

    [Fact]
    public void The_view_of_the_collection_can_be_made_inside()
    {
        using Workshop w = new();
        StorePath d = w.Script("view", """
            mkdir -p /build/.root
            unshare -U -r -m busybox sh -euc '
              mount -t tmpfs none /build/.root
              cd /build/.root
              mkdir nix build proc dev old
              for d in nix build proc dev; do mount --rbind /$d $d; done
              pivot_root . old
              umount -l /old
              unshare -U sh -c "id -u > /dev/null; echo inside > $out"
            '
            """);
        w.Build(d);
        Assert.Equal("inside\n", w.Text(w.OutputOf(d)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_fixed_output_is_made_of_files_that_nobody_has_open(bool defenceless)
    {
        using Workshop w = new();
        StorePath d = w.Script("f", "echo x > $out; stat -c %i $out", output: Fixed("x\n"));
        new Builder(w.Builder.Context with { TrustsOpenFiles = defenceless }).RealiseAll([new DerivedPath.Built(d)]);
        using Process stat = Process.Start(new ProcessStartInfo("stat", ["-c", "%i", w.Store.RealPath(w.OutputOf(d))]) { RedirectStandardOutput = true })!;
        Assert.Equal(defenceless, w.Log == stat.StandardOutput.ReadToEnd().Trim());
    }

    /// <summary>
    /// A fixed output is known to an accomplice outside, who gets the builder's open descriptor of it over a socket and writes
    /// when it is valid.
    /// </summary>
    [Theory]
    [InlineData(false, "x\n")]
    [InlineData(true, "E\n")]
    public void A_descriptor_handed_out_by_a_build_changes_nothing_later(bool defenceless, string contents)
    {
        using Workshop w = new();
        string name = "firn-test-" + Guid.NewGuid();
        StorePath attacker = w.AddSource("attacker", file => File.Copy(Path.Combine(AppContext.BaseDirectory, "attacker"), file));
        StorePath d = w.Script("f", $"echo x > $out; {w.Print(attacker)} offer {name} $out", output: Fixed("x\n"), sources: [attacker]);
        using Process accomplice = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "attacker"), ["take", name])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        new Builder(w.Builder.Context with { TrustsOpenFiles = defenceless }).RealiseAll([new DerivedPath.Built(d)]);
        Assert.Equal("done", w.Log);
        Assert.Equal("taken", accomplice.StandardOutput.ReadLine());
        accomplice.StandardInput.WriteLine("go");
        Assert.Equal("done", accomplice.StandardOutput.ReadLine());
        Assert.Equal(contents, w.Text(w.OutputOf(d)));
    }

    [Fact]
    public void A_directory_that_is_kept_is_given_to_nobody_through_planted_links()
    {
        using Workshop w = new(s => s with { KeepFailed = true });
        string victim = Directory.CreateTempSubdirectory("firn-victim-").FullName;
        File.WriteAllText(victim + "/file", "kept");
        File.SetUnixFileMode(victim, (UnixFileMode)0x1c0);
        w.Fail(w.Script("kept", $"ln -s {victim} dir; cd /; rm -rf /build 2>/dev/null; mv /build /b || true; ln -s {victim} /build || true; exit 1"));
        Assert.Equal((UnixFileMode)0x1c0, File.GetUnixFileMode(victim));
        string kept = Assert.Single(Directory.EnumerateDirectories(w.Settings.BuildDir));
        Assert.True(Directory.Exists(kept + "/build"));
        Assert.Null(new DirectoryInfo(kept + "/build").LinkTarget);
        Directory.Delete(victim, recursive: true);
    }

    [Theory]
    [InlineData("ln -s /etc/shadow $out")]
    [InlineData("mkdir $out; ln -s /etc/shadow $out/x")]
    public void A_link_in_place_of_a_fixed_output_is_not_followed(string script)
    {
        using Workshop w = new();
        UnixFileMode before = File.GetUnixFileMode("/etc/shadow");
        StorePath d = w.Script("f", script, output: Fixed("x\n"));
        Assert.Contains("should be a non-executable regular file", w.Fail(d).Message);
        Assert.Equal(before, File.GetUnixFileMode("/etc/shadow"));
        Assert.Empty(w.Leftovers());
    }

    [Fact]
    public void Signals_reach_no_other_build()
    {
        using Workshop w = new(s => s with { MaxJobs = 2 });
        StorePath victim = w.Script("victim", "sleep 2; echo alive > $out"), killer = w.Script("killer", "for i in 1 2 3 4 5; do (trap '' TERM; kill -TERM -1 || true); sleep 0.2; done; echo > $out");
        IReadOnlyList<BuildResult> results = w.Builder.Realise([new DerivedPath.Built(victim), new DerivedPath.Built(killer)]);
        Assert.Equal(BuildStatus.Built, results[0].Status);
        Assert.Equal("alive\n", w.Text(w.OutputOf(victim)));
    }

    /// <summary>A program that a build leaves where others come is one for them to run: only the directory above stands before it.</summary>
    [Fact]
    public void Nobody_else_can_enter_the_directory_of_a_build()
    {
        using Workshop w = new();
        StorePath d = w.Script("d", "chmod 777 .; echo secret > file; chmod 666 file; echo started; sleep 1; echo > $out");
        System.Threading.Thread build = new(() => w.Build(d));
        build.Start();
        while (!w.Log.Contains("started", StringComparison.Ordinal) && build.IsAlive)
        {
            System.Threading.Thread.Sleep(10);
        }

        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Assert.Equal([Private], Directory.EnumerateDirectories(w.Settings.BuildDir).Select(f => File.GetUnixFileMode(f)));
        Assert.Equal([Private], Directory.EnumerateDirectories(w.Store.RealStoreDir, "*.chroot").Select(f => File.GetUnixFileMode(f)));
        string top = Directory.EnumerateDirectories(w.Settings.BuildDir).Single();
        if (Environment.UserName == "root")
        {
            Assert.Equal("", AsNobody(top + "/build/file"));
            foreach (string above in (string[])[top, w.Settings.BuildDir, w.Root])
            {
                File.SetUnixFileMode(above, (UnixFileMode)0x1ed);
            }

            Assert.Equal("secret\n", AsNobody(top + "/build/file"));
        }

        build.Join();
        Assert.True(w.Store.IsValid(w.OutputOf(d)));
        Assert.Empty(w.Leftovers());
    }

    /// <summary>A build that makes processes faster than they could be ended one by one, each of which makes more when it is alone.</summary>
    [Fact]
    public void A_fork_bomb_ends_with_its_build()
    {
        string mark = "2" + Random.Shared.Next(100_000_000, 999_999_999).ToString(System.Globalization.CultureInfo.InvariantCulture);
        using Workshop w = new(s => s with { Timeout = TimeSpan.FromSeconds(2) });
        StorePath d = w.Script("bomb", $$"""
            trap "" TERM INT HUP
            bomb() { while :; do sleep {{mark}} & sleep {{mark}} & wait; done; }
            for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do bomb & done
            echo started
            wait
            """);
        Assert.Contains("timed out", w.Fail(d).Message);
        Assert.Equal("started", w.Log);
        Assert.DoesNotContain(Directory.EnumerateDirectories("/proc"), p => CommandLine(p).Contains(mark, StringComparison.Ordinal));
        Assert.Empty(w.Leftovers());
    }

    private static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(process + "/cmdline");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No process, or one that has ended.
            return "";
        }
    }

    private static string AsNobody(string file)
    {
        using Process cat = Process.Start(new ProcessStartInfo("setpriv", ["--reuid", "65534", "--regid", "65534", "--clear-groups", "cat", file])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        cat.StandardError.ReadToEnd();
        return cat.StandardOutput.ReadToEnd();
    }

    private static Firn.Formats.Derivations.DerivationOutput Fixed(string contents) => new Firn.Formats.Derivations.DerivationOutput.Fixed(
        new ContentAddress(ContentAddressMethod.Flat, Firn.Formats.Hashing.Hash.Sha256(System.Text.Encoding.UTF8.GetBytes(contents))));
}

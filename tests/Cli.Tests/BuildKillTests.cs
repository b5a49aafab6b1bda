using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary>A build of a graph is killed at random instants and begun again, until it is done; then another graph is.</summary>
public sealed class BuildKillTests : IDisposable
{
    // Raise it for a long run.
    private static readonly int s_kills = int.Parse(Environment.GetEnvironmentVariable("FIRN_BUILD_KILLS") ?? "60");

    private const int Seed = 20261120;
    private const int Derivations = 200;
    private const int VerifyEvery = 10;

    // A processor's time in the life of a build: marks its processes.
    private const string Mark = "27.1828";

    private readonly FirnProcess _firn = new();
    private readonly Random _random = new(Seed);

    public void Dispose() => _firn.Dispose();

    private string Store => _firn.Directory + "/store/nix/store";

    [Fact]
    public void KilledAtAnyInstantABuildIsResumed()
    {
        File.AppendAllText(_firn.Directory + "/conf/nix.conf", "sandbox = true\nsandbox-paths = /bin/sh=/bin/busybox /bin/busybox\nmax-jobs = 3\n");
        _firn.Write("graph.nix", $$"""
            { salt }:
            let
              node = i: derivation {
                name = "node-${toString i}"; system = builtins.currentSystem; builder = "/bin/sh"; outputs = [ "out" "dev" ]; inherit salt;
                before = if i == 0 then [ ] else [ (builtins.elemAt all ((i - 1) / 3)) ];
                args = [ "-c" "b=/bin/busybox; ($b setsid $b sleep {{Mark}} &) ; $b mkdir $out; for i in 1 2 3 4 5 6 7 8 9; do echo $salt $i > $out/$i; done; echo $out $before > $dev" ];
              };
              all = builtins.genList node {{Derivations}};
            in all
            """);
        int salt = 0, kills = 0, ended = 0;
        for (int round = 0; kills < s_kills; round++)
        {
            string context = $"seed {Seed}, round {round}";
            using Process build = Build(salt);
            // The first instants, and those between builds.
            if (!build.WaitForExit(_random.Next(_random.Next(2) == 0 ? 60 : 500)))
            {
                build.Kill();
                build.WaitForExit();
                kills++;
            }
            else
            {
                Assert.True(build.ExitCode == 0, context + ": " + build.StandardError.ReadToEnd());
                salt++;
                ended++;
            }

            AssertNoProcess(context);
            if (round % VerifyEvery == 0)
            {
                AssertSound(context);
            }
        }

        // A run that nothing disturbs finishes and leaves nothing of those before it.
        using Process last = Build(salt);
        string error = last.StandardError.ReadToEnd();
        last.WaitForExit();
        Assert.True(last.ExitCode == 0, error);
        AssertNoProcess("at the end");
        AssertSound("at the end");
        Assert.Empty(Directory.EnumerateFileSystemEntries(_firn.Directory + "/store/nix/var/nix/builds"));
        Outcome all = _firn.Run("nix-store", ["--query", "--outputs", .. Directory.EnumerateFiles(Store, "*.drv").Select(file => "/nix/store/" + Path.GetFileName(file))]);
        HashSet<string> made = [.. all.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(path => Path.GetFileName(path)!)];
        Assert.Equal((salt + 1) * 2 * Derivations, made.Count(name => Path.Exists(Store + "/" + name)));
        // Nothing else is there but derivations, and locks of outputs that were valid when their build was killed.
        Assert.All(
            Directory.EnumerateFileSystemEntries(Store).Select(path => Path.GetFileName(path)!),
            name => Assert.True(name == ".links" || made.Contains(name) || name.EndsWith(".drv", StringComparison.Ordinal) || name.EndsWith(".lock", StringComparison.Ordinal), name));
        Assert.DoesNotContain(_firn.Directory, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
        Outcome reference = _firn.RunReference("nix-store", "--verify", "--check-contents");
        Assert.True(reference.Status == 0 && !reference.Error.Contains("modified", StringComparison.Ordinal), reference.Error);
        Console.WriteLine($"{kills} kills, {ended + 1} graphs finished");
    }

    private Process Build(int salt) =>
        _firn.Start(["nix-build", _firn.Work + "/graph.nix", "--argstr", "salt", salt.ToString(), "--no-out-link", "--quiet", "-Q"]);

    private void AssertSound(string context)
    {
        Outcome verified = _firn.Run("nix-store", "--verify", "--check-contents");
        Assert.True(verified.Status == 0, context + ": " + verified.Error);
        foreach (string word in (ReadOnlySpan<string>)["disappeared", "modified", "error"])
        {
            Assert.False(verified.Error.Contains(word, StringComparison.Ordinal), context + ": " + verified.Error);
        }
    }

    /// <summary>No process of a build is left: those have the mark, and mounts of this store.</summary>
    private void AssertNoProcess(string context)
    {
        List<string> found = [];
        // The kernel needs a moment to end a namespace.
        for (int i = 0; i < 400; i++)
        {
            found = [.. Directory.EnumerateDirectories("/proc").Where(IsBuilder)];
            if (found.Count == 0)
            {
                return;
            }

            Thread.Sleep(10);
        }

        Assert.Fail(context + ": " + string.Join(' ', found));
    }

    private bool IsBuilder(string process)
    {
        try
        {
            string command = File.ReadAllText(process + "/cmdline");
            return (command.Contains(Mark, StringComparison.Ordinal) || command.StartsWith("firn-launcher", StringComparison.Ordinal))
                && File.ReadAllText(process + "/mountinfo").Contains(Path.GetFileName(_firn.Directory), StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone meanwhile, or another user's.
            return false;
        }
    }
}

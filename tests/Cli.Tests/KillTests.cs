using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary>Commands that change a store are killed at random instants, alone and beside others; the store must stay sound.</summary>
public sealed class KillTests : IDisposable
{
    // Raise it for a long run.
    private static readonly int s_kills = int.Parse(Environment.GetEnvironmentVariable("FIRN_KILLS") ?? "500");

    private const int Seed = 20261120;
    private const int ReferenceEvery = 50;

    private readonly FirnProcess _firn = new();
    private readonly Random _random = new(Seed);
    private readonly string _store;

    public KillTests()
    {
        _store = _firn.Directory + "/store/nix/store";
        File.AppendAllText(_firn.Directory + "/conf/nix.conf", "sandbox-paths = /bin/sh=/bin/busybox\nmax-jobs = 2\n");
        for (int tree = 0; tree < 4; tree++)
        {
            for (int i = 0; i < 60; i++)
            {
                Directory.CreateDirectory($"{_firn.Work}/tree-{tree}/{i % 7}");
                // Some files are the same in all, to be shared.
                _firn.Write($"tree-{tree}/{i % 7}/{i}", i % 3 == 0 ? $"shared {i}" : $"file {i} of {tree}\n" + new string('x', i * 40));
            }
        }

        byte[] big = new byte[600_000];
        _random.NextBytes(big);
        File.WriteAllBytes(_firn.Work + "/big", big);
        _firn.Write("drvs.nix", """
            { salt }: let d = i: derivation { name = "d-${toString i}"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo ${toString i} > $out" ];
                inherit salt; inputs = if i < 4 then [ ] else map (j: d (i / 4 - j)) [ 1 ]; };
            in builtins.genList d 40
            """);
        _firn.Write("build.nix", """
            { salt }: derivation { name = "built"; system = builtins.currentSystem; builder = "/bin/sh"; inherit salt;
              args = [ "-c" "mkdir $out; for i in 1 2 3 4 5 6 7 8 9; do echo $salt $i > $out/$i; done" ]; }
            """);
        WriteArchives();
    }

    public void Dispose() => _firn.Dispose();

    /// <summary>Exports of another store, to be imported.</summary>
    private void WriteArchives()
    {
        using FirnProcess other = new();
        for (int i = 0; i < 3; i++)
        {
            string drvs = Ok(other.Run("nix-instantiate", _firn.Work + "/drvs.nix", "--argstr", "salt", "import-" + i)).Output;
            string closure = Ok(other.Run("nix-store", ["-qR", .. Lines(drvs)])).Output;
            Outcome export = Ok(other.Run("sh", "-c", "\"$0\" --export " + string.Join(' ', Lines(closure)) + " > " + _firn.Work + "/archive-" + i, FirnProcess.Bin + "/nix-store"));
            Assert.Equal("", export.Error);
        }
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static Outcome Ok(Outcome outcome)
    {
        Assert.True(outcome.Status == 0, outcome.Error);
        return outcome;
    }

    private string[] Valid() => [.. Directory.EnumerateFileSystemEntries(_store).Select(path => Path.GetFileName(path)!).Where(name => name.Length > 33 && name[32] == '-' && !name.EndsWith(".lock", StringComparison.Ordinal))];

    private string Salt => "salt-" + _random.Next(6);

    /// <summary>Something that changes the store.</summary>
    private string[] Command(string kind) => kind switch
    {
        "add" => ["nix-store", "--add", $"{_firn.Work}/tree-{_random.Next(4)}"],
        "add-shared" => ["nix-store", "--add", $"{_firn.Work}/tree-{_random.Next(4)}", "--option", "auto-optimise-store", "true"],
        "add-big" => ["nix-store", "--add-fixed", "sha256", _firn.Work + "/big"],
        "instantiate" => ["nix-instantiate", _firn.Work + "/drvs.nix", "--argstr", "salt", Salt, "--add-root", _firn.Work + "/root-" + _random.Next(3)],
        "import" => ["sh", "-c", $"exec '{FirnProcess.Bin}/nix-store' --import < '{_firn.Work}/archive-{_random.Next(3)}'"],
        "build" => ["nix-build", _firn.Work + "/build.nix", "--argstr", "salt", Salt, "--out-link", _firn.Work + "/result-" + _random.Next(3)],
        "register" => ["sh", "-c", $"'{FirnProcess.Bin}/nix-store' --dump-db > '{_firn.Work}/db'; exec '{FirnProcess.Bin}/nix-store' --load-db < '{_firn.Work}/db'"],
        "collect" => ["nix-store", "--gc"],
        "collect-some" => ["nix-store", "--gc", "--max-freed", _random.Next(100_000).ToString()],
        "optimise" => ["nix-store", "--optimise"],
        "verify" => ["nix-store", "--verify", "--check-contents"],
        "delete" => ["nix-store", "--delete", .. Valid().OrderBy(_ => _random.Next()).Take(3).Select(name => "/nix/store/" + name)],
        _ => throw new UnreachableException(kind),
    };

    private static readonly string[] s_kinds = ["add", "add-shared", "add-big", "instantiate", "import", "build", "register", "collect", "collect-some", "optimise", "verify", "delete"];

    // Deleting is refused where something is alive; the others have no reason to fail.
    private static bool MayFail(string kind) => kind == "delete";

    [Fact]
    public void KilledAtAnyInstantTheStoreStaysSound()
    {
        Dictionary<string, double> usual = [];
        foreach (string kind in s_kinds)
        {
            usual[kind] = 30;
        }

        int kills = 0, round = 0;
        for (; kills < s_kills; round++)
        {
            string kind = s_kinds[_random.Next(s_kinds.Length)];
            string? besides = _random.Next(3) == 0 ? s_kinds[_random.Next(s_kinds.Length)] : null;
            string context = $"seed {Seed}, round {round}: {kind} killed" + (besides is null ? "" : ", beside " + besides);
            // Registering what another collects meanwhile is wrong from the start.
            if (besides is not null && (kind == "register" || besides == "register"))
            {
                besides = null;
            }

            using Process? other = besides is null ? null : _firn.Start(Command(besides));
            Stopwatch watch = Stopwatch.StartNew();
            using Process victim = _firn.Start(Command(kind));
            double delay = _random.NextDouble() * usual[kind] * 1.1;
            bool ended = victim.WaitForExit(TimeSpan.FromMilliseconds(delay));
            if (!ended)
            {
                victim.Kill();
                victim.WaitForExit();
                kills++;
            }
            else
            {
                // The next kill of this kind comes at an instant of what it really takes.
                usual[kind] = (usual[kind] + watch.Elapsed.TotalMilliseconds) / 2;
                string error = victim.StandardError.ReadToEnd();
                Assert.True(victim.ExitCode == 0 || MayFail(kind), context + " (ended by itself): " + error);
            }

            if (!ended && _random.Next(4) == 0)
            {
                usual[kind] *= 1.1;
            }

            if (other is not null)
            {
                string error = other.StandardError.ReadToEnd();
                Assert.True(other.WaitForExit(TimeSpan.FromMinutes(1)), context + ": the other command does not end");
                Assert.True(other.ExitCode == 0 || MayFail(besides!), context + ": " + error);
            }

            AssertSound(context, round % ReferenceEvery == ReferenceEvery - 1);
        }

        AssertSound("at the end", withReference: true);
        AssertNothingIsLeft();
    }

    /// <summary>Nothing that is valid is missing, or other than it was; and no error comes of what a crash left.</summary>
    private void AssertSound(string context, bool withReference)
    {
        Outcome verified = _firn.Run("nix-store", "--verify", "--check-contents");
        Assert.True(verified.Status == 0, context + ": " + verified.Error);
        AssertQuiet(context, verified.Error);
        if (!withReference)
        {
            return;
        }

        using Process reference = _firn.Start(["/usr/bin/nix-store", "--verify", "--check-contents"]);
        string error = reference.StandardError.ReadToEnd();
        reference.WaitForExit();
        Assert.True(reference.ExitCode == 0, context + ", says the reference: " + error);
        AssertQuiet(context + ", says the reference", error);
    }

    private static void AssertQuiet(string context, string error)
    {
        foreach (string word in (ReadOnlySpan<string>)["disappeared", "modified", "error", "not all"])
        {
            Assert.False(error.Contains(word, StringComparison.Ordinal), context + ": " + error);
        }
    }

    /// <summary>Without roots everything can be collected, whatever crashes left.</summary>
    private void AssertNothingIsLeft()
    {
        foreach (string root in Directory.EnumerateFiles(_firn.Work).Where(file => Path.GetFileName(file).StartsWith("root-", StringComparison.Ordinal) || Path.GetFileName(file).StartsWith("result-", StringComparison.Ordinal)))
        {
            File.Delete(root);
        }

        Ok(_firn.Run("nix-store", "--gc"));
        Assert.Equal([".links"], Directory.EnumerateFileSystemEntries(_store).Select(Path.GetFileName));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_store + "/.links"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_firn.Directory + "/store/nix/var/nix/temproots"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_firn.Directory + "/store/nix/var/nix/gcroots/auto"));
        Assert.Equal("", Ok(_firn.Run("nix-store", "--dump-db")).Output);
        AssertSound("after collecting", withReference: true);
    }
}

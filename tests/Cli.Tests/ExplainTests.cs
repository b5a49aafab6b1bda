using System;
using System.IO;
using System.Text.RegularExpressions;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary>Why something is built, in which order, and how long that takes, from what earlier builds came to.</summary>
public sealed class ExplainTests : IDisposable
{
    private readonly FirnProcess _firn = new();

    public ExplainTests()
    {
        File.AppendAllText(_firn.Directory + "/conf/nix.conf", "sandbox-paths = /bin/sh=/bin/busybox\nexperimental-features = nix-command\n");
        Write("one");
    }

    public void Dispose() => _firn.Dispose();

    private void Write(string text)
    {
        _firn.Write("source", text);
        _firn.Write("x.nix", """
            let
              make = name: attrs: derivation ({ inherit name; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo > $out" ]; } // attrs);
              low = make "low-1.0" { src = ./source; };
            in
            make "high-2.0" { inherit low; }
            """);
    }

    private string Error(params string[] command)
    {
        Outcome done = _firn.Run(command[0], command[1..]);
        Assert.True(done.Status == 0, done.Error);
        return Regex.Replace(Regex.Replace(done.Error, "[0-9a-z]{32}-", ""), @"\d{4}-\d\d-\d\d \d\d:\d\d", "DATE");
    }

    [Fact]
    public void ChangesAreChasedToTheirCause()
    {
        Assert.Contains("\n    no earlier build of 'high' is known\n", Error("nix-build", "--dry-run", "--explain", "x.nix"), StringComparison.Ordinal);
        Error("nix-build", "--no-out-link", "x.nix");
        Write("two");
        string explained = Error("nix", "build", "--dry-run", "--explain", "-f", "x.nix");
        Assert.StartsWith("these 2 derivations will be built:\n  /nix/store/low-1.0.drv\n  /nix/store/high-2.0.drv\nwhy they are built:\n  /nix/store/low-1.0.drv\n", explained, StringComparison.Ordinal);
        Assert.Contains("""
              /nix/store/high-2.0.drv
                output 'out' (/nix/store/high-2.0) is not in the store
                no cache is asked: 'substitute' is off
                last built on DATE as /nix/store/high-2.0.drv
                changed since: input 'low-1.0' → its source 'source' differs: it was /nix/store/source and is /nix/store/source

            """, explained, StringComparison.Ordinal);
        Assert.Matches(@"disk space: about 0\.2 KiB built and 0\.0 KiB fetched; [0-9.]+ .iB are free\n$", explained);

        // What was collected is built again for no other reason.
        Write("one");
        string high = _firn.Run("nix-build", "--no-out-link", "x.nix").Output.TrimEnd('\n');
        Assert.Equal(0, _firn.Run("nix-store", "--delete", high).Status);
        Assert.Contains("\n    the same was built on DATE; its outputs were deleted since\n", Error("nix-build", "--dry-run", "--explain", "x.nix"), StringComparison.Ordinal);
    }

    [Fact]
    public void PlanShowsStages()
    {
        Outcome plan = _firn.Run("nix", "build", "--plan", "-f", "x.nix");
        Assert.Equal(
            (0, "stage 1:\n  build low-1.0\nstage 2:\n  build high-2.0\ncritical path: low-1.0 → high-2.0\nof 2 of the builds no time is known\n"),
            (plan.Status, plan.Output));
        Outcome json = _firn.Run("nix", "build", "--plan", "--json", "-f", "x.nix");
        Assert.StartsWith("{\"criticalPath\":[\"/nix/store/", json.Output, StringComparison.Ordinal);
        Error("nix-build", "--no-out-link", "x.nix");
        Write("two");
        Assert.DoesNotContain("no time is known", _firn.Run("nix", "build", "--plan", "-f", "x.nix").Output, StringComparison.Ordinal);
        Assert.False(File.Exists(_firn.Work + "/result"));
    }
}

using System;
using System.IO;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary>Starts in a place that lacks what nearly all have: the work is done, or one line says why not.</summary>
public sealed class StartTests : IDisposable
{
    private readonly FirnProcess _firn = new();

    public void Dispose() => _firn.Dispose();

    private Outcome Shell(string script) => _firn.Run("bash", "-c", $"export PATH='{FirnProcess.Bin}':$PATH; {script}");

    [Theory]
    [InlineData("nix-store --init <&-")]
    [InlineData("nix-store --init >&-")]
    [InlineData("nix-store --init 2>&-")]
    [InlineData("nix-store --init <&- >&- 2>&-")]
    [InlineData("nix-instantiate --eval -E 1+1 <&- >&- 2>&-")]
    [InlineData("nix --version >&-")]
    [InlineData("TMPDIR=/nowhere nix-store --init")]
    [InlineData("HOME=/proc nix-instantiate --eval -E 1")]
    [InlineData("HOME=/nowhere nix-instantiate --eval -E 1")]
    [InlineData("unset HOME; nix-instantiate --eval -E 1")]
    [InlineData("ulimit -n 16; nix-store --init")]
    [InlineData("mkdir gone; cd gone; rmdir ../gone; nix-store --init")]
    public void Work_is_done_all_the_same(string script)
    {
        Outcome outcome = Shell(script);
        Assert.True(outcome.Status == 0, outcome.Error);
        Assert.Equal("", outcome.Error);
    }

    [Fact]
    public void Messages_never_go_into_files_of_the_store()
    {
        // Without a standard error, its number would be that of the first file which is opened.
        Assert.Equal(1, Shell("nix-store --init; nix-store -q --hash /nix/store/00000000000000000000000000000000-none 2>&-").Status);
        Assert.Equal("", _firn.Succeeds(false, "nix-store", "--verify"));
    }

    [Theory]
    [InlineData("nix-instantiate --eval -E 1+1 > /dev/full", "error: writing to the standard output: No space left on device\n")]
    [InlineData("nix --version > /dev/full", "error: No space left on device\n")]
    [InlineData("mkdir gone; cd gone; rmdir ../gone; nix-instantiate --eval -E 1+1", "error: cannot get cwd: No such file or directory\n")]
    [InlineData("ulimit -v 1000000; nix-instantiate --eval -E 1+1", "error: out of memory")]
    public void What_is_missing_is_said_in_one_line(string script, string error)
    {
        Outcome outcome = Shell(script);
        Assert.Equal(1, outcome.Status);
        Assert.StartsWith(error, outcome.Error, StringComparison.Ordinal);
        Assert.Equal(outcome.Error.Length, outcome.Error.IndexOf('\n') + 1);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(8)]
    public void Too_few_open_files_are_an_error_or_enough(int limit) => OneErrorOrNone(Shell($"ulimit -n {limit}; exec nix-store --init"));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Too_few_processes_are_an_error_or_enough(int limit)
    {
        // The limit does not hold for root, and counts all of a user's: this one has no other.
        string home = Path.Combine(_firn.Directory, "other");
        OrdinaryUser.MakeHome(home);
        File.WriteAllText(Path.Combine(home, "limited"), $"#!/bin/bash\nulimit -u {limit}\nexec \"$HOME/nix-store\" --init --store \"$HOME/store\"\n");
        File.SetUnixFileMode(Path.Combine(home, "limited"), UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        OneErrorOrNone(OrdinaryUser.Run(home, "limited"));
    }

    private static void OneErrorOrNone(Outcome outcome)
    {
        if (outcome.Status == 0)
        {
            Assert.Equal("", outcome.Error);
            return;
        }

        Assert.Equal(1, outcome.Status);
        Assert.StartsWith("error: ", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("internal error", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(outcome.Error.Length, outcome.Error.IndexOf('\n') + 1);
    }
}

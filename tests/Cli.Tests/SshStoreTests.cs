using System;
using System.IO;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary>Stores behind ssh, with this machine in the place of another: clients and servers of both implementations.</summary>
public sealed class SshStoreTests : IDisposable
{
    private readonly FirnProcess _firn = new();

    public void Dispose() => _firn.Dispose();

    private static string ReferenceBin => Environment.GetEnvironmentVariable("FIRN_REFERENCE_BIN") ?? "/usr/bin";

    private string Url(string scheme, bool referenceServes)
    {
        string directory = referenceServes ? ReferenceBin : FirnProcess.Bin;
        string program = Path.Combine(directory, scheme == "ssh" ? "nix-store" : "nix-daemon");
        return $"{scheme}://localhost?remote-program={program}&remote-store={Path.Combine(_firn.Directory, "remote")}";
    }

    [Theory]
    [InlineData("ssh", false, false)]
    [InlineData("ssh", false, true)]
    [InlineData("ssh", true, false)]
    [InlineData("ssh-ng", false, false)]
    [InlineData("ssh-ng", true, false)]
    public void APathGoesThereAndComesBack(string scheme, bool referenceAsks, bool referenceServes)
    {
        string file = _firn.Write("note", "noted\n");
        string path = _firn.Succeeds(false, "nix-store", "--add", file).Trim();
        string url = Url(scheme, referenceServes);
        _firn.Succeeds(referenceAsks, "nix", "--extra-experimental-features", "nix-command", "copy", "--no-check-sigs", "--to", url, path);
        Assert.Equal("noted\n", File.ReadAllText(Path.Combine(_firn.Directory, "remote") + path));

        _firn.Succeeds(false, "nix-store", "--delete", path);
        _firn.Succeeds(referenceAsks, "nix", "--extra-experimental-features", "nix-command", "copy", "--no-check-sigs", "--from", url, path);
        _firn.Succeeds(false, "nix-store", "--verify-path", path);
    }

    [Fact]
    public void AServerMayAskAnother()
    {
        string inner = Url("ssh", false);
        string outer = $"ssh://localhost?remote-program={Path.Combine(FirnProcess.Bin, "nix-store")}&remote-store={Uri.EscapeDataString(inner)}";
        string path = _firn.Succeeds(false, "nix", "--extra-experimental-features", "nix-command", "store", "add-file", "--store", outer, _firn.Write("note", "noted\n")).Trim();
        Assert.Equal("noted\n", File.ReadAllText(Path.Combine(_firn.Directory, "remote") + path));
    }

    [Theory]
    [InlineData("ssh://", "host name must not be empty")]
    [InlineData("ssh-ng://-oProxyCommand=x", "host name '-oProxyCommand=x' must not start with '-'")]
    [InlineData("ssh://-u@host", "user name '-u' must not start with '-'")]
    [InlineData("ssh://localhost?remote-program=/nowhere/nix-store", "unable to execute '/nowhere/nix-store': No such file or directory")]
    public void WhatCannotBeReachedIsSaid(string url, string message)
    {
        Outcome outcome = _firn.Run("nix", "--extra-experimental-features", "nix-command", "store", "info", "--store", url);
        Assert.Equal(1, outcome.Status);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
    }
}

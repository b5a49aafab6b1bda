using Firn.Store.Remote.Ssh;
using Xunit;

namespace Firn.Store.Remote.Tests;

public class SshHostTests
{
    [Theory]
    [InlineData("host", null, "host", null)]
    [InlineData("me@host:2222", "me", "host", 2222)]
    [InlineData("[fe80::1]", null, "fe80::1", null)]
    [InlineData("me@[fe80::1]:22", "me", "fe80::1", 22)]
    [InlineData("fe80::1", null, "fe80::1", null)]
    public void AuthoritiesAreRead(string authority, string? user, string name, int? port)
    {
        SshHost host = SshHost.Parse(authority);
        Assert.Equal((user, name, port), (host.User, host.Name, host.Port));
    }

    [Theory]
    [InlineData("")]
    [InlineData("@host")]
    [InlineData("-host")]
    [InlineData("-o%20x@host")]
    [InlineData("host:many")]
    public void WhatSshWouldMisreadIsRefused(string authority) => Assert.Throws<StoreException>(() => SshHost.Parse(authority));

    [Fact]
    public void OptionsStandBeforeTheCommand()
    {
        SshHost host = SshHost.Parse("me@host:22") with { KeyFile = "/key", Compress = true, Arguments = ["-F", "/conf"], Talkative = true };
        Assert.Equal(
            ["ssh", "me@host", "-x", "-F", "/conf", "-i", "/key", "-oUserKnownHostsFile=/known", "-C", "-p22", "-oPermitLocalCommand=yes", "-oLocalCommand=echo started", "-v", "--", "nix-daemon", "--stdio"],
            host.CommandLine(["nix-daemon", "--stdio"], "/known"));
    }

    [Fact]
    public void ThisMachineNeedsNoSsh() => Assert.Equal(["nix-daemon"], SshHost.Parse("localhost").CommandLine(["nix-daemon"], null));
}

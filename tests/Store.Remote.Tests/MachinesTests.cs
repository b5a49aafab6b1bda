using System;
using System.Collections.Generic;
using System.Linq;
using Firn.Store.Remote.Machines;
using Xunit;

namespace Firn.Store.Remote.Tests;

public class MachinesTests
{
    private static IReadOnlyList<Machine> Parse(string builders, params (string Name, string Text)[] files) =>
        MachinesText.Parse(builders, "x86_64-linux", file => files.FirstOrDefault(f => f.Name == file).Text);

    [Fact]
    public void AHostAloneBuildsForThisSystemOneAtATime()
    {
        Machine machine = Assert.Single(Parse("nix@scratchy.example"));
        Assert.Equal("ssh://nix@scratchy.example", machine.Url);
        Assert.Equal(["x86_64-linux"], machine.Systems);
        Assert.Equal((1u, 1f, "", ""), (machine.MaxJobs, machine.SpeedFactor, machine.SshKey, machine.PublicHostKey));
        Assert.Empty(machine.SupportedFeatures);
        Assert.Empty(machine.MandatoryFeatures);
    }

    [Fact]
    public void EveryColumnIsRead()
    {
        Machine machine = Assert.Single(Parse("ssh-ng://nix@itchy.example i686-linux,armv7l-linux /root/.ssh/id 8 2.5 kvm,big benchmark c3NoLWtleQ==\n"));
        Assert.Equal("ssh-ng://nix@itchy.example", machine.Url);
        Assert.Equal(["armv7l-linux", "i686-linux"], machine.Systems);
        Assert.Equal(("/root/.ssh/id", 8u, 2.5f, "c3NoLWtleQ=="), (machine.SshKey, machine.MaxJobs, machine.SpeedFactor, machine.PublicHostKey));
        Assert.Equal(["big", "kvm"], machine.SupportedFeatures);
        Assert.Equal(["benchmark"], machine.MandatoryFeatures);
        Assert.Equal(
            "ssh-ng://nix@itchy.example?base64-ssh-public-host-key=c3NoLWtleQ%3D%3D&ssh-key=/root/.ssh/id&system-features=big%20kvm%20benchmark",
            machine.Complete().Render(withParameters: true));
    }

    [Theory]
    [InlineData("auto - - 1 1", "auto", "auto?system-features=")]
    [InlineData("/tmp/machine - - 1 1 foo", "local:///tmp/machine", "local:///tmp/machine?system-features=foo")]
    [InlineData("ssh://host?remote-store=/m%3Fsystem-features=a - - 1 1 a", "ssh://host?remote-store=/m?system-features%3Da", "ssh://host?log-fd=4&max-connections=1&remote-store=/m?system-features%3Da&system-features=a")]
    [InlineData("local?root=/m&system-features=x - - - - y", null, "local://?root=/m&system-features=x%20y")]
    public void TheStoreIsToldWhatTheLineSays(string entry, string? url, string complete)
    {
        Machine machine = Assert.Single(Parse(entry));
        if (url is not null) Assert.Equal(url, machine.Url);
        Assert.Equal(complete, machine.Complete().Render(withParameters: true));
    }

    [Fact]
    public void LinesSemicolonsCommentsAndFilesAreTakenApart()
    {
        IReadOnlyList<Machine> machines = Parse(
            " a ; b - - 2 # the rest ; of this line\n# nothing\n\n@ /more \n@/missing\nc",
            ("/more", "d;\te\n@/deeper\n"), ("/deeper", "f # last"));
        Assert.Equal(["ssh://a", "ssh://b", "ssh://d", "ssh://e", "ssh://f", "ssh://c"], machines.Select(m => m.Url));
        Assert.Empty(Parse(""));
        Assert.Empty(Parse("@/missing"));
    }

    [Theory]
    [InlineData("- - - 1", "bad machine specification: store URL was not found at the first column of a row: '- - - 1'")]
    [InlineData("a - - many", "bad machine specification: failed to convert column #3 in a row: 'a - - many' to 'unsigned int'")]
    [InlineData("a - - -1", "bad machine specification: failed to convert column #3 in a row: 'a - - -1' to 'unsigned int'")]
    [InlineData("a - - 1 fast", "bad machine specification: failed to convert column #4 in a row: 'a - - 1 fast' to 'float'")]
    [InlineData("a - - 1 -0.5", "speed factor must be >= 0")]
    [InlineData("a - - 1 1 - - **", "while parsing machine specification at a column #7 in a row: 'a - - 1 1 - - **': invalid character in Base64 string: '**'")]
    public void MalformedEntriesAreErrors(string entry, string message) => Assert.Equal(message, Assert.Throws<StoreException>(() => Parse(entry)).Message);

    [Fact]
    public void AFileThatNamesItselfIsAnError() => Assert.Throws<StoreException>(() => Parse("@/loop", ("/loop", "@/loop")));

    [Fact]
    public void ASpeedOfZeroIsNone() => Assert.Equal(1, Assert.Single(Parse("a - - 1 0")).SpeedFactor);

    [Theory]
    [InlineData("x86_64-linux", "", true)]
    [InlineData("builtin", "", true)]
    [InlineData("aarch64-linux", "", false)]
    [InlineData("x86_64-linux", "kvm", true)]
    [InlineData("x86_64-linux", "kvm other", false)]
    public void AMachineIsForItsSystemsAndFeatures(string system, string features, bool fits)
    {
        Machine machine = Assert.Single(Parse("a x86_64-linux - 1 1 kvm"));
        Assert.Equal(fits, machine.IsFor(system) && machine.Fits(features.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Fact]
    public void MandatoryFeaturesAreSupportedToo()
    {
        Machine machine = Assert.Single(Parse("a - - 1 1 kvm benchmark"));
        Assert.False(machine.Fits([]));
        Assert.False(machine.Fits(["kvm"]));
        Assert.True(machine.Fits(["benchmark"]));
        Assert.True(machine.Fits(["benchmark", "kvm"]));
    }
}

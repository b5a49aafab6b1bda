using Firn.Store.Local.Overlay;
using Xunit;

namespace Firn.Store.Local.Tests;

/// <summary>How a table of mounts is read.</summary>
public sealed class OverlayMountTests
{
    private const string Right = "overlay /m overlay rw,lowerdir=/l,upperdir=/u,workdir=/w 0 0\n";

    [Theory]
    [InlineData(Right, true)]
    [InlineData("none / ext4 rw 0 0\n" + Right, true)]
    [InlineData("", false)]
    [InlineData(Right + "none /m tmpfs rw 0 0\n", false)]
    [InlineData("none /m tmpfs rw 0 0\n" + Right, true)]
    [InlineData("overlay /m overlay rw,lowerdir=/l2,upperdir=/u,workdir=/w 0 0\n", false)]
    [InlineData("overlay /m overlay rw,lowerdir=/l:/l2,upperdir=/u,workdir=/w 0 0\n", false)]
    [InlineData("overlay /m overlay rw,lowerdir=/l,upperdir=/u/x,workdir=/w 0 0\n", false)]
    [InlineData("overlay /m/x overlay rw,lowerdir=/l,upperdir=/u,workdir=/w 0 0\n", false)]
    public void The_last_mount_with_these_layers_counts(string mounts, bool expected) => Assert.Equal(expected, OverlayMount.IsOf(mounts, "/m", "/l", "/u"));

    [Fact]
    public void Blanks_are_written_as_numbers() =>
        Assert.True(OverlayMount.IsOf("overlay /m\\040n overlay rw,lowerdir=/l\\040k,upperdir=/u 0 0\n", "/m n", "/l k", "/u"));
}

using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Xunit;

namespace Firn.Formats.Tests.Derivations;

public sealed class FixedOutputTests
{
    private static DerivationOutput.Fixed Of(string contents) =>
        new(new ContentAddress(ContentAddressMethod.Flat, Hash.Sha256(System.Text.Encoding.ASCII.GetBytes(contents))));

    [Fact]
    public void APathThatWasAskedForIsNoPartOfTheValue()
    {
        DerivationOutput.Fixed asked = Of("x");
        Assert.NotNull(asked.KnownPath(StoreDir.Default, "name", "out"));
        Assert.Equal(Of("x"), asked);
        Assert.Equal(Of("x").GetHashCode(), asked.GetHashCode());
        Assert.NotEqual(Of("y"), asked);
    }

    [Fact]
    public void APathFollowsFromWhatIsAskedEachTime()
    {
        DerivationOutput.Fixed output = Of("x");
        StorePath[] paths = new StorePath[3];
        for (int round = 0; round < 2; round++)
        {
            paths[0] = output.KnownPath(StoreDir.Default, "one", "out")!.Value;
            paths[1] = output.KnownPath(StoreDir.Default, "two", "out")!.Value;
            paths[2] = output.KnownPath(new StoreDir("/other/store"), "one", "out")!.Value;
            Assert.Equal(Of("x").KnownPath(StoreDir.Default, "one", "out"), paths[0]);
            Assert.Equal("two", paths[1].Name);
            Assert.NotEqual(paths[0].HashPart, paths[2].HashPart);
        }
    }

    [Fact]
    public void BorrowedMemoryGrows()
    {
        ByteBuffer buffer = ByteBuffer.Borrow(16);
        for (int i = 0; i < 10_000; i++)
        {
            buffer.Write((byte)i);
        }

        Assert.Equal(10_000, buffer.Length);
        Assert.Equal((byte)(9_999 % 256), buffer.Span[9_999]);
        Assert.Equal((byte)77, buffer.Span[77]);
        buffer.GiveBack();
        Assert.Equal(0, buffer.Length);
    }
}

using Xunit;

namespace Firn.Store.BinaryCache.Tests;

public sealed class OptionsTests
{
    [Fact]
    public void The_defaults_are_those_of_the_field() => Assert.Equal(("xz", -1, false), (new BinaryCacheOptions().Compression, new BinaryCacheOptions().CompressionLevel, new BinaryCacheOptions().TakenWithoutSignature));
}

using Firn.Cli.Installables;
using Xunit;

namespace Firn.Cli.Tests.Installables;

/// <summary>What stands behind the last <c>^</c> of an installable.</summary>
public sealed class OutputsSelectionTests
{
    [Fact]
    public void Nothing_written_leaves_it_to_the_package()
    {
        (string name, OutputsSelection outputs) = OutputsSelection.Split("a.b");
        Assert.Equal("a.b", name);
        Assert.True(outputs.IsDefault);
    }

    [Fact]
    public void Names_are_sorted_and_a_star_means_all()
    {
        Assert.Equal("dev out", string.Join(' ', OutputsSelection.Split("x^out,dev").Outputs.Names));
        OutputsSelection all = OutputsSelection.Split("x^*").Outputs;
        Assert.True(all.Names.IsDefault);
        Assert.False(all.IsDefault);
    }

    [Theory]
    [InlineData("x^")]
    [InlineData("x^a,,b")]
    [InlineData("x^a/b")]
    public void What_is_no_name_is_an_error(string installable) =>
        Assert.Equal($"invalid extended outputs specifier '{installable}'", Assert.Throws<CliException>(() => OutputsSelection.Split(installable)).Message);
}

using Firn.Eval.Evaluation;
using Xunit;

namespace Firn.Eval.Tests;

public sealed class MemoryPolicyTests
{
    private const long Gigabyte = 1 << 30;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(2 * Gigabyte, 0)]
    [InlineData(4 * Gigabyte, 2 * Gigabyte)]
    [InlineData(64 * Gigabyte, 4 * Gigabyte)]
    public void CollectionsAreLeftOutOnlyWhereMemoryAbounds(long free, long budget) => Assert.Equal(budget, MemoryPolicy.Budget(free));

    [Fact]
    public void TheMachineTellsKilobytes() => Assert.Equal(
        3 * 1024 * 1024,
        FreeMemory.OfMachine(["MemTotal:       16384 kB", "MemFree:         1024 kB", "MemAvailable:    3072 kB"]));

    [Fact]
    public void AMachineThatDoesNotTellHasNone() => Assert.Equal(0, FreeMemory.OfMachine(["MemFree: 1024 kB"]));

    [Theory]
    [InlineData("Max data size             unlimited            unlimited            bytes     ", long.MaxValue)]
    [InlineData("Max data size             3686400000           unlimited            bytes     ", 3686400000)]
    [InlineData("Max cpu time              unlimited            unlimited            seconds   ", long.MaxValue)]
    public void ALimitOfTheProcessCounts(string line, long free) =>
        Assert.Equal(free, FreeMemory.OfProcess(["Limit                     Soft Limit           Hard Limit           Units     ", line]));

    [Theory]
    [InlineData("max\n", "4096\n", long.MaxValue)]
    [InlineData("1048576\n", "4096\n", 1044480)]
    [InlineData("4096\n", "8192\n", 0)]
    public void AGroupHasWhatItsLimitLeaves(string max, string current, long free) =>
        Assert.Equal(free, FreeMemory.OfControlGroup(max, current));

    [Fact]
    public void ThisMachineHasSome() => Assert.True(FreeMemory.Bytes() > 0);
}

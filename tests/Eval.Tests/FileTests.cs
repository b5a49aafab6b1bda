using Firn.Eval.Evaluation;
using Xunit;

namespace Firn.Eval.Tests;

public sealed class FileTests
{
    [Fact]
    public void ImportReadsAFileOnce()
    {
        MemoryIo io = new MemoryIo().With("/base/a.nix", "{ x = 1; }");
        Assert.Equal("[ 1 1 true ]", TestEvaluation.Show("let a = import ./a.nix; b = import ./a.nix; in [ a.x b.x (a == b) ]", io));
        Assert.Equal(1, io.Reads);
    }

    [Fact]
    public void ADirectoryMeansItsDefault()
    {
        MemoryIo io = new MemoryIo().With("/base/d/default.nix", "./other").With("/base/d/other", "");
        Assert.Equal("/base/d/other", TestEvaluation.Show("import ./d", io));
    }

    [Fact]
    public void RelativePathsStartWhereALinkLeads()
    {
        MemoryIo io = new MemoryIo().With("/elsewhere/f.nix", "./g").WithLink("/base/link.nix", "../elsewhere/f.nix");
        Assert.Equal("/elsewhere/g", TestEvaluation.Show("import ./link.nix", io));
    }

    [Fact]
    public void AFileThatNeedsItselfIsReported()
    {
        MemoryIo io = new MemoryIo().With("/base/a.nix", "import ./a.nix");
        Assert.Contains("infinite recursion encountered", TestEvaluation.Show("import ./a.nix", io));
    }

    [Fact]
    public void ScopedImportAddsNamesAndKeepsNothing()
    {
        MemoryIo io = new MemoryIo().With("/base/a.nix", "[ x (map (n: n + x) [ 1 ]) ]");
        Assert.Equal(
            "[ [ 1 [ 2 ] ] [ 2 [ 3 ] ] ]",
            TestEvaluation.Show("[ (builtins.scopedImport { x = 1; } ./a.nix) (builtins.scopedImport { x = 2; } ./a.nix) ]", io));
        Assert.Equal(2, io.Reads);
    }

    [Fact]
    public void PlacesInFilesAreKnown()
    {
        MemoryIo io = new MemoryIo().With("/base/a.nix", "{\n  x = __curPos;\n}");
        Assert.Equal(
            "[ { column = 7; file = \"/base/a.nix\"; line = 2; } { column = 3; file = \"/base/a.nix\"; line = 2; } ]",
            TestEvaluation.Show("let a = import ./a.nix; in [ a.x (builtins.unsafeGetAttrPos \"x\" a) ]", io));
    }

    [Fact]
    public void AFailedImportNamesTheFile()
    {
        MemoryIo io = new MemoryIo().With("/base/a.nix", "1 + {}");
        string report = TestEvaluation.Show("import ./a.nix", io, showTrace: true);
        Assert.Contains("… while evaluating the file '/base/a.nix':", report);
        Assert.Contains("error: cannot add a set to an integer\n       at /base/a.nix:1:5:", report);
    }

    [Fact]
    public void AMissingFileIsReported() =>
        Assert.EndsWith("error: path '/base/nowhere.nix' does not exist", TestEvaluation.Show("import ./nowhere.nix"));
}

using System;
using System.Text;
using Firn.Eval.Evaluation;
using Firn.Eval.Printing;
using Firn.Eval.Values;
using Xunit;

namespace Firn.Eval.Tests;

/// <summary>Directories are listed once for as long as they surely stay what they were.</summary>
public class DirectoryListingTests
{
    private readonly MemoryIo _io = new MemoryIo().With("/d/a", "");
    private readonly Evaluator _ev;

    public DirectoryListingTests() => _ev = TestEvaluation.Make(_io);

    private string Names() => EvaluationThread.Run(() =>
    {
        Value value = TestEvaluation.Evaluate(_ev, "toString (builtins.attrNames (builtins.readDir /d))");
        return Encoding.UTF8.GetString(AmbiguousPrinter.Print(_ev, value, strict: true));
    });

    [Fact]
    public void AnOldListingServesUntilTheDirectoryChanges()
    {
        _io.Changed = 1000;
        Assert.Equal("\"a\"", Names());
        Assert.Equal("\"a\"", Names());
        Assert.Equal(1, _io.Reads);

        _io.With("/d/b", "").Changed = 1001;
        Assert.Equal("\"a b\"", Names());
        Assert.Equal(2, _io.Reads);
    }

    [Fact]
    public void AFreshOneDoesNot()
    {
        // A second change within the clock's step would leave the same stamp.
        _io.Changed = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        Assert.Equal("\"a\"", Names());
        _io.With("/d/b", "");
        Assert.Equal("\"a b\"", Names());
    }

    [Fact]
    public void NorWhereNothingTellsOfChanges()
    {
        Assert.Equal("\"a\"", Names());
        _io.With("/d/b", "");
        Assert.Equal("\"a b\"", Names());
    }
}

using Firn.Cli.Repl.Lines;
using Xunit;

namespace Firn.Cli.Tests.Repl;

/// <summary>Editing of one line.</summary>
public sealed class LineBufferTests
{
    private readonly LineBuffer _line = new();

    [Fact]
    public void Characters_are_moved_over_whole()
    {
        _line.Insert("a😀b");
        _line.Left();
        _line.Left();
        Assert.Equal("a", _line.Before);
        _line.DeleteAt();
        Assert.Equal("ab", _line.Text);
    }

    [Fact]
    public void What_is_cut_can_be_put_back()
    {
        _line.Set("let x = 1; in x");
        _line.CutWordBefore();
        Assert.Equal("let x = 1; in ", _line.Text);
        _line.Home();
        _line.Paste();
        Assert.Equal("xlet x = 1; in ", _line.Text);
        _line.CutToEnd();
        Assert.Equal("x", _line.Text);
        _line.CutToStart();
        Assert.Equal("", _line.Text);
    }

    [Fact]
    public void Words_end_where_letters_do()
    {
        _line.Set("pkgs.hello  + 1");
        _line.Home();
        _line.WordRight();
        Assert.Equal("pkgs", _line.Before);
        _line.CutWordAfter();
        Assert.Equal("pkgs  + 1", _line.Text);
        _line.End();
        _line.WordLeft();
        Assert.Equal("pkgs  + ", _line.Before);
    }

    [Fact]
    public void Neighbours_are_swapped()
    {
        _line.Set("ab");
        _line.Swap();
        Assert.Equal("ba", _line.Text);
        Assert.Equal("ba", _line.Before);
    }
}

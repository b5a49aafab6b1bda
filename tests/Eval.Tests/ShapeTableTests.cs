using Firn.Eval.Values;
using Xunit;

namespace Firn.Eval.Tests;

/// <summary>Shapes that are made again are the same objects, wherever they come from.</summary>
public class ShapeTableTests
{
    private readonly SymbolTable _symbols = new();

    private VAttrs Set(params (string Name, uint Position)[] attributes)
    {
        AttrsBuilder builder = new(attributes.Length, _symbols);
        foreach ((string name, uint position) in attributes)
        {
            builder.Add(_symbols.Intern(name), VInt.Of(position), new PosIdx(position));
        }

        return builder.Build();
    }

    [Fact]
    public void SetsOfTheSameNamesAndPlacesShareOne()
    {
        VAttrs first = Set(("b", 2), ("a", 1));
        Assert.Same(first.Shape, Set(("a", 1), ("b", 2)).Shape);
        Assert.NotSame(first.Shape, Set(("a", 1), ("b", 3)).Shape);
        Assert.NotSame(first.Shape, Set(("a", 1)).Shape);
    }

    [Fact]
    public void MergingGivesTheShapeThatIsThere()
    {
        VAttrs whole = Set(("a", 1), ("b", 2), ("c", 3));
        VAttrs merged = VAttrs.Update(Set(("a", 1), ("b", 7)), Set(("b", 2), ("c", 3)));
        Assert.Same(whole.Shape, merged.Shape);
        Assert.Equal(new PosIdx(2), merged.PosOf(_symbols.Intern("b")));
    }

    [Fact]
    public void RemovingGivesTheShapeThatIsThere()
    {
        VAttrs less = Set(("a", 1), ("c", 3));
        VAttrs more = Set(("a", 1), ("b", 2), ("c", 3));
        Assert.Same(less.Shape, more.Without([more.Shape.IndexOf(_symbols.Intern("b"))]).Shape);
    }

    [Fact]
    public void PlacesOfOneSideAreKept()
    {
        VAttrs merged = VAttrs.Update(Set(("a", 0)), Set(("b", 2)));
        Assert.False(merged.PosOf(_symbols.Intern("a")).IsSet);
        Assert.Equal(new PosIdx(2), merged.PosOf(_symbols.Intern("b")));
    }
}

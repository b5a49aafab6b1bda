using System;
using System.Collections.Generic;
using System.Text;
using Firn.Eval.Values;
using Xunit;

namespace Firn.Eval.Tests;

/// <summary>Sets against a dictionary that does the same.</summary>
public sealed class AttributeSetTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(20)]
    [InlineData(60)]
    [InlineData(400)]
    public void UpdatesAgreeWithADictionary(int size)
    {
        Random random = new(size);
        SymbolTable symbols = new();
        Dictionary<Symbol, Value> expected = [];
        VAttrs set = VAttrs.Empty;
        for (int step = 0; step < 40; step++)
        {
            AttrsBuilder added = new(0);
            int count = step == 0 ? size : random.Next(0, 5);
            HashSet<Symbol> once = [];
            for (int i = 0; i < count; i++)
            {
                Symbol name = symbols.Intern(Encoding.UTF8.GetBytes($"n{random.Next(size * 2)}"));
                Value value = VInt.Of(random.Next());
                added.Add(name, value);
                if (once.Add(name))
                {
                    expected[name] = value;
                }
            }

            set = VAttrs.Update(set, added.Build());
            Symbol asked = symbols.Intern(Encoding.UTF8.GetBytes($"n{random.Next(size * 2)}"));
            Assert.Same(expected.GetValueOrDefault(asked), set.Get(asked));
        }

        Assert.Equal(expected.Count, set.Count);
        foreach ((Symbol name, Value value) in expected)
        {
            Assert.Same(value, set.Get(name));
        }
    }

    // The plan of a merge is made when two shapes meet, completed when they meet again, and used from then on.
    [Theory]
    [InlineData(5)]
    [InlineData(40)]
    public void SetsOfTheSameShapesAreMergedAlike(int size)
    {
        SymbolTable symbols = new();
        Symbol[] left = new Symbol[size];
        Symbol[] right = new Symbol[size];
        for (int i = 0; i < size; i++)
        {
            left[i] = symbols.Intern($"n{i}");
            right[i] = symbols.Intern($"n{(3 * i) + (size / 2)}");
        }

        AttrsTemplate under = new(left);
        AttrsTemplate over = new(right);
        for (int round = 0; round < 4; round++)
        {
            Value[] lower = new Value[size];
            Value[] upper = new Value[size];
            for (int i = 0; i < size; i++)
            {
                lower[i] = VInt.Of((1000 * round) + i);
                upper[i] = VInt.Of((1000 * round) + 500 + i);
            }

            VAttrs merged = VAttrs.Update(under.Make(lower), over.Make(upper));
            for (int i = 0; i < size; i++)
            {
                Assert.Same(upper[i], merged.Get(right[i]));
                if (Array.IndexOf(right, left[i]) < 0)
                {
                    Assert.Same(lower[i], merged.Get(left[i]));
                }
            }
        }
    }

    [Fact]
    public void TheFirstOfEqualNamesStays()
    {
        SymbolTable symbols = new();
        AttrsBuilder builder = new(2);
        builder.Add(symbols.Intern("b"), VInt.Of(1));
        builder.Add(symbols.Intern("a"), VInt.Of(2));
        builder.Add(symbols.Intern("b"), VInt.Of(3));
        VAttrs set = builder.Build();
        Assert.Equal(2, set.Count);
        Assert.Same(VInt.Of(1), set.Get(symbols.Intern("b")));
    }

    [Fact]
    public void EnumerationIsByBytes()
    {
        SymbolTable symbols = new();
        AttrsBuilder builder = new(4);
        foreach (string name in (string[])["b", "é", "Z", "a", "a-b", "a'"])
        {
            builder.Add(symbols.Intern(name), VNull.Instance);
        }

        List<string> names = [];
        foreach (Attr attr in builder.Build().InNameOrder(symbols))
        {
            names.Add(symbols.TextOf(attr.Name));
        }

        Assert.Equal(["Z", "a", "a'", "a-b", "b", "é"], names);
    }

    [Fact]
    public void PositionsFollowTheirAttributes()
    {
        SymbolTable symbols = new();
        Symbol a = symbols.Intern("a");
        Symbol b = symbols.Intern("b");
        AttrsBuilder left = new(2);
        left.Add(a, VNull.Instance, new PosIdx(1));
        left.Add(b, VNull.Instance, new PosIdx(2));
        AttrsBuilder right = new(1);
        right.Add(b, VNull.Instance, new PosIdx(3));
        VAttrs set = VAttrs.Update(left.Build(), right.Build());
        Assert.Equal(new PosIdx(1), set.PosOf(a));
        Assert.Equal(new PosIdx(3), set.PosOf(b));
    }
}

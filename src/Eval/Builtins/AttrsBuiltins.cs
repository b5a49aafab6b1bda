using System;
using System.Collections.Generic;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;

namespace Firn.Eval.Builtins;

/// <summary>Attribute sets.</summary>
public sealed class AttrsBuiltins(Evaluator ev) : IBuiltinFamily
{
    /// <inheritdoc/>
    public IReadOnlyList<Builtin> Builtins =>
    [
        Builtin.Of("attrNames", AttrNames, "The names of a set's attributes, sorted."),
        Builtin.Of("attrValues", AttrValues, "The values of a set's attributes, in the order of the names."),
        Builtin.Of("getAttr", GetAttr, "The attribute of a set that a string names."),
        Builtin.Of("hasAttr", HasAttr, "Whether a set has an attribute that a string names."),
        Builtin.Of("unsafeGetAttrPos", GetAttrPos, "Where an attribute of a set was written; null when that is unknown."),
        Builtin.Of("removeAttrs", RemoveAttrs, "A set without some of its attributes.", global: true),
        Builtin.Of("listToAttrs", ListToAttrs, "The set of a list of names and values; of equal names the first counts."),
        Builtin.Of("intersectAttrs", IntersectAttrs, "The attributes of the second set whose names are in the first too."),
        Builtin.Of("catAttrs", CatAttrs, "The values of one attribute in those sets of a list that have it."),
        Builtin.Of("mapAttrs", MapAttrs, "The set of a function's results for each name and value."),
        Builtin.Of("zipAttrsWith", ZipAttrsWith, "One set of several, each value a function's result for the name and the list of values."),
    ];

    private Value AttrNames(Value set)
    {
        VAttrs attrs = ev.ForceAttrs(set, "while evaluating the argument passed to builtins.attrNames");
        Value[] names = new Value[attrs.Count];
        int i = 0;
        foreach (Attr attr in attrs.InNameOrder(ev.Symbols))
        {
            names[i++] = ev.NameValue(attr.Name);
        }

        return VList.Of(names);
    }

    private Value AttrValues(Value set)
    {
        VAttrs attrs = ev.ForceAttrs(set, "while evaluating the argument passed to builtins.attrValues");
        Value[] values = new Value[attrs.Count];
        int i = 0;
        foreach (Attr attr in attrs.InNameOrder(ev.Symbols))
        {
            values[i++] = attr.Value;
        }

        return VList.Of(values);
    }

    private Value GetAttr(Value name, Value set)
    {
        Symbol wanted = ev.ForceName(name, "while evaluating the first argument passed to builtins.getAttr");
        VAttrs attrs = ev.ForceAttrs(set, "while evaluating the second argument passed to builtins.getAttr");
        return ev.GetAttr(attrs, wanted, "in the attribute set under consideration").Force();
    }

    private Value HasAttr(Value name, Value set)
    {
        byte[] bytes = ev.ForceStringNoContext(name, "while evaluating the first argument passed to builtins.hasAttr");
        VAttrs attrs = ev.ForceAttrs(set, "while evaluating the second argument passed to builtins.hasAttr");

        // A name that nothing has been called by is in no set.
        Symbol symbol = ev.Symbols.Lookup(bytes);
        return VBool.Of(symbol.IsSet && attrs.Has(symbol));
    }

    private Value GetAttrPos(Value name, Value set)
    {
        byte[] bytes = ev.ForceStringNoContext(name, "while evaluating the first argument passed to builtins.unsafeGetAttrPos");
        VAttrs attrs = ev.ForceAttrs(set, "while evaluating the second argument passed to builtins.unsafeGetAttrPos");
        return ev.PositionValue(attrs.PosOf(ev.Symbols.Intern(bytes)));
    }

    private Value RemoveAttrs(Value set, Value names)
    {
        VAttrs attrs = ev.ForceAttrs(set, "while evaluating the first argument passed to builtins.removeAttrs");
        VList list = ev.ForceList(names, "while evaluating the second argument passed to builtins.removeAttrs");
        Shape shape = attrs.Shape;
        Span<int> removed = list.Count <= 64 ? stackalloc int[list.Count] : new int[list.Count];
        int count = 0;
        foreach (Value item in list.Items)
        {
            Symbol symbol = ev.Symbols.Lookup(
                ev.ForceStringNoContext(item, "while evaluating the values of the second argument passed to builtins.removeAttrs"));
            int at = symbol.IsSet ? shape.IndexOf(symbol) : -1;
            if (at >= 0)
            {
                removed[count++] = at;
            }
        }

        if (count == 0)
        {
            return attrs;
        }

        removed = removed[..count];
        removed.Sort();
        return attrs.Without(removed);
    }

    private Value ListToAttrs(Value list)
    {
        VList items = ev.ForceList(list, "while evaluating the argument passed to builtins.listToAttrs");
        AttrsBuilder set = new(items.Count, ev.Symbols);
        HashSet<int>? seen = items.Count > 1 ? new HashSet<int>(items.Count) : null;
        List<VAttrs>? incomplete = null;
        foreach (Value item in items.Items)
        {
            VAttrs pair = ev.ForceAttrs(item, "while evaluating an element of the list passed to builtins.listToAttrs");
            Symbol symbol = ev.ForceName(
                ev.GetAttr(pair, WellKnown.Name, "in a {name=...; value=...;} pair"),
                "while evaluating the `name` attribute of an element of the list passed to builtins.listToAttrs",
                pair.PosOf(WellKnown.Name));
            if (seen is not null && !seen.Add(symbol.Id))
            {
                continue;
            }

            if (pair.Get(WellKnown.Value) is Value value)
            {
                set.Add(symbol, value, pair.PosOf(WellKnown.Value));
            }
            else
            {
                (incomplete ??= []).Add(pair);
            }
        }

        // All names come before the first missing value.
        if (incomplete is not null)
        {
            ev.GetAttr(incomplete[0], WellKnown.Value, "in a {name=...; value=...;} pair");
        }

        return set.Build();
    }

    private Value IntersectAttrs(Value first, Value second)
    {
        VAttrs left = ev.ForceAttrs(first, "while evaluating the first argument passed to builtins.intersectAttrs");
        VAttrs right = ev.ForceAttrs(second, "while evaluating the second argument passed to builtins.intersectAttrs");
        Shape leftShape = left.Shape;
        AttrsBuilder both = new(Math.Min(left.Count, right.Count), ev.Symbols);
        if (left.Count < right.Count)
        {
            for (int i = 0; i < leftShape.Count; i++)
            {
                Symbol name = leftShape.NameAt(i);
                if (right.Get(name) is Value value)
                {
                    both.Add(name, value, right.PosOf(name));
                }
            }
        }
        else
        {
            Shape rightShape = right.Shape;
            Value[] values = right.Values;
            for (int i = 0; i < values.Length; i++)
            {
                if (leftShape.IndexOf(rightShape.NameAt(i)) >= 0)
                {
                    both.Add(rightShape.NameAt(i), values[i], rightShape.PosAt(i));
                }
            }
        }

        return both.Build();
    }

    private Value CatAttrs(Value name, Value list)
    {
        Symbol symbol = ev.ForceName(name, "while evaluating the first argument passed to builtins.catAttrs");
        VList items = ev.ForceList(list, "while evaluating the second argument passed to builtins.catAttrs");
        Value[] found = new Value[items.Count];
        int count = 0;
        foreach (Value item in items.Items)
        {
            VAttrs set = ev.ForceAttrs(item, "while evaluating an element in the list passed as second argument to builtins.catAttrs");
            if (set.Get(symbol) is Value value)
            {
                found[count++] = value;
            }
        }

        return VList.Of(count == found.Length ? found : found[..count]);
    }

    private Value MapAttrs(Value function, Value set)
    {
        VAttrs attrs = ev.ForceAttrs(set, "while evaluating the second argument passed to builtins.mapAttrs");
        if (attrs.Count == 0)
        {
            return VAttrs.Empty;
        }

        PendingCalls2 calls = ev.DelayCalls2(function);
        Shape shape = attrs.Shape;
        Value[] values = attrs.Values;
        Value[] mapped = new Value[values.Length];
        for (int i = 0; i < mapped.Length; i++)
        {
            mapped[i] = calls.With(ev.NameValue(shape.NameAt(i)), values[i]);
        }

        return new VAttrs(shape.WithoutPositions, mapped);
    }

    private Value ZipAttrsWith(Value function, Value list)
    {
        Value f = ev.ForceFunction(function, "while evaluating the first argument passed to builtins.zipAttrsWith");
        VList items = ev.ForceList(list, "while evaluating the second argument passed to builtins.zipAttrsWith");
        Dictionary<Symbol, List<Value>> zipped = [];
        foreach (Value item in items.Items)
        {
            VAttrs set = ev.ForceAttrs(item, "while evaluating a value of the list passed as second argument to builtins.zipAttrsWith");
            for (int i = 0; i < set.Count; i++)
            {
                Attr attr = set.At(i);
                if (!zipped.TryGetValue(attr.Name, out List<Value>? values))
                {
                    zipped.Add(attr.Name, values = []);
                }

                values.Add(attr.Value);
            }
        }

        PendingCalls2 calls = ev.DelayCalls2(f);
        AttrsBuilder result = new(zipped.Count, ev.Symbols);
        foreach ((Symbol name, List<Value> values) in zipped)
        {
            result.Add(name, calls.With(ev.NameValue(name), VList.Of(values.ToArray())));
        }

        return result.Build();
    }
}

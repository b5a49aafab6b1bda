using System;

namespace Firn.Eval.Values;

/// <summary>Makes sets of the same names, which share one shape: cheap to make, to look into and to merge.</summary>
public sealed class AttrsTemplate
{
    private readonly Shape _shape;
    private readonly int[] _places;

    /// <param name="names">All different.</param>
    public AttrsTemplate(ReadOnlySpan<Symbol> names)
    {
        int[] keys = new int[names.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = names[i].Id;
        }

        Array.Sort(keys);
        _places = new int[keys.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            _places[i] = Array.BinarySearch(keys, names[i].Id);
        }

        _shape = new Shape(keys, null);
    }

    /// <summary>A set with these values, in the order in which the names were given.</summary>
    public VAttrs Make(ReadOnlySpan<Value> values)
    {
        Value[] sorted = new Value[_places.Length];
        for (int i = 0; i < sorted.Length; i++)
        {
            sorted[_places[i]] = values[i];
        }

        return new VAttrs(_shape, sorted);
    }
}

namespace Firn.Eval.Values;

/// <summary>An interned name. Equal names have equal ids; ids say nothing about the order of names.</summary>
public readonly record struct Symbol(int Id)
{
    /// <summary>No name: ids of a table start at 1.</summary>
    public static Symbol None => default;

    /// <summary>Whether this is a name at all.</summary>
    public bool IsSet => Id != 0;
}

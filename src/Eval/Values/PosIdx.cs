namespace Firn.Eval.Values;

/// <summary>
/// A position in some source that the evaluator has read: the base of the source in the
/// <see cref="Errors.PositionTable"/> plus a byte offset. 0 is "no position".
/// </summary>
public readonly record struct PosIdx(uint Value)
{
    /// <summary>No position.</summary>
    public static PosIdx None => default;

    /// <summary>Whether this names a position at all.</summary>
    public bool IsSet => Value != 0;
}

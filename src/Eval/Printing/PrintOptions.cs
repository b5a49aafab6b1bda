namespace Firn.Eval.Printing;

/// <summary>What a printer does about a value that fails.</summary>
public enum PrintErrors : byte
{
    /// <summary>Prints <c>«error: …»</c> in its place.</summary>
    Print,

    /// <summary>Lets the error through.</summary>
    Throw,

    /// <summary>Lets the error of the outermost value through and prints others.</summary>
    ThrowTopLevel,
}

/// <summary>How values are printed for people.</summary>
public sealed record PrintOptions
{
    /// <summary>How messages show a value: bounded in every direction.</summary>
    public static readonly PrintOptions ForErrors = new()
    {
        Colours = true,
        MaxDepth = 10,
        MaxAttrs = 10,
        MaxListItems = 10,
        MaxStringLength = 1024,
    };

    /// <summary>Whether terminal escapes are written.</summary>
    public bool Colours { get; init; }

    /// <summary>Whether thunks are evaluated; else they are shown as such.</summary>
    public bool Force { get; init; }

    /// <summary>Whether derivations are shown by their path, when evaluating.</summary>
    public bool DerivationPaths { get; init; }

    /// <summary>Whether a set or list that was printed before is shown as repeated.</summary>
    public bool TrackRepeated { get; init; } = true;

    /// <summary>Sets and lists below this depth are elided.</summary>
    public int MaxDepth { get; init; } = int.MaxValue;

    /// <summary>Attributes printed in all.</summary>
    public int MaxAttrs { get; init; } = int.MaxValue;

    /// <summary>List items printed in all.</summary>
    public int MaxListItems { get; init; } = int.MaxValue;

    /// <summary>Bytes of a string printed.</summary>
    public int MaxStringLength { get; init; } = int.MaxValue;

    /// <summary>Spaces for each level when printing over several lines; 0 for one line.</summary>
    public int Indent { get; init; }

    /// <summary>What happens to values that fail.</summary>
    public PrintErrors Errors { get; init; }
}

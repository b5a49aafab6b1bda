namespace Firn.Differential.Tests;

/// <summary>The type of a generated expression: lists and sets have elements of one sort.</summary>
internal sealed record Sort(string Name, string Plain, Sort? Element = null)
{
    public static readonly Sort Int = new("int", "0");
    public static readonly Sort Float = new("float", "0.5");
    public static readonly Sort Bool = new("bool", "true");
    public static readonly Sort String = new("string", "\"\"");
    public static readonly Sort Path = new("path", "/a");
    public static readonly Sort Null = new("null", "null");
    public static readonly Sort Function = new("function", "(x: x)");
    public static readonly Sort Derivation = new("derivation", "(derivation { name = \"d\"; system = \"s\"; builder = \"b\"; })");

    /// <summary>Text that is no expression, or one of any type.</summary>
    public static readonly Sort Other = new("other", "null");

    public static Sort List(Sort element) => new("list", "[ ]", element);

    public static Sort Set(Sort element) => new("set", "{ }", element);

    /// <summary>The smallest expression of the sort.</summary>
    public Expression Plainest
    {
        get
        {
            Expression plain = $"{Plain}";
            return plain.As(this);
        }
    }

    /// <summary>Whether two of them can be compared by <c>==</c> with one answer everywhere: functions cannot.</summary>
    public bool IsComparable => Element?.IsComparable ?? (this != Function && this != Derivation);

    /// <summary>Whether <c>&lt;</c> knows it.</summary>
    public bool IsOrdered => this == Int || this == Float || this == String || this == Path || (Name == "list" && Element!.IsOrdered);

    /// <summary>Whether a float is in it.</summary>
    public bool HasFloats => this == Float || (Element?.HasFloats ?? false);
}

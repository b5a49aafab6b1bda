using System.Collections.Generic;
using Firn.Eval.Evaluation;

namespace Firn.Eval.Builtins.Toml;

/// <summary>A part of a TOML document.</summary>
public abstract class TomlNode
{
    private protected TomlNode()
    {
    }
}

/// <summary>How a table came to be; decides what may still be added to it.</summary>
internal enum TomlTableOrigin : byte
{
    /// <summary>A header named something below it.</summary>
    Implied,

    /// <summary>A header of its own, or the whole document.</summary>
    Header,

    /// <summary>A dotted key.</summary>
    DottedKey,

    /// <summary>Braces: complete as it stands.</summary>
    Inline,
}

/// <summary>Keys and values; keys are bytes.</summary>
public sealed class TomlTable : TomlNode
{
    private readonly Dictionary<byte[], TomlNode> _items = new(ByteArrayComparer.Instance);

    internal TomlTable(TomlTableOrigin origin) => Origin = origin;

    internal TomlTableOrigin Origin { get; set; }

    public IReadOnlyDictionary<byte[], TomlNode> Items => _items;

    internal bool TryAdd(byte[] key, TomlNode value) => _items.TryAdd(key, value);
}

/// <summary>An array.</summary>
public sealed class TomlArray : TomlNode
{
    internal TomlArray(bool isOfTables) => IsOfTables = isOfTables;

    /// <summary>Whether it was made by headers in double brackets, which add to it.</summary>
    internal bool IsOfTables { get; }

    internal List<TomlNode> Elements { get; } = [];

    public IReadOnlyList<TomlNode> Items => Elements;
}

/// <summary>A string, UTF-8.</summary>
public sealed class TomlString : TomlNode
{
    internal TomlString(byte[] value) => Value = value;

    public byte[] Value { get; }
}

/// <summary>An integer.</summary>
public sealed class TomlInteger : TomlNode
{
    internal TomlInteger(long value) => Value = value;

    public long Value { get; }
}

/// <summary>A float.</summary>
public sealed class TomlFloat : TomlNode
{
    internal TomlFloat(double value) => Value = value;

    public double Value { get; }
}

/// <summary>True or false.</summary>
public sealed class TomlBoolean : TomlNode
{
    internal TomlBoolean(bool value) => Value = value;

    public bool Value { get; }
}

/// <summary>A date, a time or both.</summary>
public sealed class TomlTimestamp : TomlNode
{
    internal TomlTimestamp(string value) => Value = value;

    /// <summary>In the form of RFC 3339: an upper-case T, seconds, and 0, 3, 6 or 9 digits behind them.</summary>
    public string Value { get; }
}

using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Firn.Differential.Tests;

/// <summary>The ways in which <c>nix-instantiate --eval</c> shows a value.</summary>
internal enum Printing
{
    /// <summary>Evaluated no further than to know what it is.</summary>
    Lazy,

    /// <summary>The same with <c>--xml --no-location</c>.</summary>
    LazyXml,

    /// <summary><c>--strict</c>.</summary>
    Strict,

    /// <summary><c>--strict --xml --no-location</c>.</summary>
    Xml,

    /// <summary><c>--strict --json</c>.</summary>
    Json,
}

internal static class Printings
{
    public static IReadOnlyList<string> Flags(this Printing printing) => printing switch
    {
        Printing.Lazy => [],
        Printing.LazyXml => ["--xml", "--no-location"],
        Printing.Strict => ["--strict"],
        Printing.Xml => ["--strict", "--xml", "--no-location"],
        Printing.Json => ["--strict", "--json"],
    };

    /// <summary>One expression for many: it shows each as it would be shown alone.</summary>
    public static string Join(this Printing printing, IReadOnlyList<string> expressions)
    {
        if (printing is not (Printing.Lazy or Printing.LazyXml))
        {
            return "[\n" + string.Concat(expressions.Select(static e => $"({e}\n)\n")) + "]";
        }

        // The elements of a list are not evaluated by printing the list.
        string Name(int i) => "joined" + i.ToString(CultureInfo.InvariantCulture);
        IEnumerable<int> all = Enumerable.Range(0, expressions.Count);
        return "let\n" + string.Concat(all.Select(i => $"{Name(i)} = (\n{expressions[i]}\n);\n"))
            + "in " + string.Concat(all.Select(i => $"builtins.seq {Name(i)} ("))
            + "[ " + string.Join(' ', all.Select(Name)) + " ]" + new string(')', expressions.Count);
    }
}

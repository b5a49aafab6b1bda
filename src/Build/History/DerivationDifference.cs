using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using Firn.Formats.Derivations;
using Firn.Formats.StorePaths;

namespace Firn.Build.History;

/// <summary>Why one derivation is not another one of the same name.</summary>
/// <param name="Inputs">Names of inputs from the derivation down to the one that itself differs; empty for the derivation itself.</param>
/// <param name="What">What differs there.</param>
public sealed record DerivationChange(IReadOnlyList<string> Inputs, string What);

/// <summary>Finds what made a derivation another one: something of its own, else the first of its inputs, down to the cause.</summary>
/// <param name="dir">Prints store paths.</param>
/// <param name="read">A derivation of either time; null where it is not known any more.</param>
public sealed partial class DerivationDifference(StoreDir dir, Func<StorePath, Derivation?> read)
{
    private const int LongestValue = 60;

    private readonly HashSet<(StorePath, StorePath)> _seen = [];

    /// <summary>The first difference; null where none is found, as where an old input is not known any more.</summary>
    public DerivationChange? Find(StorePath before, StorePath now)
    {
        if (before == now || !_seen.Add((before, now)) || read(before) is not { } old || read(now) is not { } made)
        {
            return null;
        }

        if (Own(old, made) is { } own)
        {
            return new DerivationChange([], own);
        }

        // One that is gone and one that came are the same input where their names are.
        List<StorePath> gone = [.. Inputs(old).Except(Inputs(made))], came = [.. Inputs(made).Except(Inputs(old))];
        DerivationChange? unknown = null;
        foreach (StorePath input in came)
        {
            string name = PackageName.WithoutVersion(input.DerivationName);
            int same = gone.FindIndex(g => PackageName.WithoutVersion(g.DerivationName) == name);
            if (same < 0)
            {
                return new DerivationChange([], $"it has the new input '{input.DerivationName}'");
            }

            StorePath was = gone[same];
            gone.RemoveAt(same);
            if (Find(was, input) is { } deeper)
            {
                return deeper with { Inputs = [input.DerivationName, .. deeper.Inputs] };
            }

            unknown ??= new DerivationChange([input.DerivationName], "it was another derivation, which is not known any more");
        }

        return gone.Count > 0 ? new DerivationChange([], $"it has no input '{gone[0].DerivationName}' any more") : unknown;
    }

    private static IEnumerable<StorePath> Inputs(Derivation derivation) => derivation.InputDerivations.Select(i => i.Path);

    private string? Own(Derivation old, Derivation made)
    {
        if (old.Name != made.Name)
        {
            return $"its name was '{old.Name}' and is '{made.Name}'";
        }

        if (old.Platform != made.Platform)
        {
            return $"its system was '{old.Platform}' and is '{made.Platform}'";
        }

        if (Neutral(old.Builder) != Neutral(made.Builder))
        {
            return $"its builder was '{Shown(old.Builder)}' and is '{Shown(made.Builder)}'";
        }

        string[] before = [.. old.Arguments.Select(a => Neutral(a))], now = [.. made.Arguments.Select(a => Neutral(a))];
        for (int i = 0; i < Math.Max(before.Length, now.Length); i++)
        {
            if (i >= before.Length || i >= now.Length || before[i] != now[i])
            {
                return $"argument {i + 1} of its builder {Difference(i < before.Length ? before[i] : null, i < now.Length ? now[i] : null)}";
            }
        }

        SortedDictionary<string, string> variables = Variables(old), others = Variables(made);
        foreach (string name in variables.Keys.Union(others.Keys).Order(StringComparer.Ordinal))
        {
            string? a = variables.GetValueOrDefault(name), b = others.GetValueOrDefault(name);
            if (a != b)
            {
                return $"its attribute '{name}' {Difference(a, b)}";
            }
        }

        return Sources(old.InputSources, made.InputSources) ?? Outputs(old, made);
    }

    private string? Sources(ImmutableArray<StorePath> old, ImmutableArray<StorePath> made)
    {
        List<StorePath> gone = [.. old.Except(made)];
        foreach (StorePath source in made.Except(old))
        {
            return gone.Exists(g => g.Name == source.Name)
                ? $"its source '{source.Name}' differs: it was {dir.Print(gone.Find(g => g.Name == source.Name))} and is {dir.Print(source)}"
                : $"it has the new source '{source.Name}'";
        }

        return gone.Count > 0 ? $"it has no source '{gone[0].Name}' any more" : null;
    }

    private static string? Outputs(Derivation old, Derivation made)
    {
        string before = string.Join(", ", old.Outputs.Select(o => o.Name)), now = string.Join(", ", made.Outputs.Select(o => o.Name));
        return before != now ? $"its outputs were {before} and are {now}" : null;
    }

    private SortedDictionary<string, string> Variables(Derivation derivation)
    {
        SortedDictionary<string, string> variables = new(StringComparer.Ordinal);
        foreach (EnvironmentVariable variable in derivation.Environment)
        {
            variables[Encoding.UTF8.GetString(variable.Name)] = Neutral(variable.Value);
        }

        return variables;
    }

    private static string Difference(string? old, string? made)
    {
        if (old is null)
        {
            return $"is new: {Quoted(made!, 0)}";
        }

        if (made is null)
        {
            return $"is gone; it was {Quoted(old, 0)}";
        }

        int same = old.AsSpan().CommonPrefixLength(made);
        // Some of what is the same shows where in a long text it is.
        int from = old.Length <= LongestValue && made.Length <= LongestValue ? 0 : Math.Max(0, same - 20);
        return $"differs: it was {Quoted(old, from)} and is {Quoted(made, from)}";
    }

    private static string Quoted(string value, int from)
    {
        string part = value[Math.Min(from, value.Length)..];
        bool cut = part.Length > LongestValue;
        string shown = (cut ? part[..LongestValue] : part).Replace("\n", "\\n", StringComparison.Ordinal);
        return "\"" + (from > 0 ? "…" : "") + shown + (cut ? "…" : "") + "\"";
    }

    private static string Shown(byte[] text) => Encoding.UTF8.GetString(text);

    // A path of an input changes with the input: that is told of the input.
    private static string Neutral(ReadOnlySpan<byte> text) => Digits().Replace(Encoding.UTF8.GetString(text), "/…-");

    [GeneratedRegex("/[0-9abcdfghijklmnpqrsvwxyz]{32}-")]
    private static partial Regex Digits();
}

/// <summary>Names of packages.</summary>
public static class PackageName
{
    /// <summary>The part of a name before its version, which begins behind the first dash that no letter follows.</summary>
    public static string WithoutVersion(string name)
    {
        for (int i = 0; i + 1 < name.Length; i++)
        {
            if (name[i] == '-' && !char.IsAsciiLetter(name[i + 1]))
            {
                return name[..i];
            }
        }

        return name;
    }
}

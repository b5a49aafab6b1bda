using System;

namespace Firn.Formats.StorePaths;

/// <summary>The rules for the name of a store object.</summary>
public static class StorePathName
{
    /// <summary>What is wrong with a name, as users read it; null when it is a good one.</summary>
    public static string? Fault(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty)
        {
            return "name must not be empty";
        }

        if (name.Length > StorePath.MaxNameLength)
        {
            return $"name '{name}' must be no longer than {StorePath.MaxNameLength} characters";
        }

        int dots = name.StartsWith("..", StringComparison.Ordinal) ? 2 : name[0] == '.' ? 1 : 0;
        if (dots > 0)
        {
            if (name.Length == dots)
            {
                return $"name '{name}' is not valid";
            }

            if (name[dots] == '-')
            {
                return $"name '{name}' is not valid: first dash-separated component must not be '{name[..dots]}'";
            }
        }

        foreach (char c in name)
        {
            if (!(char.IsAsciiLetterOrDigit(c) || c is '+' or '-' or '.' or '_' or '?' or '='))
            {
                return $"name '{name}' contains illegal character '{c}'";
            }
        }

        return null;
    }

    /// <exception cref="BadStorePathException">The name breaks a rule.</exception>
    public static void Check(ReadOnlySpan<char> name)
    {
        if (Fault(name) is string fault)
        {
            throw new BadStorePathException(fault);
        }
    }
}

using System;
using System.Collections.Generic;
using System.Globalization;
using Firn.Cli.Settings;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Wiring;

/// <summary>What stands after the question mark of a store URL, read as the settings of that store alone.</summary>
internal sealed class StoreParameters(CommandContext context, StoreReference reference)
{
    // Settings of every kind of store, which nothing here depends on.
    private readonly HashSet<string> _known = new(["path-info-cache-size", "priority", "store", "system-features", "trusted", "want-mass-query"], StringComparer.Ordinal);

    /// <summary>A text; null where it is not given.</summary>
    public string? Text(string name)
    {
        _known.Add(name);
        return reference.Parameters.TryGetValue(name, out string? value) ? value : null;
    }

    /// <summary>An absolute path; null where it is not given or empty.</summary>
    /// <exception cref="CliException">It is not absolute.</exception>
    public string? Path(string name)
    {
        string? value = Text(name);
        return string.IsNullOrEmpty(value) ? null : Absolute(value);
    }

    /// <exception cref="CliException">It is not absolute.</exception>
    public static string Absolute(string path) =>
        path.StartsWith('/') ? StoreDir.Canonical(path) : throw new CliException($"not an absolute path: \"{path}\"");

    /// <summary>A boolean; null where it is not given.</summary>
    /// <exception cref="CliException">It is none.</exception>
    public bool? Bool(string name) => Text(name) switch
    {
        null => null,
        "true" or "yes" or "1" => true,
        "false" or "no" or "0" => false,
        string value => throw new CliException($"Boolean setting '{name}' has invalid value '{value}'", hint: Hint),
    };

    /// <summary>A number; null where it is not given.</summary>
    /// <exception cref="CliException">It is none.</exception>
    public int? Int(string name) => Text(name) is not { } value ? null
        : int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number
        : throw new CliException($"setting '{name}' has invalid value '{value}'", hint: Hint);

    /// <summary>A boolean that needs an experimental feature: without that it counts as not given.</summary>
    public bool Bool(string name, string feature)
    {
        bool value = Bool(name) ?? false;
        if (!value || context.Settings.HasFeature(feature))
        {
            return value;
        }

        context.Warn($"Ignoring setting '{name}' because experimental feature '{feature}' is not enabled");
        return false;
    }

    /// <summary>Says which parameters nobody has read, after all others have been.</summary>
    /// <returns>Those that mean something.</returns>
    /// <exception cref="CliException">One for every kind of store is malformed.</exception>
    public IReadOnlyDictionary<string, string> Finish()
    {
        if (Text("priority") is string priority && !int.TryParse(priority, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
        {
            throw new CliException($"setting 'priority' has invalid value '{priority}'", hint: Hint);
        }

        SortedDictionary<string, string> known = new(StringComparer.Ordinal);
        foreach ((string name, string value) in reference.Parameters)
        {
            if (_known.Contains(name))
            {
                known.Add(name, value);
            }
            else
            {
                context.Warn($"unknown setting '{name}'");
            }
        }

        return known;
    }

    private string Hint => $"Try '{context.ProgramName} --help' for more information.";
}

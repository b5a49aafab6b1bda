using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.Json;

namespace Firn.Cli.Settings;

/// <summary>Reads the texts of settings by their kinds and brings them into one form.</summary>
internal static class SettingText
{
    private static readonly char[] s_space = [' ', '\t', '\n', '\r'];

    public static string[] Words(string text) => text.Split(s_space, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The text in its usual form.</summary>
    /// <exception cref="CliException">It does not fit the setting.</exception>
    public static string Normalise(SettingDefinition setting, string value, Action<string> warn) => setting.Kind switch
    {
        SettingKind.Bool => value switch
        {
            "true" or "yes" or "1" => "true",
            "false" or "no" or "0" => "false",
            _ => throw CliException.Usage($"Boolean setting '{setting.Name}' has invalid value '{value}'"),
        },
        SettingKind.Int or SettingKind.SignedInt => Number(value, setting.Kind == SettingKind.SignedInt)?.ToString(CultureInfo.InvariantCulture)
            ?? throw CliException.Usage($"setting '{setting.Name}' has invalid value '{value}'"),
        SettingKind.MaxJobs => value == "auto" ? Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture)
            : uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out uint jobs) ? jobs.ToString(CultureInfo.InvariantCulture)
            : throw CliException.Usage($"configuration setting '{setting.Name}' should be 'auto' or an integer"),
        SettingKind.Sandbox => value is "true" or "false" or "relaxed" ? value : throw CliException.Usage($"option '{setting.Name}' has invalid value '{value}'"),
        SettingKind.Lint => value is "ignore" or "warn" or "fatal" ? value
            : throw CliException.Usage($"option '{setting.Name}' has invalid value '{value}' (expected 'ignore', 'warn', or 'fatal')"),
        SettingKind.EvalProfiler => value is "disabled" or "flamegraph" ? value : throw CliException.Usage($"option '{setting.Name}' has invalid value '{value}'"),
        SettingKind.Path or SettingKind.AnyPath when value.Length == 0 => throw CliException.Usage($"setting '{setting.Name}' is a path and paths cannot be empty"),
        SettingKind.Path => AbsolutePath(value),
        SettingKind.AnyPath => value,
        SettingKind.OptionalPath => value.Length > 0 ? AbsolutePath(value) : "",
        SettingKind.Json => Json(setting, value),
        SettingKind.List or SettingKind.Paths => string.Join(' ', Words(value)),
        SettingKind.Set or SettingKind.PathSet => Sorted(Words(value)),
        SettingKind.StoreUrls => string.Join(' ', StoreUrls(value)),
        SettingKind.StoreUrlSet => Sorted(StoreUrls(value)),
        SettingKind.Features => Features(value, warn),
        SettingKind.Map or SettingKind.PathMap => Entries(setting, Words(value)),
        SettingKind.StoreUrl => CheckedStoreUrl(value),
        SettingKind.String => value,
    };

    /// <summary>The value with what <c>extra-NAME</c> adds.</summary>
    public static string Join(SettingDefinition setting, string before, string added)
    {
        string both = before.Length == 0 ? added : added.Length == 0 ? before : before + " " + added;
        return setting.Kind switch
        {
            SettingKind.Set or SettingKind.StoreUrlSet or SettingKind.Features => Sorted(Words(both)),
            SettingKind.Map or SettingKind.PathMap => Entries(setting, Words(both)),
            _ => both,
        };
    }

    /// <summary>As <c>nix config show</c> prints it.</summary>
    public static string Show(SettingDefinition setting, string value)
    {
        switch (setting.Kind)
        {
            case SettingKind.StoreUrl:
                return Firn.Store.StoreReference.Parse(value).Render(withParameters: true);
            case SettingKind.Map:
                // Each entry is led by a space, the first too.
                return value.Length == 0 ? "" : " " + value;
            case SettingKind.PathMap:
                List<string> shown = [];
                foreach (string word in Words(value))
                {
                    (string inside, string outside, bool optional) = SandboxPath(word);
                    shown.Add((inside == outside ? inside : inside + "=" + outside) + (optional ? "?" : ""));
                }

                return string.Join(' ', shown);
            default:
                return value;
        }
    }

    /// <summary>The parts of <c>inside=outside?</c>.</summary>
    public static (string Inside, string Outside, bool Optional) SandboxPath(string word)
    {
        bool optional = word.EndsWith('?');
        string path = optional ? word[..^1] : word;
        int equals = path.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (path, path, optional) : (path[..equals], path[(equals + 1)..], optional);
    }

    /// <summary>A number with its unit, or null.</summary>
    /// <param name="signed">Whether it may be negative.</param>
    public static long? Number(string text, bool signed = false)
    {
        if (text.Length == 0)
        {
            return null;
        }

        long factor = char.ToUpperInvariant(text[^1]) switch { 'K' => 1L << 10, 'M' => 1L << 20, 'G' => 1L << 30, 'T' => 1L << 40, _ => 1 };
        string digits = factor == 1 ? text : text[..^1];
        return long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            && (signed || digits[0] != '-') && Int128.Abs(number) <= long.MaxValue / factor
            ? number * factor
            : null;
    }

    private static string[] StoreUrls(string value) => Array.ConvertAll(Words(value), StoreUrl);

    // Kept as it is: what a relative path means is decided where the store is opened.
    private static string CheckedStoreUrl(string value)
    {
        _ = StoreUrl(value);
        return value;
    }

    private static string StoreUrl(string word)
    {
        try
        {
            return Firn.Store.StoreReference.Parse(word).Render(withParameters: true);
        }
        catch (Firn.Store.StoreException e)
        {
            throw CliException.Usage(e.Message);
        }
    }

    private static string AbsolutePath(string value) =>
        value[0] == '/' ? Formats.StorePaths.StoreDir.Canonical(value) : throw new CliException($"not an absolute path: \"{value}\"");

    private static string Json(SettingDefinition setting, string value)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(value);
            return document.RootElement.ValueKind == JsonValueKind.Array ? value : throw CliException.Usage($"parsing setting '{setting.Name}': not an array");
        }
        catch (JsonException e)
        {
            throw CliException.Usage($"parsing setting '{setting.Name}': {e.Message}");
        }
    }

    private static string Sorted(string[] words) => string.Join(' ', new SortedSet<string>(words, StringComparer.Ordinal));

    private static string Features(string value, Action<string> warn)
    {
        SortedSet<string> features = new(StringComparer.Ordinal);
        foreach (string name in new SortedSet<string>(Words(value), StringComparer.Ordinal))
        {
            if (ExperimentalFeatures.Exists(name))
            {
                features.Add(name);
                if (name == "flakes")
                {
                    features.Add("fetch-tree");
                }
            }
            else if (name == "no-url-literals")
            {
                warn($"experimental feature '{name}' has been stabilized and renamed; use 'lint-url-literals = fatal' setting instead");
            }
            else
            {
                warn($"unknown experimental feature '{name}'");
            }
        }

        return string.Join(' ', features);
    }

    /// <summary>Entries by key; of two with one key the first stays.</summary>
    private static string Entries(SettingDefinition setting, string[] words)
    {
        SortedDictionary<string, string> entries = new(StringComparer.Ordinal);
        foreach (string word in words)
        {
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            if (setting.Kind == SettingKind.PathMap)
            {
                entries.TryAdd(SandboxPath(word).Inside, word);
            }
            else if (equals >= 0)
            {
                entries.TryAdd(word[..equals], word);
            }
        }

        return string.Join(' ', entries.Values);
    }
}

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using Firn.Formats.Conf;

namespace Firn.Cli.Settings;

/// <summary>
/// The settings of this process: defaults, then the files of <c>nix.conf</c>, then <c>NIX_CONFIG</c>, then flags.
/// </summary>
/// <remarks>Source: nix.conf(5). Not a static: the records that the libraries take are made from it.</remarks>
internal sealed class NixSettings
{
    private readonly Dictionary<string, SettingDefinition> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _given = new(StringComparer.Ordinal);
    private readonly Action<string> _warn;

    private NixSettings(Action<string> warn)
    {
        _warn = warn;
        foreach (SettingDefinition setting in SettingTable.All)
        {
            _byName.Add(setting.Name, setting);
            foreach (string alias in setting.Aliases)
            {
                _byName.Add(alias, setting);
            }
        }
    }

    /// <summary>The folder of the system's <c>nix.conf</c>.</summary>
    public string ConfDir { get; private init; } = "/etc/nix";

    /// <summary>Reads the configuration files and <c>NIX_CONFIG</c>.</summary>
    /// <param name="environment">Looks up an environment variable; null where it is not set.</param>
    /// <param name="warn">Receives the text of each warning.</param>
    public static NixSettings Load(Func<string, string?> environment, Action<string> warn)
    {
        string confDir = environment("NIX_CONF_DIR") is { Length: > 0 } dir ? dir : "/etc/nix";
        NixSettings settings = new(warn) { ConfDir = confDir };
        settings.ApplyFile(Path.Combine(confDir, "nix.conf"));
        foreach (string file in UserFiles(environment))
        {
            settings.ApplyFile(file);
        }

        if (environment("NIX_CONFIG") is { Length: > 0 } text)
        {
            settings.Apply(text, "NIX_CONFIG");
        }

        return settings;
    }

    /// <summary>The configuration files of the user, last word last.</summary>
    public static IEnumerable<string> UserFiles(Func<string, string?> environment)
    {
        if (environment("NIX_USER_CONF_FILES") is string given)
        {
            foreach (string file in given.Split(':', StringSplitOptions.RemoveEmptyEntries))
            {
                yield return file;
            }

            yield break;
        }

        // The user's own file has the last word, so the system-wide ones come first.
        string[] dirs = (environment("XDG_CONFIG_DIRS") is { Length: > 0 } list ? list : "/etc/xdg").Split(':', StringSplitOptions.RemoveEmptyEntries);
        for (int i = dirs.Length - 1; i >= 0; i--)
        {
            yield return Path.Combine(dirs[i], "nix", "nix.conf");
        }

        string? home = environment("XDG_CONFIG_HOME") is { Length: > 0 } xdg ? xdg
            : environment("HOME") is { Length: > 0 } h ? Path.Combine(h, ".config") : null;
        if (home is not null)
        {
            yield return Path.Combine(home, "nix", "nix.conf");
        }
    }

    private void ApplyFile(string file)
    {
        if (ReadIfThere(file) is string text)
        {
            Apply(text, file);
        }
    }

    private static string? ReadIfThere(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            throw new CliException($"opening file '{file}': Permission denied");
        }
    }

    private void Apply(string text, string origin)
    {
        foreach (ConfSetting setting in ConfReader.Read(text, origin, ReadIfThere))
        {
            if (!TrySet(setting.Name, setting.Value))
            {
                _warn($"unknown setting '{setting.Name}'");
            }
        }
    }

    /// <summary>Sets a setting by name, alias or <c>extra-NAME</c>; false where no such setting is.</summary>
    /// <exception cref="CliException">The value does not fit the setting.</exception>
    public bool TrySet(string name, string value)
    {
        bool append = false;
        if (!_byName.TryGetValue(name, out SettingDefinition? setting))
        {
            if (!name.StartsWith("extra-", StringComparison.Ordinal) || !_byName.TryGetValue(name[6..], out setting) || !setting.Appendable)
            {
                return false;
            }

            append = true;
        }

        Check(setting, name, value);
        string before = append ? Raw(setting) : "";
        _values[setting.Name] = before.Length == 0 ? value : before + " " + value;
        _given.Add(setting.Name);
        return true;
    }

    /// <summary>Gives a setting the value that a command has for it. The setting does not count as set by the user.</summary>
    public void Assign(string name, string value) => _values[_byName[name].Name] = value;

    /// <summary>The definition behind a name or alias, or null.</summary>
    public SettingDefinition? Find(string name) => _byName.GetValueOrDefault(name);

    private static void Check(SettingDefinition setting, string name, string value)
    {
        switch (setting.Kind)
        {
            case SettingKind.Bool:
                _ = ParseBool(name, value);
                break;
            case SettingKind.Int:
                _ = ParseInt(name, value);
                break;
            case SettingKind.MaxJobs when value != "auto":
                _ = ParseInt(name, value);
                break;
            case SettingKind.Sandbox when value != "relaxed":
                _ = ParseBool(name, value);
                break;
            case SettingKind.Map:
                break;
            case SettingKind.MaxJobs or SettingKind.Sandbox or SettingKind.String or SettingKind.List or SettingKind.Set or SettingKind.Json:
                break;
        }
    }

    private static bool ParseBool(string name, string value) => value switch
    {
        "true" or "yes" or "1" => true,
        "false" or "no" or "0" => false,
        _ => throw new CliException($"Boolean setting '{name}' has invalid value '{value}'"),
    };

    private static long ParseInt(string name, string value)
    {
        long factor = 1;
        string digits = value;
        if (value.Length > 0)
        {
            factor = char.ToUpperInvariant(value[^1]) switch { 'K' => 1L << 10, 'M' => 1L << 20, 'G' => 1L << 30, 'T' => 1L << 40, _ => 1 };
            digits = factor == 1 ? value : value[..^1];
        }

        return long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            ? checked(number * factor)
            : throw new CliException($"setting '{name}' has invalid value '{value}'");
    }

    private string Raw(SettingDefinition setting) => _values.TryGetValue(setting.Name, out string? value)
        ? value : setting.Default.Replace("{conf}", ConfDir, StringComparison.Ordinal);

    /// <summary>The text of a setting.</summary>
    public string String(string name) => Raw(_byName[name]);

    /// <summary>Whether the user set it anywhere.</summary>
    public bool IsSet(string name) => _given.Contains(_byName[name].Name);

    public bool Bool(string name) => ParseBool(name, String(name));

    public long Int(string name) => ParseInt(name, String(name));

    /// <summary>The words of a list or set.</summary>
    public string[] List(string name) => String(name).Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The words <c>key=value</c> of a map.</summary>
    public Dictionary<string, string> Map(string name)
    {
        Dictionary<string, string> map = new(StringComparer.Ordinal);
        foreach (string word in List(name))
        {
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals >= 0)
            {
                map[word[..equals]] = word[(equals + 1)..];
            }
        }

        return map;
    }

    /// <summary>Whether an experimental feature is on.</summary>
    public bool HasFeature(string feature) => Array.IndexOf(List("experimental-features"), feature) >= 0;

    /// <exception cref="CliException">The experimental feature is not on.</exception>
    public void RequireFeature(string feature)
    {
        if (!HasFeature(feature))
        {
            throw CliException.MissingFeature(feature);
        }
    }
}

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using Firn.Formats.Conf;
using Firn.Formats.Hashing;

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
    private readonly HashSet<string> _overridden = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _unknown = new(StringComparer.Ordinal);
    private readonly Action<string> _warn;
    private readonly SettingDefaults _defaults;

    private NixSettings(SettingDefaults defaults, Action<string> warn)
    {
        _defaults = defaults;
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
    public string ConfDir => _defaults.ConfDir;

    /// <summary>Reads the configuration files and <c>NIX_CONFIG</c>.</summary>
    /// <param name="environment">Looks up an environment variable; null where it is not set.</param>
    /// <param name="warn">Receives the text of each warning.</param>
    public static NixSettings Load(Func<string, string?> environment, Action<string> warn)
    {
        string confDir = environment("NIX_CONF_DIR") is { Length: > 0 } dir ? dir : "/etc/nix";
        NixSettings settings = new(new SettingDefaults(environment, confDir), warn);
        bool searchPathGiven = environment("NIX_PATH") is not null;
        settings.ApplyFile(Path.Combine(confDir, "nix.conf"), searchPathGiven);
        // A daemon reads this file too.
        settings._overridden.Clear();
        List<string> files = [.. UserFiles(environment)];
        for (int i = files.Count - 1; i >= 0; i--)
        {
            settings.ApplyFile(files[i], searchPathGiven);
        }

        if (environment("NIX_CONFIG") is { Length: > 0 } text)
        {
            settings.Apply(text, "NIX_CONFIG", searchPathGiven);
        }

        if (environment("NIX_PATH") is string searchPath)
        {
            settings.TrySet("nix-path", string.Join(' ', Wiring.SearchPath.SplitVariable(searchPath)));
        }

        foreach (string name in settings._unknown)
        {
            warn($"unknown setting '{name}'");
        }

        return settings;
    }

    /// <summary>The configuration files of the user; what an earlier one says counts more.</summary>
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

        string? home = environment("XDG_CONFIG_HOME") is { Length: > 0 } xdg ? xdg
            : environment("HOME") is { Length: > 0 } h ? Path.Combine(h, ".config") : null;
        if (home is not null)
        {
            yield return Path.Combine(home, "nix", "nix.conf");
        }

        foreach (string dir in (environment("XDG_CONFIG_DIRS") is { Length: > 0 } list ? list : "/etc/xdg").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            yield return Path.Combine(dir, "nix", "nix.conf");
        }
    }

    private void ApplyFile(string file, bool searchPathGiven)
    {
        if (ReadIfThere(file) is string text)
        {
            Apply(text, file, searchPathGiven);
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
        catch (UnauthorizedAccessException) when (Directory.Exists(file))
        {
            // As for others: it can be opened, and has no lines.
            return "";
        }
        catch (UnauthorizedAccessException)
        {
            throw new CliException($"opening file '{file}': Permission denied");
        }
    }

    private void Apply(string text, string origin, bool searchPathGiven)
    {
        List<ConfSetting> lines = ConfReader.Read(text, origin, ReadIfThere);
        // Other settings may depend on features, wherever in the file those are switched on.
        foreach (ConfSetting line in lines)
        {
            if (IsFeatures(line.Name))
            {
                TrySet(line.Name, line.Value);
            }
        }

        foreach (ConfSetting line in lines)
        {
            bool overruled = searchPathGiven && line.Name is ("nix-path" or "extra-nix-path");
            if (!IsFeatures(line.Name) && !overruled && !TrySet(line.Name, line.Value))
            {
                _unknown.Add(line.Name);
            }
        }
    }

    private static bool IsFeatures(string name) => name is "experimental-features" or "extra-experimental-features";

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

        if (setting.Feature is string feature && !HasFeature(feature))
        {
            _warn($"Ignoring setting '{setting.Name}' because experimental feature '{feature}' is not enabled");
        }
        else
        {
            string text = SettingText.Normalise(setting, value, _warn);
            _values[setting.Name] = append ? SettingText.Join(setting, Raw(setting), text) : text;
            if (setting.Name == "warn-short-path-literals")
            {
                _warn($"'{setting.Name}' is deprecated, use 'lint-short-path-literals = {(text == "true" ? "warn" : "ignore")}' instead");
            }
        }

        _given.Add(setting.Name);
        _overridden.Add(setting.Name);
        return true;
    }

    /// <summary>Gives a setting the value that a command has for it. The setting does not count as set by the user.</summary>
    public void Assign(string name, string value) => _values[_byName[name].Name] = value;

    /// <summary>Sets a setting whatever files say, as if nobody had set it: what follows may still do.</summary>
    public void Impose(string name, string value)
    {
        Assign(name, value);
        _given.Remove(_byName[name].Name);
    }

    /// <summary>The definition behind a name or alias, or null.</summary>
    public SettingDefinition? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Whether the setting can be used: it belongs to no experimental feature that is off.</summary>
    public bool IsEnabled(SettingDefinition setting) => setting.Feature is null || HasFeature(setting.Feature);

    private string Raw(SettingDefinition setting) => _values.TryGetValue(setting.Name, out string? value) ? value : _defaults.Of(setting);

    /// <summary>The value where nobody sets one.</summary>
    public string DefaultOf(SettingDefinition setting) => _defaults.Of(setting);

    /// <summary>The text of a setting.</summary>
    public string String(string name) => Raw(_byName[name]);

    /// <summary>Whether the user set it anywhere.</summary>
    public bool IsSet(string name) => _given.Contains(_byName[name].Name);

    /// <summary>The settings that differ from their defaults, in the form of <c>nix.conf</c>: for programs that this one starts.</summary>
    public string ToConfText()
    {
        StringBuilder text = new();
        foreach (string name in new SortedSet<string>(_given, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"{name} = {String(name)}\n");
        }

        return text.ToString();
    }

    /// <summary>Whether the user set it elsewhere than in the system's configuration file.</summary>
    public bool IsOverridden(string name) => _overridden.Contains(_byName[name].Name);

    public bool Bool(string name) => String(name) == "true";

    public long Int(string name) => long.Parse(String(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    /// <summary>The words of a list, set or map.</summary>
    public string[] List(string name) => SettingText.Words(String(name));

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
    public void RequireFeature(string feature) => RequireFeature(feature, "");

    /// <exception cref="CliException">The algorithm belongs to an experimental feature that is not on.</exception>
    public void RequireAlgorithm(HashAlgorithm algorithm)
    {
        if (algorithm == HashAlgorithm.Blake3)
        {
            RequireFeature("blake3-hashes");
        }
    }

    /// <param name="reason">What needs it, or empty where that is plain.</param>
    /// <exception cref="CliException">The experimental feature is not on.</exception>
    public void RequireFeature(string feature, string reason)
    {
        if (!HasFeature(feature))
        {
            throw CliException.MissingFeature(feature, reason);
        }
    }
}

using System;
using System.Collections.Generic;
using Firn.Cli.Settings;

namespace Firn.Cli.Arguments;

/// <summary>The flags that every setting has: <c>--NAME</c>, <c>--no-NAME</c>, <c>--extra-NAME</c>. Made when asked for.</summary>
internal static class SettingFlags
{
    public const string Heading = "Options to override configuration settings";

    /// <summary>The flag of that long name, or null.</summary>
    public static Flag? Find(NixSettings settings, string name)
    {
        if (settings.Find(name) is SettingDefinition setting)
        {
            // An old name stands for the last of the setting's flags; that is how it came to be, and what others do.
            return setting.Name == name ? First(settings, setting) : Last(settings, setting);
        }

        if (name.StartsWith("no-", StringComparison.Ordinal) && Named(settings, name[3..]) is { Kind: SettingKind.Bool or SettingKind.Sandbox } negated)
        {
            return Fixed(settings, negated, name, "Disable", "false");
        }

        if (name.StartsWith("relaxed-", StringComparison.Ordinal) && Named(settings, name[8..]) is { Kind: SettingKind.Sandbox } sandbox)
        {
            return Fixed(settings, sandbox, name, "Relax", "relaxed");
        }

        return name.StartsWith("extra-", StringComparison.Ordinal) && Named(settings, name[6..]) is { Appendable: true } list
            ? Append(settings, list)
            : null;
    }

    /// <summary>Every one of them.</summary>
    public static IEnumerable<Flag> All(NixSettings settings)
    {
        foreach (SettingDefinition setting in SettingTable.All)
        {
            yield return First(settings, setting);
            if (setting.Kind is SettingKind.Bool or SettingKind.Sandbox)
            {
                yield return Fixed(settings, setting, "no-" + setting.Name, "Disable", "false");
            }

            if (setting.Kind == SettingKind.Sandbox)
            {
                yield return Fixed(settings, setting, "relaxed-" + setting.Name, "Relax", "relaxed");
            }

            if (setting.Appendable)
            {
                yield return Append(settings, setting);
            }
        }
    }

    private static SettingDefinition? Named(NixSettings settings, string name) =>
        settings.Find(name) is SettingDefinition setting && setting.Name == name ? setting : null;

    private static Flag First(NixSettings settings, SettingDefinition setting) => setting.Kind is SettingKind.Bool or SettingKind.Sandbox
        ? Fixed(settings, setting, setting.Name, "Enable", "true")
        : new Flag(setting.Name, '\0', $"Set the `{setting.Name}` setting.", ["value"], v => settings.TrySet(setting.Name, v[0])) { Category = Heading, Feature = setting.Feature };

    private static Flag Last(NixSettings settings, SettingDefinition setting) => setting switch
    {
        { Kind: SettingKind.Bool } => Fixed(settings, setting, "no-" + setting.Name, "Disable", "false"),
        { Kind: SettingKind.Sandbox } => Fixed(settings, setting, "relaxed-" + setting.Name, "Relax", "relaxed"),
        { Appendable: true } => Append(settings, setting),
        _ => First(settings, setting),
    };

    private static Flag Fixed(NixSettings settings, SettingDefinition setting, string name, string verb, string value) =>
        new(name, '\0', $"{verb} the `{setting.Name}` setting.", [], _ => settings.TrySet(setting.Name, value)) { Category = Heading, Feature = setting.Feature };

    private static Flag Append(NixSettings settings, SettingDefinition setting) =>
        new("extra-" + setting.Name, '\0', $"Append to the `{setting.Name}` setting.", ["value"], v => settings.TrySet("extra-" + setting.Name, v[0])) { Category = Heading, Feature = setting.Feature };
}

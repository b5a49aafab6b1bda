using System;
using Firn.Cli.Commands;
using Firn.Cli.Settings;

namespace Firn.Cli.Arguments;

/// <summary>The flags of every <c>nix</c> command, those of the settings among them.</summary>
internal sealed class GlobalFlags
{
    private readonly CommandContext _context;

    public GlobalFlags(CommandContext context)
    {
        _context = context;
        Table.Category = "Miscellaneous global options";
        Table.Add("help", "Show usage information.", () => HelpRequested = true);
        Table.Add("version", "Show version information.", () => VersionRequested = true);
        Table.Add(new Flag("offline", '\0', "Disable substituters and consider all previously downloaded files up-to-date.", [], _ => Offline = true)
        {
            Category = Table.Category,
            Aliases = ["no-net"],
            Feature = NixCommand.NixCommandFeature,
        });
        Table.Add(new Flag("refresh", '\0', "Consider all previously downloaded files out-of-date.", [], _ => Refresh = true)
        {
            Category = Table.Category,
            Feature = NixCommand.NixCommandFeature,
        });
        Table.Add("option", '\0', "Set the configuration setting *name* to *value* (overriding `nix.conf`).", "name", "value", (name, value) => CommonFlags.SetOption(context, name, value), CompleteSetting);
        Table.Category = "Logging-related options";
        Table.Add(new Flag("print-build-logs", 'L', "Print full build logs on standard error.", [], _ => context.PrintBuildLogs = true)
        {
            Category = Table.Category,
            Feature = NixCommand.NixCommandFeature,
        });
        Table.Add("verbose", 'v', "Increase the logging verbosity level.", () => context.Verbosity = Math.Min(LogLevel.Vomit, context.Verbosity + 1));
        Table.Add("quiet", "Decrease the logging verbosity level.", () => context.Verbosity = Math.Max(LogLevel.Error, context.Verbosity - 1));
        Table.Add("debug", "Set the logging verbosity level to 'debug'.", () => context.Verbosity = LogLevel.Debug);
        Table.Add("log-format", "Set the format of log output; one of `raw`, `internal-json`, `bar` or `bar-with-logs`.", "format", context.SetLogFormat);
        Table.Category = "";
        Table.Add("max-jobs", 'j', "The maximum number of parallel builds.", "jobs", jobs => context.Settings.TrySet("max-jobs", jobs));
    }

    /// <summary>Those that are not about one setting.</summary>
    public FlagTable Table { get; } = new();

    public bool HelpRequested { get; private set; }

    public bool VersionRequested { get; private set; }

    public bool Offline { get; private set; }

    public bool Refresh { get; private set; }

    public Flag? Find(string name) => Table.Find(name) ?? SettingFlags.Find(_context.Settings, name);

    public Flag? Find(char letter) => Table.Find(letter);

    private static void CompleteSetting(Completions completions, int index, string prefix)
    {
        foreach (SettingDefinition setting in index == 0 ? SettingTable.All : [])
        {
            if (setting.Name.StartsWith(prefix, StringComparison.Ordinal))
            {
                completions.Add(setting.Name, $"Set the `{setting.Name}` setting.");
            }
        }
    }
}

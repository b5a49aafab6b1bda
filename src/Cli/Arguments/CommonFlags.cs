using System;

namespace Firn.Cli.Arguments;

/// <summary>Flags that every command takes: verbosity, <c>--option</c>, every setting by name, log formats.</summary>
internal static class CommonFlags
{
    /// <summary>Handles the reader's current flag if it is one of the common ones.</summary>
    /// <returns>False where the flag is the command's own (or nobody's).</returns>
    public static bool Handle(CommandContext context, ArgumentReader reader)
    {
        switch (reader.Current)
        {
            case "--verbose" or "-v":
                context.Verbosity = Math.Min(LogLevel.Vomit, context.Verbosity + 1);
                return true;
            case "--quiet":
                context.Verbosity = Math.Max(0, context.Verbosity - 1);
                return true;
            case "--debug":
                context.Verbosity = LogLevel.Debug;
                return true;
            case "--option":
                SetOption(context, reader);
                return true;
            case "--log-format":
                context.SetLogFormat(reader.Value());
                return true;
            case "--no-build-output" or "-Q":
                context.ShowBuildOutput = false;
                return true;
            case "--print-build-logs" or "-L":
                context.PrintBuildLogs = true;
                return true;
            case "--keep-failed" or "-K":
                return Set(context, "keep-failed", "true");
            case "--keep-going" or "-k":
                return Set(context, "keep-going", "true");
            case "--max-jobs" or "-j":
                return Set(context, "max-jobs", reader.Value());
            case "--readonly-mode":
                context.ReadOnly = true;
                return true;
            case "--no-gc-warning":
                return true;
            case "--offline":
                return Set(context, "substitute", "false") && Set(context, "tarball-ttl", "4294967295");
            case "--refresh":
                return Set(context, "tarball-ttl", "0");
            case "--repair":
                context.Repair = true;
                return true;
            default:
                return SettingByName(context, reader);
        }
    }

    private static bool Set(CommandContext context, string name, string value) => context.Settings.TrySet(name, value);

    private static void SetOption(CommandContext context, ArgumentReader reader)
    {
        string name = reader.Value();
        string value = reader.Value();
        if (!context.Settings.TrySet(name, value))
        {
            context.Warn($"unknown setting '{name}'");
        }
    }

    private static bool SettingByName(CommandContext context, ArgumentReader reader)
    {
        if (!reader.Current.StartsWith("--", StringComparison.Ordinal))
        {
            return false;
        }

        if (SettingFlags.Find(context.Settings, reader.Current[2..]) is not Flag flag)
        {
            return false;
        }

        flag.Handler(flag.Labels.Length == 0 ? [] : [reader.Value()]);
        return true;
    }
}

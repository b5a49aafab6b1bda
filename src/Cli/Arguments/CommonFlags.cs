using System;
using Firn.Cli.Settings;

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
            case "--version":
                Rendering.VersionPrinter.Print(context, context.ProgramName);
                throw new CommandDoneException();
            case "--help":
                Rendering.ClassicHelp.Show(context);
                throw new CommandDoneException();
            case "--option":
                string[] option = reader.Values(2);
                SetOption(context, option[0], option[1]);
                return true;
            case "--log-format":
                context.SetLogFormat(reader.Values(1)[0]);
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
                return Set(context, "max-jobs", reader.Values(1)[0]);
            case "--cores" or "--max-silent-time" or "--timeout":
                return Set(context, reader.Current[2..], Number(reader.Values(1)[0]));
            case "--store":
                return Set(context, "store", reader.Values(1)[0]);
            case "--fallback":
                return Set(context, "fallback", "true");
            case "--readonly-mode":
                context.ReadOnly = true;
                return true;
            case "--no-gc-warning":
                context.WarnAboutRoots = false;
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

    /// <summary>What <c>--option NAME VALUE</c> does: mistakes in it are no reason to stop.</summary>
    public static void SetOption(CommandContext context, string name, string value)
    {
        try
        {
            if (!context.Settings.TrySet(name, value))
            {
                context.Warn($"unknown setting '{name}'");
            }
        }
        catch (CliException e) when (e.IsUsage)
        {
            context.Warn(e.Message);
        }
    }

    /// <summary>A number with its unit.</summary>
    /// <exception cref="CliException">It is none.</exception>
    private static string Number(string text)
    {
        if (text.Length > 0 && !char.IsAsciiDigit(text[^1]) && char.ToUpperInvariant(text[^1]) is not ('K' or 'M' or 'G' or 'T') and char unit)
        {
            throw CliException.Usage($"invalid unit specifier '{unit}'");
        }

        return SettingText.Number(text)?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? throw CliException.Usage($"'{text}' is not an integer");
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

        flag.Handler(reader.Values(flag.Labels.Length));
        if (flag.Feature is not null)
        {
            context.Settings.RequireFeature(flag.Feature);
        }

        return true;
    }
}

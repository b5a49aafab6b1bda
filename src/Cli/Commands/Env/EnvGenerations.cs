using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using Firn.Cli.Wiring;
using Firn.Store.Local.Profiles;

namespace Firn.Cli.Commands.Env;

/// <summary>The operations of <c>nix-env</c> on generations of a profile.</summary>
internal static class EnvGenerations
{
    /// <summary><c>--rollback</c></summary>
    public static void RollBack(NixEnvCall call)
    {
        call.RefuseArguments();
        call.Profile.Switch(null, call.DryRun);
    }

    /// <summary><c>--switch-generation NUMBER</c></summary>
    public static void Switch(NixEnvCall call) =>
        call.Profile.Switch(ParseNumber(call.OnlyArgument()) ?? throw CliException.Usage("expected a generation number"), call.DryRun);

    /// <summary><c>--switch-profile PATH</c>: makes another profile the user's.</summary>
    public static void SwitchProfile(NixEnvCall call) =>
        new Profile(ProfileDirectories.UserLink(call.Context), call.Inform).SwitchTo(Path.GetFullPath(call.OnlyArgument()));

    /// <summary><c>--list-generations</c></summary>
    public static void List(NixEnvCall call)
    {
        call.RefuseArguments();
        Profile profile = call.Profile;
        using IDisposable held = profile.Lock();
        (List<Generation> generations, long? current) = profile.Find();
        StringBuilder text = new();
        foreach (Generation generation in generations)
        {
            DateTime time = DateTimeOffset.FromUnixTimeSeconds(generation.CreationTime).LocalDateTime;
            text.Append(CultureInfo.InvariantCulture, $"{generation.Number,4}   {time:yyyy-MM-dd HH:mm:ss}   {(generation.Number == current ? "(current)" : "")}\n");
        }

        call.Context.Write(Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary><c>--delete-generations old | NUMBER... | +NUMBER | DAYSd</c></summary>
    public static void Delete(NixEnvCall call)
    {
        call.RefuseFlags();
        Profile profile = call.Profile;
        string? only = call.Arguments is [string one] ? one : null;
        if (only == "old")
        {
            profile.DeleteOld(call.DryRun);
        }
        else if (only?.Contains('d') == true)
        {
            profile.DeleteOlderThan(Profile.ParseOlderThan(only, DateTimeOffset.UtcNow), call.DryRun);
        }
        else if (only?.Contains('+') == true)
        {
            profile.DeleteAllBut(
                only.Length < 2 ? throw new CliException($"invalid number of generations '{only}'")
                    : ParseNumber(only[1..]) ?? throw new CliException($"invalid number of generations to keep '{only}'"),
                call.DryRun);
        }
        else
        {
            HashSet<long> numbers = [];
            foreach (string argument in call.Arguments)
            {
                numbers.Add(ParseNumber(argument) ?? throw CliException.Usage($"invalid generation number '{argument}'"));
            }

            profile.Delete(numbers, call.DryRun);
        }
    }

    private static long? ParseNumber(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
}

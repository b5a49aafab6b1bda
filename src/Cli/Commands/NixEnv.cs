using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Formats.StorePaths;
using Firn.Store.Local;
using Firn.Store.Local.Profiles;

namespace Firn.Cli.Commands;

/// <summary><c>nix-env</c>: the operations on generations of a profile. Installing packages is not among them yet.</summary>
/// <remarks>Nix manual, command-ref/nix-env</remarks>
internal sealed class NixEnv : ICommand
{
    private enum Operation
    {
        Set,
        Rollback,
        Switch,
        List,
        Delete,
    }

    /// <inheritdoc />
    public int Run(CommandContext context, IReadOnlyList<string> arguments)
    {
        Operation? operation = null;
        string? profilePath = null;
        bool dryRun = false;
        List<string> rest = [];
        ArgumentReader reader = new(arguments);
        while (reader.MoveNext())
        {
            switch (reader.Current)
            {
                case "--set":
                    operation = Only(operation, Operation.Set);
                    break;
                case "--rollback":
                    operation = Only(operation, Operation.Rollback);
                    break;
                case "--switch-generation" or "-G":
                    operation = Only(operation, Operation.Switch);
                    break;
                case "--list-generations":
                    operation = Only(operation, Operation.List);
                    break;
                case "--delete-generations":
                    operation = Only(operation, Operation.Delete);
                    break;
                case "--profile" or "-p":
                    profilePath = Path.GetFullPath(reader.Value());
                    break;
                case "--dry-run":
                    dryRun = true;
                    break;
                case "--install" or "-i" or "--upgrade" or "-u" or "--uninstall" or "-e" or "--query" or "-q" or "--set-flag" or "--switch-profile" or "-S":
                    throw new CliException($"nix-env {reader.Current} is not supported", hint: "Operations on generations are: --set, --rollback, --switch-generation, --list-generations, --delete-generations.");
                default:
                    if (!reader.IsFlag)
                    {
                        rest.Add(reader.Current);
                    }
                    else if (!CommonFlags.Handle(context, reader))
                    {
                        throw Usage($"unknown flag '{reader.Current}'");
                    }

                    break;
            }
        }

        using LocalStore store = StoreOpening.Open(context);
        Profile profile = new(profilePath ?? DefaultProfile(store), Console.Error.WriteLine);
        switch (operation)
        {
            case Operation.Set:
                return Set(store, profile, rest, dryRun);
            case Operation.Rollback:
                RefuseArguments(rest);
                profile.Switch(null, dryRun);
                return 0;
            case Operation.Switch:
                profile.Switch(Number(rest is [string number] ? number : throw Usage("exactly one argument expected")), dryRun);
                return 0;
            case Operation.List:
                RefuseArguments(rest);
                List(context, profile);
                return 0;
            case Operation.Delete:
                Delete(profile, rest, dryRun);
                return 0;
            default:
                throw Usage("no operation specified");
        }
    }

    private static CliException Usage(string message) => CliException.Usage(message);

    private static Operation Only(Operation? before, Operation now) =>
        before is null || before == now ? now : throw Usage("only one operation may be specified");

    private static void RefuseArguments(List<string> rest)
    {
        if (rest.Count > 0)
        {
            throw Usage("no arguments expected");
        }
    }

    /// <summary>The profile that the user's <c>~/.nix-profile</c> leads to, or the one of this machine.</summary>
    private static string DefaultProfile(LocalStore store)
    {
        string home = Path.Combine(Environment.GetEnvironmentVariable("HOME") ?? "/", ".nix-profile");
        return new FileInfo(home).LinkTarget is string target
            ? Path.GetFullPath(target, Path.GetDirectoryName(home)!)
            : Path.Combine(ProfileDirectories.User(store), "profile");
    }

    private static int Set(LocalStore store, Profile profile, List<string> rest, bool dryRun)
    {
        string argument = rest is [string one] ? one : throw Usage("exactly one argument expected");
        StorePath path = StorePathArgument.Follow(store.StoreDir, argument);
        if (!store.IsValid(path))
        {
            throw new CliException($"path '{store.StoreDir.Print(path)}' is not valid");
        }

        if (!dryRun)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(profile.Path)!);
            using (profile.Lock())
            {
                profile.SwitchTo(profile.Create(store, store.StoreDir, path));
            }
        }

        return 0;
    }

    private static void List(CommandContext context, Profile profile)
    {
        (List<Generation> generations, long? current) = profile.Find();
        StringBuilder text = new();
        foreach (Generation generation in generations)
        {
            DateTime time = DateTimeOffset.FromUnixTimeSeconds(generation.CreationTime).LocalDateTime;
            text.Append(CultureInfo.InvariantCulture, $"{generation.Number,4}   {time:yyyy-MM-dd HH:mm:ss}   {(generation.Number == current ? "(current)" : "")}\n");
        }

        context.Out.Write(Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static void Delete(Profile profile, List<string> rest, bool dryRun)
    {
        if (rest is ["old"])
        {
            profile.DeleteOld(dryRun);
        }
        else if (rest is [string days] && days.EndsWith('d'))
        {
            profile.DeleteOlderThan(Profile.ParseOlderThan(days, DateTimeOffset.UtcNow), dryRun);
        }
        else if (rest is [string keep] && keep.StartsWith('+'))
        {
            profile.DeleteAllBut(Number(keep[1..]), dryRun);
        }
        else
        {
            HashSet<long> numbers = [];
            foreach (string argument in rest)
            {
                numbers.Add(Number(argument));
            }

            profile.Delete(numbers, dryRun);
        }
    }

    private static long Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
        ? number
        : throw Usage($"invalid generation number '{text}'");
}

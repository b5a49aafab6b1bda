using System;
using System.Collections.Generic;
using System.IO;
using System.Text.RegularExpressions;
using Firn.Cli.Arguments;
using Firn.Cli.Commands.Env;
using Firn.Cli.Wiring;
using Firn.Store.Local.Profiles;

namespace Firn.Cli.Commands.Channels;

/// <summary><c>nix-channel</c>: subscribes to collections of expressions that are fetched from URLs.</summary>
/// <remarks>Nix manual, command-ref/nix-channel</remarks>
internal sealed partial class NixChannel : ICommand
{
    public int Run(CommandContext context, IReadOnlyList<string> arguments)
    {
        string? operation = null;
        List<string> operands = [];
        ArgumentReader reader = new(arguments);
        while (reader.MoveNext())
        {
            if (reader.Current is "--add" or "--remove" or "--list" or "--update" or "--list-generations" or "--rollback" && reader.IsFlag)
            {
                operation = reader.Current;
            }
            else if (!reader.IsFlag)
            {
                operands.Add(reader.Current);
            }
            else if (!CommonFlags.Handle(context, reader))
            {
                throw CliException.Usage($"unsupported argument '{reader.Current}'");
            }
        }

        bool xdg = context.Settings.Bool("use-xdg-base-directories");
        ChannelList list = new(xdg ? Path.Combine(ProfileDirectories.UserState, "channels") : Path.Combine(ProfileDirectories.Home, ".nix-channels"));
        NixEnvCall call = new(context);
        using (call.Store)
        {
            call.ProfilePath = ProfileDirectories.UserChannels(call.Store);
            Directory.CreateDirectory(Path.GetDirectoryName(call.ProfilePath)!);
            Run(operation, operands, list, call);
        }

        return 0;
    }

    private static void Run(string? operation, List<string> operands, ChannelList list, NixEnvCall call)
    {
        switch (operation)
        {
            case "--add":
                string[] words = operands.Count is 1 or 2 ? [.. operands] : throw CliException.Usage("'--add' requires one or two arguments");
                Add(list, words[0], words.Length > 1 ? words[1] : UsualName(words[0]));
                break;
            case "--remove":
                Remove(list, call, operands is [string name] ? name : throw CliException.Usage("'--remove' requires one argument"));
                break;
            case "--list":
                RefuseOperands(operation, operands);
                foreach ((string known, string url) in list.Read())
                {
                    call.Context.WriteLine($"{known} {url}");
                }

                break;
            case "--update":
                new ChannelUpdate(call).Run(list.Read(), operands);
                LinkExpressions(call.Context, call.ProfilePath!);
                break;
            case "--list-generations":
                RefuseOperands(operation, operands);
                EnvGenerations.List(call);
                break;
            case "--rollback":
                call.Arguments.AddRange(operands.Count < 2 ? operands : throw CliException.Usage("'--rollback' has at most one argument"));
                if (operands.Count == 1)
                {
                    EnvGenerations.Switch(call);
                }
                else
                {
                    EnvGenerations.RollBack(call);
                }

                break;
            default:
                throw CliException.Usage("no command specified");
        }
    }

    private static void RefuseOperands(string operation, List<string> operands)
    {
        if (operands.Count > 0)
        {
            throw CliException.Usage($"'{operation}' expects no arguments");
        }
    }

    private static void Add(ChannelList list, string url, string name)
    {
        if (!ChannelUrl().IsMatch(url))
        {
            throw new CliException($"invalid channel URL '{url}'");
        }

        if (!ChannelName().IsMatch(name))
        {
            throw new CliException($"invalid channel identifier '{name}'");
        }

        SortedDictionary<string, string> channels = list.Read();
        channels[name] = url;
        list.Write(channels);
    }

    // A channel's usual name does not say how new it is.
    private static string UsualName(string url) => Without(Without(ChannelList.NameOf(url), "-unstable"), "-stable");

    private static string Without(string name, string end) => name.EndsWith(end, StringComparison.Ordinal) ? name[..^end.Length] : name;

    private static void Remove(ChannelList list, NixEnvCall call, string name)
    {
        SortedDictionary<string, string> channels = list.Read();
        channels.Remove(name);
        list.Write(channels);
        call.Arguments.Add(name);
        EnvInstall.Uninstall(call);
    }

    /// <summary>Makes the channels a part of the user's default expressions.</summary>
    private static void LinkExpressions(CommandContext context, string profile)
    {
        string expressions = ProfileDirectories.DefaultExpressions(context);
        if (new FileInfo(expressions).LinkTarget is not null)
        {
            // Once it was a link to the channels themselves.
            File.Delete(expressions);
        }

        Directory.CreateDirectory(expressions);
        new Profile(Path.Combine(expressions, "channels"), context.Note).SwitchTo(profile);
    }

    [GeneratedRegex("^(file|http|https)://", RegexOptions.CultureInvariant)]
    private static partial Regex ChannelUrl();

    [GeneratedRegex(@"^[a-zA-Z0-9_][a-zA-Z0-9_.-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex ChannelName();
}

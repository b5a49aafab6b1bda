using System;
using System.IO;
using Firn.Store;
using Firn.Store.Local.Profiles;

namespace Firn.Cli.Wiring;

/// <summary>Where the profiles of the user are.</summary>
/// <remarks>Nix manual, command-ref/files/profiles</remarks>
internal static class ProfileDirectories
{
    public static string Home => Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home ? home : "/";

    /// <summary>Where the user keeps what programs remember.</summary>
    public static string UserState => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } given ? given : Path.Combine(Home, ".local/state"), "nix");

    /// <summary>The directory of the user's profiles: root's lies in the store's state, another's in the home directory.</summary>
    public static string User(ILocalFsStore store) =>
        Environment.IsPrivilegedProcess ? Path.Combine(store.StateDir, "profiles/per-user/root") : Path.Combine(UserState, "profiles");

    /// <summary>The profile of the user's channels.</summary>
    public static string UserChannels(ILocalFsStore store) => Path.Combine(User(store), "channels");

    /// <summary>What is installed from when no file is named.</summary>
    public static string DefaultExpressions(CommandContext context) => context.Settings.Bool("use-xdg-base-directories")
        ? Path.Combine(UserState, "defexpr")
        : Path.Combine(Home, ".nix-defexpr");

    /// <summary>The profile of root's channels.</summary>
    public static string RootChannels(ILocalFsStore store) => Path.Combine(store.StateDir, "profiles/per-user/root/channels");

    /// <summary>The link that leads to the user's profile.</summary>
    public static string UserLink(CommandContext context) => context.Settings.Bool("use-xdg-base-directories")
        ? Path.Combine(UserState, "profile")
        : Path.Combine(Home, ".nix-profile");

    /// <summary>The user's profile; where no link leads to one it is made, as root also the machine's.</summary>
    public static string Default(CommandContext context, ILocalFsStore store)
    {
        string link = UserLink(context);
        try
        {
            Directory.CreateDirectory(User(store));
            string profile = Path.Combine(User(store), "profile");
            LinkIfMissing(link, profile);
            if (Environment.IsPrivilegedProcess)
            {
                LinkIfMissing(Path.Combine(store.StateDir, "profiles/default"), profile);
            }

            return new FileInfo(link).LinkTarget is string target ? Path.GetFullPath(target, Path.GetDirectoryName(link)!) : link;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without a home directory to write to, the link itself is the profile.
            return link;
        }
    }

    private static void LinkIfMissing(string link, string target)
    {
        if (new FileInfo(link).LinkTarget is null && !Path.Exists(link))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(link)!);
            File.CreateSymbolicLink(link, target);
        }
    }
}

using System;
using System.IO;
using Firn.Store.Local;

namespace Firn.Cli.Wiring;

/// <summary>Where the profiles of the user are.</summary>
/// <remarks>Nix manual, command-ref/files/profiles</remarks>
internal static class ProfileDirectories
{
    /// <summary>The directory of the user's profiles: root's lies in the store's state, another's in the home directory.</summary>
    public static string User(LocalStore store)
    {
        if (Environment.IsPrivilegedProcess)
        {
            return Path.Combine(store.Options.StateDir, "profiles/per-user/root");
        }

        string state = Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } given
            ? given
            : Path.Combine(Environment.GetEnvironmentVariable("HOME") ?? "/", ".local/state");
        return Path.Combine(state, "nix/profiles");
    }
}

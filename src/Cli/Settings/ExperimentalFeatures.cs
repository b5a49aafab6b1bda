using System;

namespace Firn.Cli.Settings;

/// <summary>The experimental features of Nix 2.34.</summary>
/// <remarks>Nix manual, development/experimental-features</remarks>
internal static class ExperimentalFeatures
{
    private static readonly (string Name, string Description)[] s_all =
    [
        ("auto-allocate-uids", "Takes user identities for builds from a range instead of a group."),
        ("blake3-hashes", "Allows BLAKE3 as a hash algorithm."),
        ("ca-derivations", "Allows derivations whose outputs are named by what is in them."),
        ("cgroups", "Runs builds in control groups."),
        ("configurable-impure-env", "Allows the setting `impure-env`."),
        ("daemon-trust-override", "Lets a daemon be told to trust or distrust its clients."),
        ("dynamic-derivations", "Allows derivations that are outputs of others."),
        ("external-builders", "Lets helper programs build for other systems."),
        ("fetch-closure", "Adds `builtins.fetchClosure`."),
        ("fetch-tree", "Adds `builtins.fetchTree`."),
        ("flakes", "Adds flakes."),
        ("git-hashing", "Allows store objects that are hashed as Git does."),
        ("impure-derivations", "Allows derivations that may give another result each time."),
        ("local-overlay-store", "Adds a store that lies on top of another."),
        ("mounted-ssh-store", "Adds a store on another machine whose files are mounted here."),
        ("nix-command", "Adds the subcommands of `nix`."),
        ("parse-toml-timestamps", "Lets `builtins.fromTOML` read times."),
        ("pipe-operators", "Adds the operators `|>` and `<|`."),
        ("read-only-local-store", "Lets a local store be opened for reading alone."),
        ("recursive-nix", "Lets builders call Nix."),
        ("verified-fetches", "Lets `builtins.fetchGit` check signatures of commits."),
    ];

    /// <summary>Each with a sentence about it, by name.</summary>
    public static ReadOnlySpan<(string Name, string Description)> All => s_all;

    public static bool Exists(string name)
    {
        foreach ((string known, _) in s_all)
        {
            if (known == name)
            {
                return true;
            }
        }

        return false;
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using Firn.Cli.Rendering;
using Firn.Cli.Wiring;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands.Config;

/// <summary><c>nix config check</c>: looks for what commonly goes wrong.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-config-check</remarks>
internal sealed class ConfigCheck : NixCommand
{
    private const int ExitFailed = 2;

    public override string Description => "check your system for potential problems and print a PASS or FAIL for each check";

    public override string? Feature => null;

    public override int Run(CommandContext context)
    {
        using IStore store = StoreOpening.OpenAny(context);
        store.Connect();
        string url = store.Reference.Render(withParameters: false);
        context.Note($"Running checks against store uri: {url}");
        bool passed = true;
        if (store is ILocalFsStore local)
        {
            passed &= CheckPath(context);
            passed &= CheckProfiles(context, local.StateDir, local.StoreDir);
        }

        passed &= Report(context, true, "Client protocol matches store protocol.");
        Say(context, "34", "INFO", store.Trusted is bool trusted
            ? $"You are {(trusted ? "trusted" : "not trusted")} by store uri: {url}"
            : $"Store uri: {url} doesn't have a notion of trusted user");
        return passed ? 0 : ExitFailed;
    }

    private static IEnumerable<string> PathFolders() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);

    private static bool CheckPath(CommandContext context)
    {
        SortedSet<string> folders = new(StringComparer.Ordinal);
        foreach (string folder in PathFolders())
        {
            if (RealPath.Of(Path.Combine(folder, "nix-env")) is string program)
            {
                folders.Add(Path.GetDirectoryName(program)!);
            }
        }

        return folders.Count switch
        {
            0 => Report(context, false, "No nix-env found in PATH."),
            1 => Report(context, true, "PATH contains only one nix version."),
            _ => Report(context, false, "Multiple versions of nix found in PATH:\n" + Lines(folders)),
        };
    }

    /// <summary>An environment that is used from outside of the profiles may be collected.</summary>
    private static bool CheckProfiles(CommandContext context, string stateDir, StoreDir storeDir)
    {
        SortedSet<string> folders = new(StringComparer.Ordinal);
        foreach (string folder in PathFolders())
        {
            string? profile = Path.GetDirectoryName(folder);
            if (profile is null || new DirectoryInfo(profile) is not { Exists: true } directory)
            {
                continue;
            }

            string target = RealPath.Of(directory.FullName) ?? profile;
            if (!storeDir.TryParse(target, out StorePath path) || !path.Name.EndsWith("user-environment", StringComparison.Ordinal))
            {
                continue;
            }

            string at = profile;
            while (!HasProfiles(at) && new DirectoryInfo(at).LinkTarget is string link)
            {
                at = Path.GetFullPath(link, Path.GetDirectoryName(at)!);
            }

            if (!HasProfiles(at))
            {
                folders.Add(folder);
            }
        }

        return folders.Count == 0
            ? Report(context, true, "All profiles are gcroots.")
            : Report(context, false, $"""
                Found profiles outside of {stateDir}/profiles.
                The generation this profile points to might not have a gcroot and could be
                garbage collected, resulting in broken symlinks.

                {Lines(folders)}

                """);

        static bool HasProfiles(string path) => Array.IndexOf(path.Split('/'), "profiles") >= 0;
    }

    private static string Lines(IEnumerable<string> folders)
    {
        System.Text.StringBuilder text = new();
        foreach (string folder in folders)
        {
            text.Append("  \"").Append(folder).Append("\"\n");
        }

        return text.ToString();
    }

    private static bool Report(CommandContext context, bool passed, string message)
    {
        Say(context, passed ? "32" : "31", passed ? "PASS" : "FAIL", message);
        return passed;
    }

    private static void Say(CommandContext context, string colour, string label, string message) =>
        context.Note(Terminal.Colours ? $"\x1b[{colour};1m[{label}] \x1b[0m{message}" : $"[{label}] {message}");
}

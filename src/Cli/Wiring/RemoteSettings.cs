using System;
using System.Collections.Generic;
using System.Globalization;
using Firn.Cli.Settings;
using Firn.Store.Remote.Worker;

namespace Firn.Cli.Wiring;

/// <summary>What a daemon is told of the settings of this process.</summary>
internal static class RemoteSettings
{
    // They have places of their own in the protocol, or are for this process alone.
    private static readonly HashSet<string> s_apart = new(
        ["keep-failed", "keep-going", "fallback", "max-jobs", "max-silent-time", "cores", "substitute", "show-trace", "experimental-features", "plugin-files"],
        StringComparer.Ordinal);

    /// <summary>Settings of evaluation, fetching, flakes and terminals.</summary>
    private static readonly HashSet<string> s_notOfStores = new(
        [
            "abort-on-warn", "accept-flake-config", "access-tokens", "allow-dirty", "allow-dirty-locks", "allow-import-from-derivation",
            "allow-unsafe-native-code-during-evaluation", "allowed-uris", "bash-prompt", "bash-prompt-prefix", "bash-prompt-suffix",
            "commit-lock-file-summary", "debugger-on-trace", "debugger-on-warn", "eval-attrset-update-layer-rhs-threshold", "eval-cache",
            "eval-profile-file", "eval-profiler", "eval-profiler-frequency", "eval-system", "flake-registry", "ignore-try", "json-log-path",
            "lint-absolute-path-literals", "lint-short-path-literals", "lint-url-literals", "max-call-depth", "mirrors", "nix-path",
            "nix-shell-always-looks-for-shell-nix", "nix-shell-shebang-arguments-relative-to-script", "pure-eval", "restrict-eval", "store",
            "tarball-ttl", "trace-function-calls", "trace-import-from-derivation", "trace-verbose", "trust-tarballs-from-git-forges",
            "upgrade-nix-store-path-url", "use-registries", "use-xdg-base-directories", "warn-dirty", "warn-short-path-literals",
        ],
        StringComparer.Ordinal);

    public static ClientOptions Of(CommandContext context)
    {
        NixSettings settings = context.Settings;
        SortedDictionary<string, string> others = new(StringComparer.Ordinal);
        foreach (SettingDefinition setting in SettingTable.All)
        {
            if (settings.IsOverridden(setting.Name) && !s_apart.Contains(setting.Name) && !s_notOfStores.Contains(setting.Name))
            {
                others[setting.Name] = settings.String(setting.Name);
            }
        }

        return new ClientOptions
        {
            KeepFailed = settings.Bool("keep-failed"),
            KeepGoing = settings.Bool("keep-going"),
            Fallback = settings.Bool("fallback"),
            Verbosity = context.Verbosity,
            MaxJobs = settings.String("max-jobs") == "auto" ? (uint)Environment.ProcessorCount : uint.Parse(settings.String("max-jobs"), CultureInfo.InvariantCulture),
            MaxSilentTime = (uint)Math.Clamp(settings.Int("max-silent-time"), 0, uint.MaxValue),
            ShowBuildOutput = context.ShowBuildOutput,
            Cores = (uint)Math.Clamp(settings.Int("cores"), 0, uint.MaxValue),
            Substitute = settings.Bool("substitute"),
            Settings = others,
        };
    }
}

using System.Collections.Generic;
using Firn.Cli.Commands.Channels;
using Firn.Cli.Commands.Config;
using Firn.Cli.Commands.Derivations;
using Firn.Cli.Commands.Env;
using Firn.Cli.Commands.Evaluation;
using Firn.Cli.Commands.Fetching;
using Firn.Cli.Commands.Flakes;
using Firn.Cli.Commands.Formatting;
using Firn.Cli.Commands.Hashing;
using Firn.Cli.Commands.Help;
using Firn.Cli.Commands.Profiles;
using Firn.Cli.Commands.Realisations;
using Firn.Cli.Commands.Registry;
using Firn.Cli.Commands.Shells;
using Firn.Formats.Hashing;

namespace Firn.Cli.Commands;

/// <summary>The commands by the name of the executable, and the subcommands of <c>nix</c>.</summary>
internal static class CommandTable
{
    /// <summary>Classic commands: the name the program was called by.</summary>
    public static ICommand? Classic(string name) => name switch
    {
        "build-remote" => new BuildRemote(),
        "nixos-rebuild" => new NixosRebuild(),
        "nixos-version" => new NixosVersion(),
        "nix-channel" => new NixChannel(),
        "nix-collect-garbage" => new NixCollectGarbage(),
        "nix-hash" => new NixHash(),
        "nix-build" => new NixBuild(),
        "nix-daemon" => new NixDaemon(),
        "nix-env" => new NixEnv(),
        "nix-instantiate" => new NixInstantiate(),
        "nix-prefetch-url" => new NixPrefetchUrl(),
        "nix-shell" => new NixShell(),
        "nix-store" => new NixStore(),
        _ => null,
    };

    /// <summary>The program <c>nix</c> with its subcommands, by name.</summary>
    public static CommandGroup Root() => new("", "a tool for reproducible and declarative configuration management",
    [
        new("__command-names", CommandCategory.Hidden, static () => new CommandNames()),
        new("__dump-cli", CommandCategory.Hidden, static () => new DumpCli()),
        new("__dump-language", CommandCategory.Hidden, static () => new DumpLanguage()),
        new("__dump-xp-features", CommandCategory.Hidden, static () => new DumpFeatures()),
        new("build", CommandCategory.Main, static () => new NixBuildCommand()),
        new("bundle", CommandCategory.Secondary, static () => new NixBundle()),
        new("config", CommandCategory.Utility, Config),
        new("copy", CommandCategory.Secondary, static () => new NixCopy()),
        new("daemon", CommandCategory.Utility, static () => new NixDaemonCommand()),
        new("derivation", CommandCategory.Utility, Derivation),
        new("develop", CommandCategory.Main, static () => new NixDevelop()),
        new("edit", CommandCategory.Secondary, static () => new NixEdit()),
        new("env", CommandCategory.Utility, Env),
        new("eval", CommandCategory.Secondary, static () => new NixEval()),
        new("flake", CommandCategory.Main, Flake),
        new("fmt", CommandCategory.Secondary, static () => new FormatterRun()),
        new("formatter", CommandCategory.Secondary, Formatter),
        new("hash", CommandCategory.Utility, Hash),
        new("help", CommandCategory.Help, static () => new NixHelp()),
        new("help-stores", CommandCategory.Help, static () => new NixHelpStores()),
        new("key", CommandCategory.Utility, Key),
        new("log", CommandCategory.Secondary, static () => new NixLog()),
        new("nar", CommandCategory.Utility, Nar),
        new("path-info", CommandCategory.Secondary, static () => new NixPathInfo()),
        new("print-dev-env", CommandCategory.Utility, static () => new NixPrintDevEnv()),
        new("profile", CommandCategory.Main, Profile),
        new("realisation", CommandCategory.Utility, Realisation),
        new("registry", CommandCategory.Secondary, Registry),
        new("repl", CommandCategory.Main, static () => new NixRepl()),
        new("run", CommandCategory.Main, static () => new NixRun()),
        new("search", CommandCategory.Main, static () => new NixSearch()),
        new("store", CommandCategory.Utility, Store),
        new("upgrade-nix", CommandCategory.Installation, static () => new NixUpgrade()),
        new("why-depends", CommandCategory.Secondary, static () => new NixWhyDepends()),
    ]);

    private static CommandGroup Key() => new("key", "generate and convert Nix signing keys",
    [
        new("convert-secret-to-public", CommandCategory.Main, static () => new KeyConvertSecretToPublic()),
        new("generate-secret", CommandCategory.Main, static () => new KeyGenerateSecret()),
    ]);

    private static CommandGroup Nar() => new("nar", "create or inspect NAR files",
    [
        new("cat", CommandCategory.Main, static () => new NarCat()),
        new("dump-path", CommandCategory.Main, static () => new NarPack(oldName: true)),
        new("ls", CommandCategory.Main, static () => new NarLs()),
        new("pack", CommandCategory.Main, static () => new NarPack(oldName: false)),
    ]);

    private static CommandGroup Env() => new("env", "manipulate the process environment",
    [
        new("shell", CommandCategory.Main, static () => new EnvShell()),
    ]);

    private static CommandGroup Config() => new("config", "manipulate the Nix configuration",
    [
        new("check", CommandCategory.Installation, static () => new ConfigCheck()),
        new("show", CommandCategory.Main, static () => new ConfigShow()),
    ]);

    private static CommandGroup Derivation() => new("derivation", "Work with derivations, Nix's notion of a build plan.",
    [
        new("add", CommandCategory.Utility, static () => new DerivationAdd()),
        new("show", CommandCategory.Utility, static () => new DerivationShow()),
    ]);

    private static CommandGroup Profile() => new("profile", "manage Nix profiles",
    [
        new("add", CommandCategory.Main, static () => new ProfileAdd()),
        new("diff-closures", CommandCategory.Main, static () => new ProfileDiffClosures()),
        new("history", CommandCategory.Main, static () => new ProfileHistory()),
        new("list", CommandCategory.Main, static () => new ProfileList()),
        new("remove", CommandCategory.Main, static () => new ProfileRemove()),
        new("rollback", CommandCategory.Main, static () => new ProfileRollback()),
        new("upgrade", CommandCategory.Main, static () => new ProfileUpgrade()),
        new("wipe-history", CommandCategory.Main, static () => new ProfileWipeHistory()),
    ])
    {
        OldNames = new Dictionary<string, string> { ["install"] = "add" },
    };

    private static CommandGroup Realisation() => new("realisation", "manipulate a Nix realisation",
    [
        new("info", CommandCategory.Secondary, static () => new RealisationInfo()),
    ]);

    private static CommandGroup Hash() => new("hash", "compute and convert cryptographic hashes",
    [
        new("convert", CommandCategory.Utility, static () => new HashConvert()),
        new("file", CommandCategory.Main, static () => new HashFiles(flat: true)),
        new("path", CommandCategory.Main, static () => new HashFiles(flat: false)),
        new("to-base16", CommandCategory.Main, static () => new HashTo(HashFormat.Base16, "base-16")),
        new("to-base32", CommandCategory.Main, static () => new HashTo(HashFormat.Nix32, "base-32")),
        new("to-base64", CommandCategory.Main, static () => new HashTo(HashFormat.Base64, "base-64")),
        new("to-sri", CommandCategory.Main, static () => new HashTo(HashFormat.Sri, "SRI")),
    ]);

    private static CommandGroup Flake() => new("flake", "manage Nix flakes",
    [
        new("archive", CommandCategory.Main, static () => new FlakeArchive()),
        new("check", CommandCategory.Main, static () => new FlakeCheck()),
        new("clone", CommandCategory.Main, static () => new FlakeClone()),
        new("info", CommandCategory.Main, static () => new FlakeMetadata(oldName: true)),
        new("init", CommandCategory.Main, static () => new FlakeInit()),
        new("lock", CommandCategory.Main, static () => new FlakeLock()),
        new("metadata", CommandCategory.Main, static () => new FlakeMetadata(oldName: false)),
        new("new", CommandCategory.Main, static () => new FlakeNew()),
        new("prefetch", CommandCategory.Main, static () => new FlakePrefetch()),
        new("prefetch-inputs", CommandCategory.Main, static () => new FlakePrefetchInputs()),
        new("show", CommandCategory.Main, static () => new FlakeShow()),
        new("update", CommandCategory.Main, static () => new FlakeUpdate()),
    ]);

    private static CommandGroup Formatter() => new("formatter", "build or run the formatter",
    [
        new("build", CommandCategory.Secondary, static () => new FormatterBuild()),
        new("run", CommandCategory.Secondary, static () => new FormatterRun()),
    ]);

    private static CommandGroup Registry() => new("registry", "manage the flake registry",
    [
        new("add", CommandCategory.Main, static () => new RegistryAdd()),
        new("list", CommandCategory.Main, static () => new RegistryList()),
        new("pin", CommandCategory.Main, static () => new RegistryPin()),
        new("remove", CommandCategory.Main, static () => new RegistryRemove()),
        new("resolve", CommandCategory.Main, static () => new RegistryResolve()),
    ]);

    private static CommandGroup Store() => new("store", "manipulate a Nix store",
    [
        new("add", CommandCategory.Main, static () => new NixStoreAddCommand("add a file or directory to the Nix store", "nar")),
        new("add-file", CommandCategory.Main, static () => new NixStoreAddCommand("deprecated: use `nix store add --mode flat`", "flat")),
        new("add-path", CommandCategory.Main, static () => new NixStoreAddCommand("deprecated: use `nix store add`", "nar")),
        new("cat", CommandCategory.Main, static () => new StoreCat()),
        new("copy-log", CommandCategory.Main, static () => new StoreCopyLog()),
        new("copy-sigs", CommandCategory.Main, static () => new StoreCopySigs()),
        new("delete", CommandCategory.Main, static () => new StoreDelete()),
        new("diff-closures", CommandCategory.Main, static () => new StoreDiffClosures()),
        new("dump-path", CommandCategory.Main, static () => new StoreDumpPath()),
        new("gc", CommandCategory.Main, static () => new StoreGc()),
        new("graph", CommandCategory.Main, static () => new StoreGraph()),
        new("info", CommandCategory.Main, static () => new StoreInfo(oldName: false)),
        new("ls", CommandCategory.Main, static () => new StoreLs()),
        new("make-content-addressed", CommandCategory.Main, static () => new StoreMakeContentAddressed()),
        new("optimise", CommandCategory.Main, static () => new StoreOptimise()),
        new("path-from-hash-part", CommandCategory.Main, static () => new StorePathFromHashPart()),
        new("ping", CommandCategory.Hidden, static () => new StoreInfo(oldName: true)),
        new("prefetch-file", CommandCategory.Main, static () => new StorePrefetchFile()),
        new("repair", CommandCategory.Main, static () => new StoreRepair()),
        new("roots-daemon", CommandCategory.Main, static () => new StoreRootsDaemon()),
        new("sign", CommandCategory.Main, static () => new StoreSign()),
        new("verify", CommandCategory.Main, static () => new StoreVerify()),
    ]);

    /// <summary>Every name that <c>./build</c> makes a link for.</summary>
    public static readonly string[] Names =
    [
        "nix-channel",
        "nix-collect-garbage",
        "nix-hash",
        "nix-build",
        "nix-daemon",
        "nix-env",
        "nix-instantiate",
        "nix-prefetch-url",
        "nix-shell",
        "nix-store",
        "nixos-rebuild",
        "nixos-version",
    ];
}

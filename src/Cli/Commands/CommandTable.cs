namespace Firn.Cli.Commands;

/// <summary>The commands by the name of the executable, and the subcommands of <c>nix</c>.</summary>
internal static class CommandTable
{
    /// <summary>Classic commands: the name the program was called by.</summary>
    public static ICommand? Classic(string name) => name switch
    {
        "nixos-rebuild" => new NixosRebuild(),
        "nixos-version" => new NixosVersion(),
        "nix-collect-garbage" => new NixCollectGarbage(),
        "nix-hash" => new NixHash(),
        "nix-build" => new NixBuild(),
        "nix-env" => new NixEnv(),
        "nix-instantiate" => new NixInstantiate(),
        "nix-store" => new NixStore(),
        _ => null,
    };

    /// <summary>The program <c>nix</c> with its subcommands, by name.</summary>
    public static CommandGroup Root() => new("", "a tool for reproducible and declarative configuration management",
    [
        new("__command-names", CommandCategory.Hidden, static () => new CommandNames()),
        new("log", CommandCategory.Secondary, static () => new NixLog()),
        new("path-info", CommandCategory.Secondary, static () => new NixPathInfo()),
        new("store", CommandCategory.Utility, Store),
    ]);

    private static CommandGroup Store() => new("store", "manipulate a Nix store",
    [
        new("add", CommandCategory.Main, static () => new NixStoreAddCommand("add a file or directory to the Nix store", "nar")),
        new("add-file", CommandCategory.Main, static () => new NixStoreAddCommand("deprecated: use `nix store add --mode flat`", "flat")),
        new("add-path", CommandCategory.Main, static () => new NixStoreAddCommand("deprecated: use `nix store add`", "nar")),
    ]);

    /// <summary>Every name that <c>./build</c> makes a link for.</summary>
    public static readonly string[] Names =
    [
        "nix-collect-garbage",
        "nix-hash",
        "nix-build",
        "nix-env",
        "nix-instantiate",
        "nix-store",
        "nixos-rebuild",
        "nixos-version",
    ];
}

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

    /// <summary>Subcommands of <c>nix</c>, up to two words.</summary>
    public static ICommand? Subcommand(string first, string? second) => (first, second) switch
    {
        ("log", null) => new NixLog(),
        ("__command-names", null) => new CommandNames(),
        ("path-info", null) => new NixPathInfo(),
        ("store", "add") => new NixStoreAddCommand("nar"),
        ("store", "add-path") => new NixStoreAddCommand("nar"),
        ("store", "add-file") => new NixStoreAddCommand("flat"),
        _ => null,
    };

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

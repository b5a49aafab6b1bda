namespace Firn.Cli.Commands;

/// <summary>The commands by the name of the executable, and the subcommands of <c>nix</c>.</summary>
internal static class CommandTable
{
    /// <summary>Classic commands: the name the program was called by.</summary>
    public static ICommand? Classic(string name) => name switch
    {
        "nixos-rebuild" => new NixosRebuild(),
        "nixos-version" => new NixosVersion(),
        "nix-instantiate" => new NixInstantiate(),
        _ => null,
    };

    /// <summary>Subcommands of <c>nix</c>, up to two words.</summary>
    public static ICommand? Subcommand(string first, string? second) => (first, second) switch
    {
        ("__command-names", null) => new CommandNames(),
        _ => null,
    };

    /// <summary>Every name that <c>./build</c> makes a link for.</summary>
    public static readonly string[] Names =
    [
        "nix-instantiate",
        "nixos-rebuild",
        "nixos-version",
    ];
}

using Firn.Cli.Arguments;

namespace Firn.Cli.Commands;

/// <summary><c>nix upgrade-nix</c>: refuses. What it installs elsewhere is another program than this one.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-upgrade-nix</remarks>
internal sealed class NixUpgrade : NixCommand
{
    public NixUpgrade()
    {
        Flags.Add("profile", 'p', "The path to the Nix profile to upgrade.", "profile-dir", _ => { }, Completions.Directories);
        Flags.Add("nix-store-paths-url", "The URL of the file that contains the store paths of the latest Nix release.", "url", _ => { });
        Flags.Add("dry-run", "Show what this command would do without doing it.", () => { });
    }

    public override string Description => "tell how this program is upgraded";

    public override string? Feature => null;

    public override int Run(CommandContext context) =>
        throw new CliException("this program is upgraded in the way in which it was installed: 'nix upgrade-nix' would put another in its place");
}

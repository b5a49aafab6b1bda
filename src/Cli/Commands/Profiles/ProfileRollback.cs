using System.Globalization;
using Firn.Cli.Wiring;
using Firn.Store;

namespace Firn.Cli.Commands.Profiles;

/// <summary><c>nix profile rollback</c>: makes an earlier generation of a profile the current one.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-profile-rollback</remarks>
internal sealed class ProfileRollback : NixCommand
{
    private readonly ProfilePlace _place = new();
    private long? _version;
    private bool _dryRun;

    public ProfileRollback()
    {
        _place.Declare(Flags);
        Flags.Add("dry-run", "Show what this command would do without doing it.", () => _dryRun = true);
        Flags.Add("to", "The profile version to roll back to.", "version", v => _version =
            long.TryParse(v, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : throw CliException.Usage($"'{v}' is not an integer"));
    }

    public override string Description => "roll back to the previous version or a specified version of a profile";

    public override int Run(CommandContext context)
    {
        using ILocalFsStore store = StoreOpening.Open(context);
        _place.Open(context, store).Switch(_version, _dryRun);
        return 0;
    }
}

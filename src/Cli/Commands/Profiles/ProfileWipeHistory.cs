using System;
using Firn.Cli.Wiring;
using Firn.Store;
using Firn.Store.Local.Profiles;

namespace Firn.Cli.Commands.Profiles;

/// <summary><c>nix profile wipe-history</c>: deletes generations of a profile that are not current.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-profile-wipe-history</remarks>
internal sealed class ProfileWipeHistory : NixCommand
{
    private readonly ProfilePlace _place = new();
    private string? _age;
    private bool _dryRun;

    public ProfileWipeHistory()
    {
        _place.Declare(Flags);
        Flags.Add("dry-run", "Show what this command would do without doing it.", () => _dryRun = true);
        Flags.Add("older-than", "Delete versions older than the specified age. *age* must be in the format *N*`d`, where *N* denotes a number of days.", "age", a => _age = a);
    }

    public override string Description => "delete non-current versions of a profile";

    public override int Run(CommandContext context)
    {
        using ILocalFsStore store = StoreOpening.Open(context);
        Profile profile = _place.Open(context, store);
        if (_age is null)
        {
            profile.DeleteOld(_dryRun);
        }
        else
        {
            profile.DeleteOlderThan(Profile.ParseOlderThan(_age, DateTimeOffset.UtcNow), _dryRun);
        }

        return 0;
    }
}

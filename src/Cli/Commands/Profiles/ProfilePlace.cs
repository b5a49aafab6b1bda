using System.IO;
using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Store;
using Firn.Store.Local.Profiles;

namespace Firn.Cli.Commands.Profiles;

/// <summary>Which profile is meant: that of <c>--profile</c>, else the user's.</summary>
internal sealed class ProfilePlace
{
    private string? _given;

    public void Declare(FlagTable flags) => flags.Add("profile", "The profile to operate on.", "path", p => _given = p, Completions.Files);

    public Profile Open(CommandContext context, ILocalFsStore store) =>
        new(_given is null ? ProfileDirectories.Default(context, store) : Path.GetFullPath(_given), context.Note);
}

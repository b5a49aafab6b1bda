using Firn.Cli.Rendering;
using Firn.Cli.Wiring;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Local.Profiles;

namespace Firn.Cli.Commands.Profiles;

/// <summary><c>nix profile diff-closures</c>: shows how the closures of a profile's generations differ.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-profile-diff-closures</remarks>
internal sealed class ProfileDiffClosures : NixCommand
{
    private readonly ProfilePlace _place = new();

    public ProfileDiffClosures() => _place.Declare(Flags);

    public override string Description => "show the closure difference between each version of a profile";

    public override int Run(CommandContext context)
    {
        using ILocalFsStore store = StoreOpening.Open(context);
        (long Number, StorePath Path)? before = null;
        bool first = true;
        foreach (Generation generation in _place.Open(context, store).Find().Generations)
        {
            StorePath path = StorePathArgument.Follow(store.StoreDir, generation.Link);
            if (before is { } last)
            {
                context.WriteLine(first ? $"Version {last.Number} -> {generation.Number}:" : $"\nVersion {last.Number} -> {generation.Number}:");
                first = false;
                foreach (string line in ClosureDifference.Lines(store, last.Path, path))
                {
                    context.WriteLine("  " + line);
                }
            }

            before = (generation.Number, path);
        }

        return 0;
    }
}

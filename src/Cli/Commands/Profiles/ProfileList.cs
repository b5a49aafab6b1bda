using System.Linq;
using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Flakes.Profiles;
using Firn.Store;
using Firn.Store.Local.Profiles;

namespace Firn.Cli.Commands.Profiles;

/// <summary><c>nix profile list</c>: shows what is in a profile.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-profile-list</remarks>
internal sealed class ProfileList : ProfileCommand
{
    private const string Bold = "\x1b[1m", Red = "\x1b[31;1m", Normal = "\x1b[0m";

    private readonly JsonFlags _json = new();

    public ProfileList() => _json.Declare(Flags);

    public override string Description => "list packages in the profile";

    protected override int Run(CommandContext context, ILocalFsStore store, Profile profile)
    {
        ProfileManifest manifest = new ProfileContents(context, store, new EvaluationSession(context, Source.Evaluation, store)).Read(profile.Path);
        if (_json.Json)
        {
            _json.Write(context, json => manifest.Write(json, store.StoreDir));
            return 0;
        }

        bool first = true;
        foreach ((string name, ProfileElement element) in manifest.Elements)
        {
            if (!first)
            {
                context.WriteLine("");
            }

            first = false;
            context.WriteLine($"Name:               {Bold}{name}{Normal}{(element.IsActive ? "" : $" {Red}(inactive){Normal}")}");
            if (element.Source is { } source)
            {
                context.WriteLine($"Flake attribute:    {source.AttrPath}{source.OutputsText}");
                context.WriteLine($"Original flake URL: {source.Original}");
                context.WriteLine($"Locked flake URL:   {source.Locked}");
            }

            context.WriteLine($"Store paths:        {string.Join(' ', element.StorePaths.Order().Select(store.StoreDir.Print))}");
        }

        return 0;
    }
}

using System.Collections.Generic;
using Firn.Cli.Wiring;
using Firn.Flakes.Profiles;
using Firn.Store;
using Firn.Store.Local.Profiles;

namespace Firn.Cli.Commands.Profiles;

/// <summary><c>nix profile remove</c>: removes packages from a profile.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-profile-remove</remarks>
internal sealed class ProfileRemove : ProfileCommand
{
    private readonly ProfileElements _elements = new();

    public ProfileRemove()
    {
        _elements.Declare(Flags);
        ExpectMany("elements", _elements.Add);
    }

    public override string Description => "remove packages from a profile";

    protected override int Run(CommandContext context, ILocalFsStore store, Profile profile)
    {
        ProfileContents contents = new(context, store, new EvaluationSession(context, Source.Evaluation, store));
        ProfileManifest manifest = contents.Read(profile.Path);
        IReadOnlyList<string> names = _elements.Find(context, manifest, store.StoreDir);
        if (names.Count == 0)
        {
            context.Warn("No packages to remove. Use 'nix profile list' to see the current profile.");
            return 0;
        }

        foreach (string name in names)
        {
            context.Note($"removing '{manifest.Elements[name].Identifier}'");
            manifest.Elements.Remove(name);
        }

        context.Say(LogLevel.Info, $"removed {names.Count} packages, kept {manifest.Elements.Count} packages");
        contents.Switch(profile, manifest);
        return 0;
    }
}

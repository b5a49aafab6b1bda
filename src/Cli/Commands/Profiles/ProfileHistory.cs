using System;
using System.Collections.Generic;
using System.Globalization;
using Firn.Cli.Rendering;
using Firn.Cli.Wiring;
using Firn.Flakes.Profiles;
using Firn.Store;
using Firn.Store.Local.Profiles;

namespace Firn.Cli.Commands.Profiles;

/// <summary><c>nix profile history</c>: shows what each generation of a profile changed.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-profile-history</remarks>
internal sealed class ProfileHistory : ProfileCommand
{
    private const string Bold = "\x1b[1m", Green = "\x1b[32;1m", Normal = "\x1b[0m";

    public override string Description => "show all versions of a profile";

    protected override int Run(CommandContext context, ILocalFsStore store, Profile profile)
    {
        ProfileContents contents = new(context, store, new EvaluationSession(context, Source.Evaluation, store));
        (List<Generation> generations, long? current) = profile.Find();
        (long Number, ProfileManifest Manifest)? before = null;
        foreach (Generation generation in generations)
        {
            ProfileManifest manifest = contents.Read(generation.Link);
            if (before is not null)
            {
                context.WriteLine("");
            }

            string date = DateTimeOffset.FromUnixTimeSeconds(generation.CreationTime).UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            context.WriteLine($"Version {(generation.Number == current ? Green : Bold)}{generation.Number}{Normal} ({date}){(before is { } last ? $" <- {last.Number}" : "")}:");
            Changes(context, before?.Manifest ?? new ProfileManifest(), manifest);
            before = (generation.Number, manifest);
        }

        return 0;
    }

    private static void Changes(CommandContext context, ProfileManifest before, ProfileManifest after)
    {
        bool any = false;
        foreach ((ProfileElement? old, ProfileElement? now) in after.ChangesSince(before))
        {
            any = true;
            context.WriteLine($"  {(old ?? now!).Identifier}: {Versions(old)} -> {Versions(now)}");
        }

        if (!any)
        {
            context.WriteLine("  No changes.");
        }
    }

    private static string Versions(ProfileElement? element) => element is null ? "∅" : ClosureDifference.Versions(element.Versions);
}

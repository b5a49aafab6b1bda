using System.Collections.Generic;
using System.Linq;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Flakes.Profiles;
using Firn.Formats.Logging;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Local.Profiles;

namespace Firn.Cli.Commands.Profiles;

/// <summary><c>nix profile upgrade</c>: takes packages from what their flakes are now.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-profile-upgrade</remarks>
internal sealed class ProfileUpgrade : ProfileCommand
{
    private readonly ProfileElements _elements = new();

    public ProfileUpgrade()
    {
        Source.Declare(Flags);
        _elements.Declare(Flags);
        ExpectMany("elements", _elements.Add);
    }

    public override string Description => "upgrade packages using their most recent flake";

    protected override int Run(CommandContext context, ILocalFsStore store, Profile profile)
    {
        InstallableReader reader = new(context, store, Source);
        ProfileContents contents = new(context, store, reader.Session);
        ProfileManifest manifest = contents.Read(profile.Path);
        IReadOnlyList<string> names = _elements.Find(context, manifest, store.StoreDir);
        if (names.Count == 0)
        {
            context.Warn("No packages to upgrade. Use 'nix profile list' to see the current profile.");
            return 0;
        }

        List<(string Name, FlakeInstallable Installable, ProfileSource Source)> newer = [];
        bool any = false;
        foreach (string name in names)
        {
            ProfileElement element = manifest.Elements[name];
            if (element.Source is not { } source)
            {
                context.Warn($"Found package '{element.Identifier}', but it was not added from a flake, so it can't be checked for upgrades!");
            }
            else if (source.Original.Input.IsLocked)
            {
                context.Warn($"Found package '{element.Identifier}', but it was added from a locked flake reference so it can't be upgraded!");
            }
            else
            {
                any = true;
                if (Newer(context, reader, source) is { } found)
                {
                    newer.Add((name, found.Installable, found.Source));
                }
            }
        }

        if (!any)
        {
            context.Warn("Found some packages but none of them could be upgraded.");
            return 0;
        }

        InstallableRealiser realiser = new(context, store);
        IReadOnlyList<BuiltPath> built = realiser.Realise([.. newer.Select(static n => n.Installable)], RealiseMode.Outputs);
        for (int i = 0; i < newer.Count; i++)
        {
            // An output of a flake is one derivation, or one path.
            manifest.Elements[newer[i].Name] = manifest.Elements[newer[i].Name] with
            {
                Source = newer[i].Source,
                StorePaths = new SortedSet<StorePath>(built[i].Outputs.Select(static o => o.Path)),
            };
        }

        contents.Switch(profile, manifest);
        return 0;
    }

    /// <summary>The package as its flake has it now; null where that is still the same.</summary>
    private static (FlakeInstallable Installable, ProfileSource Source)? Newer(CommandContext context, InstallableReader reader, ProfileSource source)
    {
        using Activity activity = context.Log.Begin(Verbosity.Chatty, ActivityType.Unknown, $"checking '{source.AttrPath}' for updates");
        OutputsSelection outputs = source.Outputs switch
        {
            null => OutputsSelection.Default,
            ["*"] => new OutputsSelection(false, default),
            { } some => new OutputsSelection(false, [.. some]),
        };
        FlakeInstallable installable = new(context, reader.Session, source.Original, "", outputs, new FlakePlaces([source.AttrPath], []), () => reader.LockOptions);
        ProfileSource now = installable.Source();
        if (now.Locked.Input.IsLocked && now.Locked.ToString() == source.Locked.ToString())
        {
            return null;
        }

        context.Say(LogLevel.Info, $"upgrading '{source.AttrPath}' from flake '{source.Locked}' to '{now.Locked}'");
        return (installable, now);
    }
}

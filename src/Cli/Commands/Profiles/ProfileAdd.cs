using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Firn.Build.Profiles;
using Firn.Cli.Installables;
using Firn.Flakes.Profiles;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Local.Profiles;

namespace Firn.Cli.Commands.Profiles;

/// <summary><c>nix profile add</c>: adds packages to a profile.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-profile-add</remarks>
internal sealed class ProfileAdd : InstallablesCommand
{
    private readonly ProfilePlace _place = new();
    private long? _priority;

    public ProfileAdd()
    {
        _place.Declare(Flags);
        Flags.Add("priority", "The priority of the package to add.", "priority", p => _priority =
            long.TryParse(p, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : throw CliException.Usage($"'{p}' is not an integer"));
    }

    public override string Description => "add a package to a profile";

    protected override int Run(CommandContext context, IStore store, InstallableReader reader, IReadOnlyList<string> names)
    {
        ILocalFsStore local = store as ILocalFsStore ?? throw new CliException("'--profile' is not supported for this Nix store");
        Profile profile = _place.Open(context, local);
        ProfileContents contents = new(context, local, reader.Session);
        ProfileManifest manifest = contents.Read(profile.Path);
        IReadOnlyList<Installable> installables = reader.Read(names);
        IReadOnlyList<BuiltPath> built = new InstallableRealiser(context, store).Realise(installables, RealiseMode.Outputs);
        int next = 0;
        foreach (Installable installable in installables)
        {
            int count = installable.DerivedPaths().Count;
            Add(context, manifest, installable, built.Skip(next).Take(count));
            next += count;
        }

        try
        {
            contents.Switch(profile, manifest);
        }
        catch (LinkConflictException e)
        {
            throw Explain(e, manifest, store.StoreDir);
        }

        return 0;
    }

    private void Add(CommandContext context, ProfileManifest manifest, Installable installable, IEnumerable<BuiltPath> built)
    {
        FlakeInstallable? flake = installable as FlakeInstallable;
        ProfileElement element = new()
        {
            StorePaths = new SortedSet<StorePath>(built.SelectMany(static b => b.Outputs.Select(static o => o.Path))),
            Source = flake?.Source(),
            Priority = _priority ?? flake?.Priority() ?? ProfileElement.UsualPriority,
        };
        string name = element.SuggestedName;
        if (manifest.Elements.TryGetValue(name, out ProfileElement? before)
            && before.Source is { } source && element.Source is { } again && before.Priority == element.Priority
            && source.Original.ToString() == again.Original.ToString() && source.AttrPath == again.AttrPath)
        {
            context.Warn($"'{name}' is already added");
            return;
        }

        manifest.Add(name, element);
    }

    /// <summary>Says which packages have files in one place, and what can be done about it.</summary>
    private static Exception Explain(LinkConflictException conflict, ProfileManifest manifest, StoreDir dir)
    {
        List<(string File, string Name, ProfileElement Element)> owners = [];
        foreach ((string name, ProfileElement element) in manifest.Elements)
        {
            foreach (string path in element.StorePaths.Order().Select(dir.Print))
            {
                foreach (string file in (ReadOnlySpan<string>)[conflict.First, conflict.Second])
                {
                    if (file.StartsWith(path, StringComparison.Ordinal))
                    {
                        owners.Add((file, name, element));
                    }
                }
            }
        }

        if (owners.Count == 0)
        {
            return new CliException(conflict.Message);
        }

        string added = string.Join(' ', owners[^1].Element.Installables(dir));
        return new CliException($"""
            An existing package already provides the following file:

              "{owners[0].File}"

            This is the conflicting file from the new package:

              "{owners[^1].File}"

            To remove the existing package:

              nix profile remove {owners[0].Name}

            The new package can also be added next to the existing one by assigning a different priority.
            The conflicting packages have a priority of {conflict.Priority}.
            To prioritise the new package:

              nix profile add {added} --priority {conflict.Priority - 1}

            To prioritise the existing package:

              nix profile add {added} --priority {conflict.Priority + 1}
            """);
    }
}

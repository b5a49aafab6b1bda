using System.Collections.Generic;
using System.IO;
using System.Linq;
using Firn.Cli.Installables;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Local.Profiles;

namespace Firn.Cli.Arguments;

/// <summary><c>--profile</c> of commands that make a generation of what they built.</summary>
internal sealed class ProfileFlag
{
    private string? _profile;

    public void Declare(FlagTable flags) => flags.Add("profile", "The profile to operate on.", "path", p => _profile = p, Completions.Files);

    /// <summary>Makes a generation of what was built, if a profile is named.</summary>
    /// <exception cref="CliException">It is more than one path, or the store is elsewhere.</exception>
    public void Update(CommandContext context, IStore store, IReadOnlyList<BuiltPath> built)
    {
        List<StorePath> paths = [.. built.SelectMany(static b => b.Outputs.Select(static o => o.Path))];
        if (_profile is not null && paths.Count != 1)
        {
            throw CliException.Usage($"'--profile' requires that the arguments produce a single store path, but there are {paths.Count}");
        }

        if (_profile is not null)
        {
            Update(context, store, paths[0]);
        }
    }

    /// <summary>Makes a generation of a path, if a profile is named.</summary>
    /// <exception cref="CliException">The store is elsewhere.</exception>
    public void Update(CommandContext context, IStore store, StorePath path)
    {
        if (_profile is null)
        {
            return;
        }

        ILocalFsStore local = store as ILocalFsStore ?? throw new CliException("'--profile' is not supported for this Nix store");
        string link = Path.GetFullPath(_profile);
        Profile profile = new(link, context.Note);
        Directory.CreateDirectory(Path.GetDirectoryName(link)!);
        using (profile.Lock())
        {
            profile.SwitchTo(profile.Create(local, local.StoreDir, path));
        }
    }
}

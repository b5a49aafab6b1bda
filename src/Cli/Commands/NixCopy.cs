using System.Collections.Generic;
using System.IO;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Cli.Wiring;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Local;
using Firn.Store.Local.Profiles;
using Firn.Store.Transfer;

namespace Firn.Cli.Commands;

/// <summary><c>nix copy</c>: copies paths between stores.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-copy</remarks>
internal sealed class NixCopy : StorePathsCommand
{
    private readonly CopyFlags _copy = new();
    private bool _noCheckSignatures, _substitute;
    private string? _outLink, _profile;

    public NixCopy()
        : base(recursive: true)
    {
        _copy.Declare(Flags);
        Flags.Add("no-check-sigs", "Do not require that paths are signed by trusted keys.", () => _noCheckSignatures = true);
        Flags.Add("out-link", 'o', "Create symlinks prefixed with *path* to the top-level store paths fetched from the source store.", "path", o => _outLink = o, Completions.Files);
        Flags.Add("profile", "The profile to operate on.", "path", p => _profile = p, Completions.Files);
        Flags.Add("substitute-on-destination", 's', "Whether to try substitutes on the destination store (only supported by SSH stores).", () => _substitute = true);
    }

    public override string Description => "copy paths between Nix stores";

    protected override RealiseMode Mode => RealiseMode.Outputs;

    protected override IStore Open(CommandContext context) => _copy.OpenSource(context);

    protected override int Run(CommandContext context, IStore store, IReadOnlyList<StorePath> paths)
    {
        using IStore target = _copy.OpenTarget(context);
        CopyOptions options = new()
        {
            CheckSignatures = !_noCheckSignatures,
            Substitute = _substitute,
            KeepGoing = context.Settings.Bool("keep-going"),
            Log = StoreOpening.Log(context),
            Activities = context.Log,
        };
        SortedDictionary<StorePath, StorePath> names = PathCopier.Copy(store, target, paths, options);
        if (context.Settings.HasFeature("ca-derivations"))
        {
            PathCopier.CopyRealisations(target, InstallableRealiser.Realisations(context, store, Built), options);
        }

        if (_profile is not null)
        {
            SetProfile(target, names);
        }

        if (_outLink is not null)
        {
            Link(target, names);
        }

        return 0;
    }

    private void SetProfile(IStore target, SortedDictionary<StorePath, StorePath> names)
    {
        ILocalFsStore local = target as ILocalFsStore ?? throw new CliException("'--profile' is not supported for this Nix store");
        if (Named.Count != 1)
        {
            throw CliException.Usage($"'--profile' requires that the arguments produce a single store path, but there are {Named.Count}");
        }

        Profile profile = new(Path.GetFullPath(_profile!), static _ => { });
        using (profile.Lock())
        {
            profile.SwitchTo(profile.Create(local, local.StoreDir, names[Named[0]]));
        }
    }

    private void Link(IStore target, SortedDictionary<StorePath, StorePath> names)
    {
        ILocalFsStore local = target as ILocalFsStore ?? throw new CliException("'--out-link' is not supported for this Nix store");
        for (int i = 0; i < Named.Count; i++)
        {
            local.AddPermanentRoot(names[Named[i]], Path.GetFullPath(_outLink!) + (i == 0 ? "" : "-" + i.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        }
    }
}

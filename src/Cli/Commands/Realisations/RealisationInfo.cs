using System.Collections.Generic;
using System.Linq;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Formats.Json;
using Firn.Formats.Realisations;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands.Realisations;

/// <summary><c>nix realisation info</c>: what outputs of derivations became.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-realisation-info</remarks>
internal sealed class RealisationInfo : StorePathsCommand
{
    private readonly JsonFlags _json = new();

    public RealisationInfo()
        : base(recursive: false) => _json.Declare(Flags);

    public override string Description => "query information about one or several realisations";

    protected override int Run(CommandContext context, IStore store, IReadOnlyList<StorePath> paths)
    {
        if (!context.Settings.HasFeature("ca-derivations"))
        {
            throw CliException.MissingFeature("ca-derivations");
        }

        List<Realisation> realisations = [.. InstallableRealiser.Realisations(context, store, Built)];
        HashSet<StorePath> realised = [.. realisations.Select(static r => r.OutPath)];
        List<StorePath> opaque = [.. paths.Where(path => !realised.Contains(path)).Order()];
        realisations.Sort(static (a, b) => a.OutPath != b.OutPath ? a.OutPath.CompareTo(b.OutPath) : a.Id.CompareTo(b.Id));
        if (_json.Json)
        {
            WriteJson(context, store.StoreDir, realisations, opaque);
            return 0;
        }

        foreach (Realisation realisation in realisations)
        {
            context.WriteLine($"{realisation.Id} {store.StoreDir.Print(realisation.OutPath)}");
        }

        foreach (StorePath path in opaque)
        {
            context.WriteLine(store.StoreDir.Print(path));
        }

        return 0;
    }

    private void WriteJson(CommandContext context, StoreDir dir, List<Realisation> realisations, List<StorePath> opaque)
    {
        ByteBuffer text = new();
        JsonTextWriter json = new(text, _json.Pretty);
        json.BeginArray();
        foreach (Realisation realisation in realisations)
        {
            json.Value(realisation.ToJson());
        }

        foreach (StorePath path in opaque)
        {
            json.BeginObject();
            json.Name("opaquePath");
            json.String(dir.Print(path));
            json.EndObject();
        }

        json.EndArray();
        context.WriteLine(text.Span);
    }
}

using System.Collections.Generic;
using Firn.Build;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Formats.Derivations;
using Firn.Formats.Json;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands.Derivations;

/// <summary><c>nix derivation show</c>: store derivations as JSON.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-derivation-show</remarks>
internal sealed class DerivationShow : InstallablesCommand
{
    private readonly JsonFlags _json = new();
    private bool _recursive;

    public DerivationShow()
    {
        _json.Declare(Flags, choice: false);
        Flags.Add("recursive", 'r', "Include the dependencies of the specified derivations.", () => _recursive = true);
    }

    public override string Description => "show the contents of a store derivation";

    protected override int Run(CommandContext context, IStore store, InstallableReader reader, IReadOnlyList<string> names)
    {
        IEnumerable<StorePath> paths = new InstallableRealiser(context, store).Derivations(reader.Read(names), useDeriver: true);
        if (_recursive)
        {
            paths = (context.EvaluationStore?.PlansFor(store)?.Infos ?? store).Closure(paths);
        }

        RealisedOutputs known = InstallableRealiser.Outputs(context, store);
        List<(StorePath, Derivation)> derivations = [];
        foreach (StorePath path in paths)
        {
            if (path.IsDerivation)
            {
                derivations.Add((path, known.Read(path)));
            }
        }

        ByteBuffer text = new();
        DerivationJson.Write(derivations, new JsonTextWriter(text, _json.Pretty));
        context.WriteLine(text.Span);
        return 0;
    }
}

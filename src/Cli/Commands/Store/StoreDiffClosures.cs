using System.Collections.Generic;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Cli.Rendering;
using Firn.Cli.Wiring;
using Firn.Eval.Evaluation;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands;

/// <summary><c>nix store diff-closures</c>: which packages and versions came and went between two closures.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-store-diff-closures</remarks>
internal sealed class StoreDiffClosures : NixCommand
{
    private readonly SourceFlags _source = new();
    private string _before = "", _after = "";
    private bool _derivations, _repair;

    public StoreDiffClosures()
    {
        _source.Declare(Flags);
        SourceFlags.DeclareRepair(Flags, () => _repair = true);
        SourceFlags.DeclareDerivation(Flags, () => _derivations = true);
        Expect("before", b => _before = b);
        Expect("after", a => _after = a);
    }

    public override string Description => "show what packages and versions were added and removed between two closures";

    public override int Run(CommandContext context)
    {
        context.Repair = _repair;
        using ILocalFsStore store = StoreOpening.Open(context);
        return _source.HasSource ? EvaluationThread.Run(() => Run(context, store)) : Run(context, store);
    }

    private int Run(CommandContext context, ILocalFsStore store)
    {
        InstallableReader reader = new(context, store, _source);
        InstallableRealiser realiser = new(context, store);
        foreach (string line in ClosureDifference.Lines(store, Single(_before), Single(_after)))
        {
            context.WriteLine(line);
        }

        return 0;

        StorePath Single(string name)
        {
            Installable installable = reader.Read([name])[0];
            IReadOnlyList<StorePath> paths = realiser.StorePaths([installable], RealiseMode.Outputs, _derivations);
            return paths.Count == 1 ? paths[0] : throw new CliException($"argument '{installable.What}' should evaluate to one store path");
        }
    }
}

using System.Collections.Generic;
using System.IO;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Cli.Rendering;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Graphs;

namespace Firn.Cli.Commands;

/// <summary><c>nix store graph</c>: draws a closure. Nix has no such command.</summary>
/// <remarks>docs/store/closures.md</remarks>
internal sealed class StoreGraph : StorePathsCommand
{
    private string? _output;
    private bool _allEdges;

    public StoreGraph()
        : base(recursive: false)
    {
        Flags.Add("output", 'o', "Write the drawing to *file* instead of the standard output.", "file", o => _output = o, Completions.Files);
        Flags.Add("all-edges", "Draw every reference, also those that follow from others.", () => _allEdges = true);
    }

    public override string Description => "draw a closure as an SVG";

    protected override RealiseMode Mode => RealiseMode.Outputs;

    protected override int Run(CommandContext context, IStore store, IReadOnlyList<StorePath> paths)
    {
        byte[] drawing = ClosureDrawing.Draw(ClosureGraph.Of(store, paths), store.StoreDir, _allEdges);
        if (_output is null)
        {
            context.Write(drawing);
        }
        else
        {
            File.WriteAllBytes(_output, drawing);
        }

        return 0;
    }
}

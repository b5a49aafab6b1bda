using System.Collections.Generic;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Cli.Wiring;
using Firn.Formats.Json;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Transfer;

namespace Firn.Cli.Commands;

/// <summary><c>nix store make-content-addressed</c>: copies of paths whose names follow from their contents.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-store-make-content-addressed</remarks>
internal sealed class StoreMakeContentAddressed : StorePathsCommand
{
    private readonly CopyFlags _copy = new();
    private readonly JsonFlags _json = new();

    public StoreMakeContentAddressed()
        : base(recursive: false)
    {
        _copy.Declare(Flags);
        _json.Declare(Flags);
    }

    public override string Description => "rewrite a path or closure to content-addressed form";

    protected override RealiseMode Mode => RealiseMode.Outputs;

    protected override IStore Open(CommandContext context) => _copy.OpenSource(context);

    protected override int Run(CommandContext context, IStore store, IReadOnlyList<StorePath> paths)
    {
        using IStore target = _copy.To is null ? StoreOpening.OpenAny(context) : StoreOpening.Open(context, _copy.To);
        SortedDictionary<StorePath, StorePath> copies = ContentAddressing.Rewrite(store, target, paths, (from, to) =>
        {
            context.Say(LogLevel.Info, $"rewriting '{store.StoreDir.Print(from)}' to '{target.StoreDir.Print(to)}'");
        });
        if (!_json.Json)
        {
            foreach (StorePath path in paths)
            {
                context.Note($"rewrote '{store.StoreDir.Print(path)}' to '{store.StoreDir.Print(copies[path])}'");
            }

            return 0;
        }

        ByteBuffer text = new();
        JsonTextWriter json = new(text, _json.Pretty);
        json.BeginObject();
        json.Name("rewrites");
        json.BeginObject();
        foreach (StorePath path in new SortedSet<StorePath>(paths))
        {
            json.Name(store.StoreDir.Print(path));
            json.String(store.StoreDir.Print(copies[path]));
        }

        json.EndObject();
        json.EndObject();
        context.WriteLine(text.Span);
        return 0;
    }
}

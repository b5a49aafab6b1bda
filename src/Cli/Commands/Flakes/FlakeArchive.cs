using System.Collections.Generic;
using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Fetchers.Inputs;
using Firn.Flakes.Locking;
using Firn.Formats.Json;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Transfer;

namespace Firn.Cli.Commands.Flakes;

/// <summary><c>nix flake archive</c>: brings a flake and all its inputs into a store.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-flake-archive</remarks>
internal sealed class FlakeArchive : FlakeCommand
{
    private readonly JsonFlags _json = new();
    private string? _to;
    private bool _dryRun, _noCheckSignatures;

    public FlakeArchive()
    {
        _json.Declare(Flags);
        Flags.Add("dry-run", "Show what this command would do without doing it.", () => _dryRun = true);
        Flags.Add("no-check-sigs", "Do not require that paths are signed by trusted keys.", () => _noCheckSignatures = true);
        Flags.Add("to", "URI of the destination Nix store", "store-uri", t => _to = t);
    }

    public override string Description => "copy a flake and all its inputs to a store";

    protected override int Run(CommandContext context, EvaluationSession session, IStore store)
    {
        LockedFlake flake = session.Flakes.Lock(Reference(context, session), Options(context, session));
        StoreDir dir = session.Store.Options.StoreDir;
        (StorePath tree, _) = dir.Split(flake.Flake.Folder);
        SortedSet<StorePath> sources = [tree];
        ByteBuffer text = new();
        JsonTextWriter json = new(text, _json.Pretty);
        json.BeginObject();
        json.Name("inputs");
        Visit(flake.LockFile.Root);
        json.Name("path");
        json.String(dir.Print(tree));
        json.EndObject();
        if (_json.Json)
        {
            context.WriteLine(text.Span);
        }

        if (!_dryRun && _to is not null)
        {
            session.Bring(sources);
            using IStore target = StoreOpening.Open(context, _to);
            PathCopier.Copy(store, target, sources, new CopyOptions
            {
                CheckSignatures = !_noCheckSignatures,
                KeepGoing = context.Settings.Bool("keep-going"),
                Log = StoreOpening.Log(context),
                Activities = context.Log,
            });
        }

        return 0;

        void Visit(LockNode node)
        {
            json.BeginObject();
            foreach ((string name, LockEdge edge) in node.Inputs)
            {
                if (edge is not LockEdge.To { Node: { } input })
                {
                    continue;
                }

                json.Name(name);
                json.BeginObject();
                json.Name("inputs");
                Visit(input);
                if (!input.Locked.Input.IsRelative)
                {
                    StorePath path = Source(session, input.Locked.Input);
                    sources.Add(path);
                    json.Name("path");
                    json.String(dir.Print(path));
                }

                json.EndObject();
            }

            json.EndObject();
        }
    }

    private StorePath Source(EvaluationSession session, Input input) =>
        _dryRun ? input.StorePathIn(session.Store.Options.StoreDir) : session.Store.FetchInput(input).Path;
}

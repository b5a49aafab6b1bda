using System.IO;
using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Fetchers.Fetching;
using Firn.Fetchers.Inputs;
using Firn.Flakes;
using Firn.Formats.Hashing;
using Firn.Formats.Json;
using Firn.Formats.Sinks;
using Firn.Store;

namespace Firn.Cli.Commands.Flakes;

/// <summary><c>nix flake prefetch</c>: brings the tree of a reference into the store.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-flake-prefetch</remarks>
internal sealed class FlakePrefetch : FlakeCommand
{
    private readonly JsonFlags _json = new();
    private string? _outLink;

    public FlakePrefetch()
    {
        _json.Declare(Flags);
        Flags.Add("out-link", 'o', "Create symlink named *path* to the resulting store path.", "path", p => _outLink = p, Completions.Files);
    }

    public override string Description => "download the source tree denoted by a flake reference into the Nix store";

    protected override int Run(CommandContext context, EvaluationSession session, IStore store)
    {
        FlakeReference original = Reference(context, session);
        (Input input, InputAttributes extra) = original.Input.IsDirect
            ? (original.Input, new InputAttributes())
            : session.Store.Fetcher.Registries.Resolve(original.Input, RegistryUse.All);
        FlakeReference resolved = new(input, extra.FindText("dir") ?? original.Directory);
        FetchedInput fetched = session.Store.FetchInput(input);
        FlakeReference locked = resolved with { Input = fetched.Input };
        session.Bring([fetched.Path]);
        string path = session.Store.Options.StoreDir.Print(fetched.Path);
        string hash = session.Store.Options.Infos.Find(fetched.Path)!.NarHash.ToString(HashFormat.Sri, true);
        if (_json.Json)
        {
            ByteBuffer text = new();
            JsonTextWriter json = new(text, _json.Pretty);
            json.BeginObject();
            json.Name("hash");
            json.String(hash);
            json.Name("locked");
            locked.ToAttributes().Without(Input.FinalAttribute).WriteTo(json);
            json.Name("original");
            resolved.ToAttributes().WriteTo(json);
            json.Name("storePath");
            json.String(path);
            json.EndObject();
            context.WriteLine(text.Span);
        }
        else
        {
            context.Note($"Downloaded '{locked}' to '{path}' (hash '{hash}').");
        }

        if (_outLink is not null)
        {
            ILocalFsStore local = store as ILocalFsStore ?? throw new CliException("'--out-link' is not supported for this Nix store");
            local.AddPermanentRoot(fetched.Path, Path.GetFullPath(_outLink));
        }

        return 0;
    }
}

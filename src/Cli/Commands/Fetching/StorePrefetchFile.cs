using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Formats.Hashing;
using Firn.Formats.Json;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands.Fetching;

/// <summary><c>nix store prefetch-file</c>: downloads a file into the store.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-store-prefetch-file</remarks>
internal sealed class StorePrefetchFile : NixCommand
{
    private readonly JsonFlags _json = new();
    private string _url = "";
    private string? _name;
    private HashAlgorithm _algorithm = HashAlgorithm.Sha256;
    private Hash? _expected;
    private bool _executable, _unpack;

    public StorePrefetchFile()
    {
        _json.Declare(Flags);
        Flags.Add("name", "Override the name component of the resulting store path. It defaults to the base name of *url*.", "name", n => _name = n);
        Flags.Add("expected-hash", "The expected hash of the file.", "hash", h => _expected = Hash.Parse(h, _algorithm));
        HashFlags.Algorithm(Flags, "hash-type", a => _algorithm = a);
        Flags.Add("executable", "Make the resulting file executable. Note that this causes the resulting hash to be a NAR hash rather than a flat file hash.", () => _executable = true);
        Flags.Add("unpack", "Unpack the archive (which must be a tarball or zip file) and add the result to the Nix store.", () => _unpack = true);
        Expect("url", u => _url = u);
    }

    public override string Description => "download a file into the Nix store";

    public override int Run(CommandContext context)
    {
        using ILocalFsStore store = StoreOpening.Open(context);
        (StorePath path, Hash hash) = new FilePrefetcher(_name, _algorithm, _expected, _unpack, _executable).Fetch(context, store, _url);
        if (_json.Json)
        {
            ByteBuffer text = new();
            JsonTextWriter json = new(text, _json.Pretty);
            json.BeginObject();
            json.Name("hash");
            json.String(hash.ToString(HashFormat.Sri, true));
            json.Name("storePath");
            json.String(store.StoreDir.Print(path));
            json.EndObject();
            context.WriteLine(text.Span);
        }
        else
        {
            context.Note($"Downloaded '{_url}' to '{store.StoreDir.Print(path)}' (hash '{hash.ToString(HashFormat.Sri, true)}').");
        }

        return 0;
    }
}

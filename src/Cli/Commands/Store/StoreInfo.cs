using Firn.Cli.Arguments;
using Firn.Formats.Json;
using Firn.Formats.Sinks;
using Firn.Store;

namespace Firn.Cli.Commands;

/// <summary><c>nix store info</c>: whether a store can be used, and what it is.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-store-info</remarks>
internal sealed class StoreInfo : StoreCommand
{
    private readonly JsonFlags _json = new();

    private readonly bool _oldName;

    /// <param name="oldName">Called as <c>nix store ping</c>.</param>
    public StoreInfo(bool oldName)
    {
        _oldName = oldName;
        _json.Declare(Flags);
    }

    public override string Description => "test whether a store can be accessed";

    protected override int Run(CommandContext context, IStore store)
    {
        if (_oldName)
        {
            context.Warn("'ping' is a deprecated alias for 'info'");
        }

        string url = store.Reference.Render(withParameters: true);
        if (!_json.Json)
        {
            context.Note($"Store URL: {url}");
            store.Connect();
            if (store.Version is string version)
            {
                context.Note($"Version: {version}");
            }

            if (store.Trusted is bool trusted)
            {
                context.Note($"Trusted: {(trusted ? 1 : 0)}");
            }

            return 0;
        }

        ByteBuffer text = new();
        JsonTextWriter json = new(text, _json.Pretty);
        json.BeginObject();
        try
        {
            store.Connect();
            if (store.Trusted is bool trusted)
            {
                json.Name("trusted");
                json.Bool(trusted);
            }
        }
        finally
        {
            // Which store it is gets known even where it does not answer.
            json.Name("url");
            json.String(url);
            if (store.Version is string version)
            {
                json.Name("version");
                json.String(version);
            }

            json.EndObject();
            context.WriteLine(text.Span);
        }

        return 0;
    }
}

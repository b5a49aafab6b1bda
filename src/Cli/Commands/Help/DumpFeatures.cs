using Firn.Cli.Settings;
using Firn.Formats.Json;
using Firn.Formats.Sinks;

namespace Firn.Cli.Commands.Help;

/// <summary><c>nix __dump-xp-features</c>: the experimental features as JSON, for the manual.</summary>
internal sealed class DumpFeatures : NixCommand
{
    public override string Description => "list the experimental features as JSON";

    public override string? Feature => null;

    public override int Run(CommandContext context)
    {
        ByteBuffer text = new();
        JsonTextWriter json = new(text);
        json.BeginObject();
        foreach ((string name, string description) in ExperimentalFeatures.All)
        {
            json.Name(name);
            json.String(description);
        }

        json.EndObject();
        context.WriteLine(text.Span);
        return 0;
    }
}

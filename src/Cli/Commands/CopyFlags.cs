using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Store;

namespace Firn.Cli.Commands;

/// <summary><c>--from</c> and <c>--to</c> of commands that copy between stores.</summary>
internal sealed class CopyFlags
{
    /// <summary>URL of the source; null for the store of the settings.</summary>
    public string? From { get; private set; }

    /// <summary>URL of the target; null for the store of the settings.</summary>
    public string? To { get; private set; }

    public void Declare(FlagTable flags)
    {
        flags.Add("from", "URL of the source Nix store.", "store-uri", f => From = f);
        flags.Add("to", "URL of the destination Nix store.", "store-uri", t => To = t);
    }

    public IStore OpenSource(CommandContext context) => From is null ? StoreOpening.OpenAny(context) : StoreOpening.Open(context, From);

    /// <exception cref="CliException">Neither end was named.</exception>
    public IStore OpenTarget(CommandContext context) => From is null && To is null
        ? throw CliException.Usage("you must pass '--from' and/or '--to'")
        : To is null ? StoreOpening.OpenAny(context) : StoreOpening.Open(context, To);
}

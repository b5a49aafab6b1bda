using Firn.Cli.Installables;
using Firn.Eval.Store;
using Firn.Fetchers.Fetching;
using Firn.Fetchers.Inputs;
using Firn.Flakes;

namespace Firn.Cli.Commands.Registry;

/// <summary><c>nix registry pin</c>: makes a name mean exactly the flake that it, or another reference, means now.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-registry-pin</remarks>
internal sealed class RegistryPin : RegistryCommand
{
    private string _url = "";
    private string? _locked;

    public RegistryPin()
        : base(writes: true)
    {
        Evaluation.Declare(Flags);
        Expect("url", u => _url = u, completer: FlakeCompletion.References);
        Expect("locked", u => _locked = u, optional: true);
    }

    public override string Description => "pin a flake to its current version or to the current version of a flake URL";

    protected override int Run(CommandContext context, EvalStore store)
    {
        FlakeReference from = Parse(store, _url), to = Parse(store, _locked ?? _url);
        (Input resolved, _) = store.Fetcher.Registries.Resolve(to.Input, RegistryUse.All);
        Input pinned = store.FetchInput(resolved).Input;
        if (pinned.Type is "path" or "git" or "hg" && resolved.NarHash is null)
        {
            // What these fetch is told apart by other attributes.
            pinned = pinned.Without("narHash");
        }

        if (!pinned.IsLocked)
        {
            context.Warn($"flake '{pinned}' is not locked");
        }

        Change(context, store, registry =>
        {
            registry.Remove(from.Input);
            registry.Add(new RegistryEntry(from.Input, pinned, Extra(from)));
        });
        return 0;
    }
}
